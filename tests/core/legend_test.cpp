// SPDX-License-Identifier: LGPL-2.1-or-later
#include "legend.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "engine.h"
#include "frames.h"
#include "videos.h"

namespace motionheat::test {
namespace {

// Where two pictures differ.
cv::Rect difference(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat distance, any;
  cv::absdiff(a, b, distance);
  cv::reduce(distance.reshape(1, int(distance.total())), any, 1, cv::REDUCE_MAX);
  return cv::boundingRect(any.reshape(1, a.rows));
}

TEST(Legend, IsABarOfTheColorsInALowerCorner) {
  for (const Size size :
       {Size{320, 240}, Size{641, 361}, Size{1920, 1080}, Size{1080, 1920}, Size{480, 854}}) {
    cv::Mat frame(size.height, size.width, CV_8UC3, cv::Scalar(50, 90, 130)), drawn = frame.clone();
    const ColorTable colors = make_color_table(cv::COLORMAP_JET, kBgr, {});
    Legend legend;
    legend.configure(kBgr, size);
    legend.set_colors(colors, make_grey_table(kBgr, {}));
    legend.draw(view_of(drawn), 312);
    const cv::Rect box = difference(frame, drawn);
    EXPECT_GE(box.height, 15);
    EXPECT_LE(box.height, size.height / 8);
    EXPECT_LE(box.width, size.width * 3 / 4);
    EXPECT_LT(box.x, size.width / 20);
    EXPECT_GT(box.y, size.height * 4 / 5);
    // Along the middle the colours follow each other, from the first to the last.
    int index = 0, found = 0;
    for (int x = box.x; x < box.x + box.width; ++x) {
      const cv::Vec3b bgr = drawn.at<cv::Vec3b>(box.y + box.height / 2, x);
      for (int i = index; i < 256; ++i) {
        if (bgr != cv::Vec3b(uchar(colors[2][i]), uchar(colors[1][i]), uchar(colors[0][i])))
          continue;
        found += i > index;
        index = i;
        break;
      }
    }
    EXPECT_EQ(index, 255);
    EXPECT_GE(found, 50);
  }
}

TEST(Legend, TellsAnotherScaleOtherwise) {
  const Size size{640, 480};
  const cv::Mat frame(size.height, size.width, CV_8UC3, cv::Scalar::all(99));
  Legend legend;
  legend.configure(kBgr, size);
  legend.set_colors(make_color_table(cv::COLORMAP_HOT, kBgr, {}), make_grey_table(kBgr, {}));
  const auto of = [&](double full) {
    cv::Mat drawn = frame.clone();
    legend.draw(view_of(drawn), full);
    return drawn;
  };
  EXPECT_GT(cv::norm(of(312), of(330), cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(of(31200), of(31400), cv::NORM_INF), 0);  // less than a hundredth
  EXPECT_GT(cv::norm(of(0), of(0.5), cv::NORM_INF), 0);
  // It keeps its size meanwhile.
  const cv::Rect box = difference(frame, of(0.123));
  for (const double full : {0.0, 0.5, 1.11, 88.8, 312.0, 4200.0})
    EXPECT_EQ(difference(frame, of(full)), box) << full;
}

// Of a number that changes with each frame nobody could read the digits.
TEST(Legend, ChangesSeldomWhileTheMapGrows) {
  const cv::Mat frame(480, 640, CV_8UC3, cv::Scalar::all(99));
  Legend legend;
  legend.configure(kBgr, {640, 480});
  legend.set_colors(make_color_table(cv::COLORMAP_HOT, kBgr, {}), make_grey_table(kBgr, {}));
  cv::Mat last = frame;
  int changes = 0;
  for (int i = 0; i < 250; ++i) {
    cv::Mat drawn = frame.clone();
    legend.draw(view_of(drawn), 1000 + i * 15, true);
    changes += cv::norm(drawn, last, cv::NORM_INF) > 0;
    last = drawn;
  }
  EXPECT_GE(changes, 10);
  EXPECT_LE(changes, 30);
  // A picture that stays is exact.
  cv::Mat exact = frame.clone(), drawn = frame.clone();
  legend.draw(view_of(drawn), 1000 + 249 * 15 * 1.05);
  Legend another;
  another.configure(kBgr, {640, 480});
  another.set_colors(make_color_table(cv::COLORMAP_HOT, kBgr, {}), make_grey_table(kBgr, {}));
  another.draw(view_of(exact), 1000 + 249 * 15 * 1.05);
  EXPECT_TRUE(same_picture(drawn, exact));
}

// In every format, at every size, and on frames smaller than the stream: nothing beyond is touched,
// and nothing but the legend.
TEST(Legend, StaysWithinTheFrame) {
  for (const PixelFormat& format :
       {kBgr, kGray8, kI420, kNv12, kYuy2, kAyuv, gray10(0), gray10(6)}) {
    for (const Size size : {Size{1, 1}, Size{3, 5}, Size{64, 33}, Size{391, 235}}) {
      Engine plain, with_legend;
      with_legend.set({.legend = true});
      for (const Size part : {size, Size{(size.width + 1) / 2, (size.height + 2) / 3}}) {
        for (Engine* engine : {&plain, &with_legend})
          if (!engine->is_configured()) engine->configure({format, {}, size});
        Frame in(format, part, Rows{.padding = 3}), a(format, part, Rows{}),
            b(format, part, Rows{});
        const FrameView to_a = a.view(), to_b = b.view();
        plain.process(in.view(), &to_a);
        with_legend.process(in.view(), &to_b);
        if (size.width < 300 || part.height < size.height) continue;
        EXPECT_FALSE(same_picture(a.plane(0), b.plane(0)));
        const cv::Mat upper_a = a.plane(0).rowRange(0, size.height / 2);
        EXPECT_TRUE(same_picture(upper_a, b.plane(0).rowRange(0, size.height / 2)));
      }
    }
  }
}

}  // namespace
}  // namespace motionheat::test
