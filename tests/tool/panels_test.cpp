// SPDX-License-Identifier: LGPL-2.1-or-later
#include "panels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

namespace tool::test {
namespace {

motionheat::State some_heat(cv::Size size) {
  motionheat::State state{.size = {size.width, size.height}, .frames = 300};
  std::mt19937 random(1);
  for (int i = 0; i < size.area(); ++i) state.counts.push_back(random() % 4 ? 0 : random() % 300);
  return state;
}

cv::Mat some_picture(cv::Size size, int seed) {
  cv::Mat picture(size, CV_8UC3);
  cv::RNG(uint64_t(seed)).fill(picture, cv::RNG::UNIFORM, 0, 255);
  return picture;
}

bool are_equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

cv::Mat indices(const motionheat::State& state) {
  const float full = float(*std::ranges::max_element(state.counts));
  cv::Mat gray(state.size.height, state.size.width, CV_8UC1);
  for (size_t i = 0; i < state.counts.size(); ++i)
    gray.data[i] = uint8_t(float(state.counts[i]) / full * 255);
  cv::Mat rgb;
  cv::cvtColor(gray, rgb, cv::COLOR_GRAY2RGB);
  return rgb;
}

// Where a picture is on the sheet, bit for bit; empty if it is not.
cv::Rect find(const cv::Mat& sheet, const cv::Mat& picture) {
  cv::Mat difference;
  cv::matchTemplate(sheet, picture, difference, cv::TM_SQDIFF);
  cv::Point corner;
  cv::minMaxLoc(difference, nullptr, nullptr, &corner);
  const cv::Rect place(corner, picture.size());
  return are_equal(sheet(place), picture) ? place : cv::Rect();
}

bool is_paper(const cv::Mat& part) {
  return are_equal(part, cv::Mat(part.size(), part.type(), cv::Scalar::all(255)));
}

cv::Mat drawn(const motionheat::State& state, const Background& background,
              std::map<std::string, std::string> values) {
  return render(state, background, {.values = std::move(values)}).picture;
}

// The pictures stand in three rows of two with paper around and something written above them.
void expect_layout(const cv::Mat& sheet, const std::vector<cv::Mat>& pictures) {
  std::vector<cv::Rect> places;
  for (const cv::Mat& picture : pictures) places.push_back(find(sheet, picture));
  for (size_t i = 0; i < places.size(); ++i) {
    const cv::Rect& place = places[i];
    ASSERT_FALSE(place.empty()) << "panel " << i;
    EXPECT_EQ(place.x, places[i % 2].x);
    EXPECT_EQ(place.y, places[i - i % 2].y);
    const cv::Rect above(place.x, i < 2 ? 0 : places[i - 2].br().y, place.width,
                         i < 2 ? place.y : place.y - places[i - 2].br().y);
    EXPECT_FALSE(is_paper(sheet(above))) << "no title above panel " << i;
    EXPECT_TRUE(is_paper(sheet({place.x, place.y - 1, place.width, 1})));
    EXPECT_TRUE(is_paper(sheet({place.x, place.br().y, place.width, 1})));
    EXPECT_TRUE(is_paper(sheet({place.x - 1, place.y, 1, place.height})));
    EXPECT_TRUE(is_paper(sheet({place.br().x, place.y, 1, place.height})));
  }
  EXPECT_LT(places[0].br().x, places[1].x);
  EXPECT_LT(places[1].br().x, sheet.cols);
  EXPECT_LT(places[5].br().y, sheet.rows);
  EXPECT_TRUE(is_paper(sheet.row(0)));
  EXPECT_TRUE(is_paper(sheet.col(sheet.cols - 1)));
}

TEST(Panels, AreWhatTheElementDraws) {
  for (const cv::Size size : {cv::Size(97, 61), cv::Size(320, 180)}) {
    const motionheat::State state = some_heat(size);
    const Background background{some_picture(size, 1), 10};
    const cv::Mat sample = some_picture(size, 2);
    const cv::Mat sheet = draw_panels(state, background, sample, {});
    expect_layout(sheet, {sample, indices(state),
                          drawn(state, background, {{"output", "heatmap"}, {"colormap", "jet"}}),
                          drawn(state, background, {{"colormap", "jet"}}),
                          drawn(state, background, {{"output", "heatmap"}, {"colormap", "hot"}}),
                          drawn(state, background, {{"colormap", "hot"}})});
  }
}

TEST(Panels, FollowTheSettingsButForTheColours) {
  const cv::Size size(120, 90);
  const motionheat::State state = some_heat(size);
  const Background background{some_picture(size, 1), 10};
  const std::map<std::string, std::string> look = {
      {"opacity", "0.8"}, {"blend", "heat"}, {"curve", "sqrt"}};
  ElementSettings settings{.values = look};
  settings.values.insert({{"output", "none"}, {"colormap", "viridis"}});
  const cv::Mat sheet = draw_panels(state, background, {}, settings);
  const auto with = [&](std::map<std::string, std::string> values) {
    values.insert(look.begin(), look.end());
    return drawn(state, background, values);
  };
  EXPECT_FALSE(find(sheet, with({{"colormap", "jet"}})).empty());
  EXPECT_FALSE(find(sheet, with({{"output", "heatmap"}, {"colormap", "hot"}})).empty());
  EXPECT_FALSE(find(sheet, background.picture).empty()) << "stands for the frame";
}

TEST(Panels, DrawOnTheFrameWhereThereIsNoBackground) {
  const cv::Size size(64, 48);
  const motionheat::State state = some_heat(size);
  const cv::Mat sample = some_picture(size, 2);
  const cv::Mat sheet = draw_panels(state, {}, sample, {});
  EXPECT_FALSE(find(sheet, drawn(state, {sample}, {{"colormap", "jet"}})).empty());
  const cv::Mat neither = draw_panels(state, {}, {}, {});
  EXPECT_FALSE(find(neither, drawn(state, {}, {{"colormap", "hot"}})).empty());
}

TEST(Panels, HaveRoomForTitlesOverTheSmallestPicture) {
  const motionheat::State state{.size = {1, 1}, .counts = {3}, .frames = 4};
  const cv::Mat sheet = draw_panels(state, {}, some_picture({2, 2}, 1), {});
  EXPECT_GT(sheet.cols, 100);
  EXPECT_LT(sheet.cols, 400);
}

// A frame of another size, and heat that was counted on a smaller picture.
TEST(Panels, AreAllOfTheSizeOfTheBackground) {
  const cv::Size size(160, 120);
  const Background background{some_picture(size, 1), 10};
  const motionheat::State state = some_heat({80, 60});
  const cv::Mat sheet = draw_panels(state, background, some_picture({320, 240}, 2), {});
  EXPECT_EQ(sheet.size(), draw_panels(some_heat(size), background, {}, {}).size());
  const auto jet = drawn(state, background, {{"output", "heatmap"}, {"colormap", "jet"}});
  EXPECT_EQ(find(sheet, jet).size(), size);
}

}  // namespace
}  // namespace tool::test
