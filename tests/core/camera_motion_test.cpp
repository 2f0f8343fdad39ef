// SPDX-License-Identifier: LGPL-2.1-or-later
// The camera's own movement, on scenes drawn here, and pictures moved by it.
#include "camera_motion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "frames.h"
#include "moved_picture.h"

namespace motionheat::test {
namespace {

using Kind = CameraMovement::Kind;

constexpr double kFrame = 0.04;  // seconds

// Blots of several sizes, so that there are edges and plain areas.
cv::Mat texture(cv::Size size, int seed, double contrast = 35) {
  cv::RNG random(seed);
  cv::Mat sum = cv::Mat::zeros(size, CV_32F), noise(size, CV_32F);
  for (const double blot : {1.5, 4.0, 12.0}) {
    random.fill(noise, cv::RNG::NORMAL, 0, 1);
    cv::GaussianBlur(noise, noise, {}, blot);
    cv::Scalar mean, deviation;
    cv::meanStdDev(noise, mean, deviation);
    sum += noise / deviation[0];
  }
  cv::Mat picture;
  sum.convertTo(picture, CV_8U, contrast / std::sqrt(3), 128);
  return picture;
}

// A scene that is larger than the picture, and what a camera sees of it.
class Scene {
 public:
  explicit Scene(cv::Size size = {640, 360}, int seed = 1, double contrast = 35)
      : size_(size),
        scene_(texture({size.width + 2 * kMargin, size.height + 2 * kMargin}, seed, contrast)) {}

  // Turned by `degrees` about the middle.
  cv::Mat seen(cv::Point2d at, double degrees = 0) const {
    const cv::Point2f middle(float(size_.width - 1) / 2, float(size_.height - 1) / 2);
    cv::Mat map = cv::getRotationMatrix2D(middle, degrees, 1);
    map.at<double>(0, 2) += kMargin + at.x;
    map.at<double>(1, 2) += kMargin + at.y;
    cv::Mat picture;
    cv::warpAffine(scene_, picture, map, size_, cv::INTER_CUBIC | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REFLECT_101);
    return picture;
  }

  cv::Point2d middle() const { return {(size_.width - 1) / 2.0, (size_.height - 1) / 2.0}; }

 private:
  static constexpr int kMargin = 100;
  cv::Size size_;
  cv::Mat scene_;
};

// Where the camera looks at frame `i` as it shakes: OpenCV's warps know 32 places between pixels.
cv::Point2d shaken(int i, double by) {
  return {std::round(32 * by * std::sin(2.1 * i + 0.4)) / 32,
          std::round(32 * by * std::cos(3.3 * i * i + 1)) / 32};
}

// How far from the truth the measured movement of the middle is, from `before` to `now`.
double error(const CameraMovement& movement, const Scene& scene, cv::Point2d before,
             cv::Point2d now) {
  const PixelPoint p = movement.to_previous.at(scene.middle().x, scene.middle().y);
  return std::hypot(p.x - (now.x - before.x), p.y - (now.y - before.y));
}

TEST(CameraMotion, IsMeasuredToATenthOfAPixel) {
  for (const cv::Size size : {cv::Size(640, 360), {333, 251}, {1280, 719}, {90, 200}}) {
    for (const double by : {0.6, 2.0, 5.0}) {
      const Scene scene(size);
      CameraMotion camera;
      EXPECT_EQ(camera.measure(scene.seen(shaken(0, by)), kFrame).kind, Kind::kUnknown);
      for (int i = 1; i < 30; ++i) {
        const auto movement = camera.measure(scene.seen(shaken(i, by)), kFrame);
        if (movement.kind == Kind::kStill) {
          EXPECT_LT(cv::norm(shaken(i, by) - shaken(i - 1, by)), 0.2);
          continue;
        }
        ASSERT_EQ(movement.kind, Kind::kMoved) << size << ", frame " << i;
        EXPECT_LT(error(movement, scene, shaken(i - 1, by), shaken(i, by)),
                  size.width > 1000 ? 0.15 : 0.1)
            << size << ", frame " << i;
      }
    }
  }
}

TEST(CameraMotion, OfNoneIsNone) {
  const Scene scene;
  CameraMotion camera;
  camera.measure(scene.seen({}), kFrame);
  for (int i = 0; i < 40; ++i) {
    cv::Mat frame = scene.seen({});
    cv::Mat noise(frame.size(), CV_16S);
    cv::RNG(i + 1).fill(noise, cv::RNG::NORMAL, 0, 6);
    cv::add(frame, noise, frame, cv::noArray(), CV_8U);
    EXPECT_EQ(camera.measure(frame, kFrame).kind, Kind::kStill) << "frame " << i;
  }
}

// Lamps that go off leave nothing to go by, but that is no turn that lasts.
TEST(CameraMotion, OfTheDarkIsUnknown) {
  const Scene scene;
  CameraMotion camera;
  for (int i = 0; i < 50; ++i) camera.measure(scene.seen({}), kFrame);
  int breaks = 0;
  for (int i = 0; i < 100; ++i) {
    cv::Mat dark(360, 640, CV_8UC1, cv::Scalar(20)), noise(dark.size(), CV_16S);
    cv::RNG(i + 1).fill(noise, cv::RNG::NORMAL, 0, 2);
    cv::add(dark, noise, dark, cv::noArray(), CV_8U);
    breaks += camera.measure(dark, kFrame).kind == Kind::kBreak;
  }
  EXPECT_LE(breaks, 12);
}

TEST(CameraMotion, IsMeasuredInNoise) {
  const Scene scene;
  CameraMotion camera;
  for (int i = 0; i < 30; ++i) {
    cv::Mat frame = scene.seen(shaken(i, 3));
    cv::Mat noise(frame.size(), CV_16S);
    cv::RNG(i + 1).fill(noise, cv::RNG::NORMAL, 0, 12);
    cv::add(frame, noise, frame, cv::noArray(), CV_8U);
    const auto movement = camera.measure(frame, kFrame);
    if (i == 0) continue;
    ASSERT_EQ(movement.kind, Kind::kMoved) << "frame " << i;
    EXPECT_LT(error(movement, scene, shaken(i - 1, 3), shaken(i, 3)), 0.15) << "frame " << i;
  }
}

TEST(CameraMotion, IncludesTurns) {
  const Scene scene;
  CameraMotion camera;
  const auto turn = [](int i) { return std::sin(1.7 * i); };
  for (int i = 0; i < 30; ++i) {
    const auto movement = camera.measure(scene.seen(shaken(i, 2), turn(i)), kFrame);
    if (i == 0) continue;
    ASSERT_EQ(movement.kind, Kind::kMoved) << "frame " << i;
    const double degrees = movement.to_previous.y_by_x * 180 / CV_PI;
    EXPECT_NEAR(degrees, turn(i - 1) - turn(i), 0.05) << "frame " << i;
  }
}

// The picture is where the middle of what it has seen is, not where it was at first.
TEST(CameraMotion, IsAboutAUsualView) {
  const Scene scene;
  CameraMotion camera;
  cv::Point2d sum = shaken(0, 4) + cv::Point2d(6, 2);
  camera.measure(scene.seen(sum), kFrame);
  for (int i = 1; i < 45; ++i) {
    const cv::Point2d at = shaken(i, 4) + cv::Point2d(6, 2);
    const auto movement = camera.measure(scene.seen(at), kFrame);
    const PixelPoint p = movement.from_usual.at(scene.middle().x, scene.middle().y);
    const cv::Point2d usual = (sum += at) / (i + 1);
    if (i < 3) continue;  // the first frame is weighed as a part of the second one's time
    EXPECT_LT(std::hypot(p.x + at.x - usual.x, p.y + at.y - usual.y), 9.0 / i + 0.5) << i;
  }
}

// A body with a texture of its own crosses a plain, or a rich, scene.
void expect_no_heed_of_mover(double contrast, double share, double shake) {
  const Scene scene({640, 360}, 1, contrast);
  const cv::Mat body = texture({640, 360}, 2, 50);
  CameraMotion camera;
  for (int i = 0; i < 60; ++i) {
    cv::Mat frame = scene.seen(shaken(i, shake));
    const int width = int(640 * share), x = -width + 12 * i;
    const cv::Rect at = cv::Rect(x, 0, width, 360) & cv::Rect(0, 0, 640, 360);
    if (!at.empty()) body(at - cv::Point(x, 0)).copyTo(frame(at));
    const auto movement = camera.measure(frame, kFrame);
    if (i == 0) continue;
    if (shake == 0) {
      EXPECT_EQ(movement.kind, Kind::kStill) << "frame " << i;
      continue;
    }
    ASSERT_EQ(movement.kind, Kind::kMoved) << "frame " << i;
    EXPECT_LT(error(movement, scene, shaken(i - 1, shake), shaken(i, shake)), 0.2) << "frame " << i;
  }
}

TEST(CameraMotion, IsNotThatOfWhatMoves) {
  for (const double contrast : {12.0, 35.0}) {
    for (const double shake : {0.0, 2.0}) {
      SCOPED_TRACE(testing::Message() << "contrast " << contrast << ", shake " << shake);
      expect_no_heed_of_mover(contrast, 0.4, shake);
    }
  }
}

TEST(CameraMotion, NeedsSomethingToHoldOnTo) {
  for (const cv::Size size : {cv::Size(1, 1), {30, 30}, {2000, 20}, {640, 360}}) {
    CameraMotion camera;
    for (int i = 0; i < 5; ++i) {
      const cv::Mat plain(size, CV_8U, cv::Scalar(100 + i));
      EXPECT_EQ(camera.measure(plain, kFrame).kind, Kind::kUnknown) << size;
    }
  }
  CameraMotion camera;
  for (int i = 0; i < 20; ++i) {
    cv::Mat noise(360, 640, CV_8U);
    cv::RNG(i + 1).fill(noise, cv::RNG::NORMAL, 128, 12);
    EXPECT_EQ(camera.measure(noise, kFrame).kind, Kind::kUnknown) << "frame " << i;
  }
}

// A body in front of a plain wall might be all that there is, but for the wall's edges.
TEST(CameraMotion, OfWhatIsInTheMiddleIsNotTaken) {
  const cv::Mat body = texture({300, 300}, 3, 50);
  CameraMotion camera;
  for (int i = 0; i < 40; ++i) {
    cv::Mat frame(360, 640, CV_8U, cv::Scalar(130));
    body.copyTo(frame(cv::Rect(160 + i % 20, 40, 300, 300)));
    EXPECT_EQ(camera.measure(frame, kFrame).kind, Kind::kUnknown) << "frame " << i;
  }
}

TEST(CameraMotion, ToAnotherViewIsABreak) {
  const cv::Mat scene = texture({4000, 500}, 1);
  for (const int speed : {5, 7, 15, 40, 150}) {
    CameraMotion camera;
    for (int i = 0; i < 80; ++i) {
      const int x = speed * std::clamp(i - 20, 0, 20);
      const auto movement = camera.measure(scene(cv::Rect(x, 0, 640, 360)), kFrame);
      if (i == 0) continue;
      const std::string where = "speed " + std::to_string(speed) + ", frame " + std::to_string(i);
      if (i <= 20 || i > 45) {
        EXPECT_EQ(movement.kind, Kind::kStill) << where;
      } else if (i <= 40 && x > 50) {
        EXPECT_EQ(movement.kind, Kind::kBreak) << where;
      } else if (movement.kind == Kind::kMoved) {
        EXPECT_NEAR(movement.to_previous.at(320, 180).x, i <= 40 ? speed : 0, 0.2) << where;
      } else if (i <= 40) {
        EXPECT_EQ(movement.kind, Kind::kBreak) << where;
      }
    }
  }
}

TEST(CameraMotion, ThatIsSlowIsFollowed) {
  const cv::Mat scene = texture({2000, 500}, 1);
  CameraMotion camera;
  for (int i = 0; i < 300; ++i) {
    const cv::Mat frame = scene(cv::Rect(i, 0, 640, 360));
    const auto movement = camera.measure(frame, 1.0 / 12);
    if (i == 0) continue;
    ASSERT_EQ(movement.kind, Kind::kMoved) << "frame " << i;
    EXPECT_NEAR(movement.to_previous.at(320, 180).x, 1, 0.15) << "frame " << i;
  }
}

TEST(CameraMotion, HasNothingToDoWithLight) {
  const Scene scene;
  CameraMotion camera;
  for (int i = 0; i < 30; ++i) {
    const cv::Mat frame = scene.seen(shaken(i, 2)) + cv::Scalar(i / 5 % 2 ? 40 : 0);
    const auto movement = camera.measure(frame, kFrame);
    if (i == 0) continue;
    ASSERT_EQ(movement.kind, Kind::kMoved) << "frame " << i;
    EXPECT_LT(error(movement, scene, shaken(i - 1, 2), shaken(i, 2)), 0.2) << "frame " << i;
  }
}

TEST(CameraMotion, IsForgotten) {
  const Scene scene;
  CameraMotion camera;
  EXPECT_EQ(camera.memory(), 0u);
  camera.measure(scene.seen({}), kFrame);
  EXPECT_EQ(camera.measure(scene.seen({3, 0}), kFrame).kind, Kind::kMoved);
  camera.forget();
  EXPECT_EQ(camera.measure(scene.seen({6, 0}), kFrame).kind, Kind::kUnknown);
  EXPECT_EQ(camera.measure(scene.seen({6, 0}), 0).kind, Kind::kStill);
  EXPECT_EQ(camera.measure(Scene({320, 240}).seen({}), 1e9).kind, Kind::kUnknown);
  EXPECT_EQ(camera.measure(Scene({320, 240}).seen({}), -1).kind, Kind::kStill);
  EXPECT_GT(camera.memory(), size_t{320 * 240});
}

TEST(MovedPicture, IsWhatTheCameraWouldHaveSeen) {
  for (const cv::Size size : {cv::Size(640, 360), {333, 77}, {17, 5}}) {
    const Scene scene(size);
    MovedPicture mover;
    for (int i = 0; i < 10; ++i) {
      const cv::Point2d by = shaken(i, 4);
      const cv::Mat expected = scene.seen(by);
      const cv::Mat moved = mover.move(scene.seen({}), expected, {.x = by.x, .y = by.y});
      EXPECT_LE(cv::norm(moved, expected, cv::NORM_INF), 12) << size << ", by " << by;
    }
  }
}

TEST(MovedPicture, IsTurned) {
  const Scene scene;
  MovedPicture mover;
  for (const double degrees : {0.02, -0.1, 0.5, 1.0, -2.0}) {
    const double s = std::sin(degrees * CV_PI / 180), c = std::cos(degrees * CV_PI / 180);
    const cv::Point2d m = scene.middle();
    // Of the inverse map that `seen` is given.
    const Displacement d{.x = (1 - c) * m.x - s * m.y,
                         .x_by_x = c - 1,
                         .x_by_y = s,
                         .y = s * m.x + (1 - c) * m.y,
                         .y_by_x = -s,
                         .y_by_y = c - 1};
    const cv::Mat expected = scene.seen({}, degrees);
    const cv::Mat moved = mover.move(scene.seen({}), expected, d);
    EXPECT_LE(cv::norm(moved, expected, cv::NORM_INF), 25) << degrees << " degrees";
    EXPECT_LT(cv::norm(moved, expected, cv::NORM_L1) / double(moved.total()), 1.5) << degrees;
  }
}

// A line as thin as a pixel, which no filter finds again between two pixels. A plain body is no
// such thing, however dark.
TEST(MovedPicture, IsInDoubtAtThinLines) {
  const cv::Size size(200, 90);
  cv::Mat lines(size, CV_8U, cv::Scalar(40));
  for (int x = 9; x < size.width; x += 31) lines.col(x).setTo(250);
  lines.col(0).setTo(250);
  lines.row(89).setTo(250);
  const cv::Matx23d by(1, 0, 0.25, 0, 1, 0.25);
  cv::Mat seen;
  cv::warpAffine(lines, seen, by, size, cv::INTER_CUBIC | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REPLICATE);
  cv::Mat body = lines.clone();
  body(cv::Rect(75, 20, 15, 40)).setTo(80);
  MovedPicture mover;
  const cv::Mat moved = mover.move(seen, body, {.x = -0.25, .y = -0.25});
  const TileGrid grid({size.width, size.height});
  MovedBits bits(grid);
  Bands bands;
  bits.set(cv::Mat(abs(moved - body) > 25), bands);
  const cv::Rect inside(1, 1, 198, 88);
  cv::Mat shown;
  bits.copy_to(shown, bands);
  EXPECT_GT(cv::countNonZero(shown(inside)), 15 * 40 + 80);
  mover.clear_doubtful(body, 0, size.height, bits);
  bits.copy_to(shown, bands);
  EXPECT_EQ(cv::countNonZero(shown(cv::Rect(75, 20, 15, 40))), 15 * 40);
  EXPECT_EQ(cv::countNonZero(shown(inside)), 15 * 40);
}

TEST(MovedPicture, ByNothingIsItself) {
  MovedPicture mover;
  for (const cv::Size size : {cv::Size(1, 1), {2, 7}, {300, 3}, {641, 99}}) {
    const cv::Mat picture = texture(size, 1), other(size, CV_8U, cv::Scalar(7));
    EXPECT_TRUE(same_picture(mover.move(picture, other, {}), picture)) << size;
    // Nothing of it is in view any more.
    EXPECT_TRUE(same_picture(mover.move(picture, other, {.x = 5000}), other)) << size;
    EXPECT_TRUE(same_picture(mover.move(picture, other, {.y = -5000}), other)) << size;
    EXPECT_TRUE(same_picture(mover.move(picture, other, {.x = 1e30}), other)) << size;
  }
}

TEST(Displacement, IsUndoneByItsInverse) {
  const Displacement d{
      .x = 3, .x_by_x = 0.01, .x_by_y = -0.02, .y = -5, .y_by_x = 0.03, .y_by_y = -0.01};
  for (const Displacement& none : {d.then(d.inverse()), d.inverse().then(d)}) {
    EXPECT_NEAR(none.at(100, 200).x, 0, 1e-9);
    EXPECT_NEAR(none.at(100, 200).y, 0, 1e-9);
  }
}

}  // namespace
}  // namespace motionheat::test
