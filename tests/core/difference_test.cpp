// SPDX-License-Identifier: LGPL-2.1-or-later
#include "difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "frames.h"
#include "tile_grid.h"

namespace motionheat::test {
namespace {

// The mask of an area that begins with a tile, which is compared band by band.
cv::Mat compare(Difference& difference, const ConstFrameView& frame, const Rect& area) {
  const size_t stride = (size_t(area.width) + 7) / 8 + 3;
  cv::Mat mask(area.height, area.width, CV_8UC1);
  for (int y = 0; y < area.height; y += TileGrid::kBandHeight) {
    const Rect band{area.x, area.y + y, area.width,
                    std::min(TileGrid::kBandHeight, area.height - y)};
    const GuardedBytes bits(stride * band.height - 3);
    const kernels::MovedRows moved =
        difference.compare(frame, band, bits.data(), ptrdiff_t(stride));
    const cv::Mat rows = mask.rowRange(y, y + band.height);
    unpacked(bits.data(), ptrdiff_t(stride), {band.width, band.height}).copyTo(rows);
    for (int row = 0; row < 32; ++row) {
      const int top = row * TileGrid::kHeight,
                bottom = std::min(top + TileGrid::kHeight, rows.rows);
      EXPECT_EQ(moved >> row & 1, top < bottom && cv::countNonZero(rows.rowRange(top, bottom)) > 0);
    }
    for (int y_in = 0; area.width % 8 != 0 && y_in < band.height; ++y_in)
      EXPECT_EQ(bits.data()[stride * y_in + area.width / 8] >> area.width % 8, 0);
  }
  return mask;
}

cv::Mat compare(Difference& difference, const Frame& frame) {
  return compare(difference, frame.view(), {0, 0, frame.size().width, frame.size().height});
}

cv::Mat expected_mask(const cv::Mat& current, const cv::Mat& previous, int threshold) {
  cv::Mat difference, gray, mask;
  cv::absdiff(current, previous, difference);
  cv::cvtColor(difference, gray, cv::COLOR_BGR2GRAY);
  cv::threshold(gray, mask, threshold, 255, cv::THRESH_BINARY);
  return mask;
}

class DifferenceOfRgb : public ::testing::TestWithParam<Format> {};

TEST_P(DifferenceOfRgb, EqualsOpenCv) {
  const PixelFormat& format = GetParam().layout;
  const Size size{67, 19};
  std::mt19937 random(1);
  for (const Rows rows : {Rows{}, Rows{.padding = 5}, Rows{.padding = 3, .bottom_up = true}}) {
    for (const int threshold : {0, 1, 25, 90, 254, 255}) {
      Difference difference;
      difference.configure(format, 255, size);
      difference.set_threshold(threshold);
      Frame frame(format, size, rows);
      frame.randomize(random);
      difference.remember(frame.view());
      cv::Mat previous = frame.bgr();
      for (int i = 0; i < 3; ++i) {
        frame.randomize(random);
        const std::vector<uint8_t> bytes = frame.bytes();
        const cv::Mat current = frame.bgr();
        EXPECT_TRUE(
            same_picture(compare(difference, frame), expected_mask(current, previous, threshold)));
        EXPECT_EQ(frame.bytes(), bytes);
        EXPECT_TRUE(frame.padding_is_intact());
        previous = current;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DifferenceOfRgb, ::testing::ValuesIn(rgb_formats()), name_of);

// Every difference of three colours there is, at thresholds around which grey is dense and sparse.
TEST(Difference, GreyOfEveryColorEqualsOpenCv) {
  const Size size{256, 256};
  cv::Mat black = cv::Mat::zeros(256, 256, CV_8UC3);
  cv::Mat colors(256, 256, CV_8UC3);
  for (const int threshold : {25, 128}) {
    Difference difference;
    difference.configure(kBgr, 255, size);
    difference.set_threshold(threshold);
    for (int blue = 0; blue < 256; ++blue) {
      for (int green = 0; green < 256; ++green)
        for (int red = 0; red < 256; ++red)
          colors.at<cv::Vec3b>(green, red) = cv::Vec3b(blue, green, red);
      difference.remember(view_of(black));
      ASSERT_TRUE(same_picture(compare(difference, view_of(colors), {0, 0, 256, 256}),
                               expected_mask(colors, black, threshold)))
          << "blue " << blue;
    }
  }
}

struct Luma {
  const char* name;
  PixelFormat format;
  int range;  // from black to white

  friend void PrintTo(const Luma& param, std::ostream* os) { *os << param.name; }
};

class DifferenceOfLuma : public ::testing::TestWithParam<Luma> {};

// Every threshold and every difference: the grey unit is 1/255 of the distance from black to white.
TEST_P(DifferenceOfLuma, IsInEightBitGrey) {
  const auto& [name, format, range] = GetParam();
  const Component& luma = format.components[0];
  const int values = 1 << luma.depth;
  const Size size{256, values / 256};
  Frame black(format, size), ramp(format, size);
  std::mt19937 random(2);
  for (Frame* frame : {&black, &ramp}) {
    frame->randomize(random);  // what is not luma must not count
    for (int value = 0; value < values; ++value) {
      uint8_t* bytes = &frame->at(0, value % 256, value / 256);
      const int sample = (frame == &ramp ? value : 0) << luma.lsb;
      const int noise = luma.depth > 8 ? int(random() & 0xffff & ~((values - 1) << luma.lsb)) : 0;
      bytes[0] = uint8_t(sample | noise);
      if (luma.depth > 8) bytes[1] = uint8_t((sample | noise) >> 8);
    }
  }

  Difference difference;
  difference.configure(format, range, size);
  for (int threshold = 0; threshold < 256; ++threshold) {
    difference.set_threshold(threshold);
    for (Frame* frame : {&ramp, &black}) {  // brighter and darker
      difference.remember(frame == &ramp ? black.view() : ramp.view());
      const cv::Mat mask = compare(difference, *frame);
      for (int value = 0; value < values; ++value) {
        const int grey = std::min(255, int(std::floor(value * 255.0 / range + 0.5)));
        ASSERT_EQ(mask.data[value], grey > threshold ? 255 : 0)
            << "difference " << value << " at threshold " << threshold;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DifferenceOfLuma,
                         ::testing::Values(Luma{"limited", kI420, 219}, Luma{"full", kI420, 255},
                                           Luma{"gray", kGray8, 255}, Luma{"packed", kYuy2, 219},
                                           Luma{"limited10", gray10(0), 876},
                                           Luma{"full10", gray10(0), 1023},
                                           Luma{"high10", gray10(6), 876}),
                         name_of);

TEST(Difference, LumaRowsMayBeUnalignedPaddedAndUpsideDown) {
  const Size size{97, 13};
  std::mt19937 random(3);
  for (const PixelFormat& format : {kI420, kNv12, kGray8, kYuy2}) {
    for (const Rows rows : {Rows{.padding = 7}, Rows{.padding = 1, .bottom_up = true}}) {
      Frame frame(format, size, rows);
      Difference difference;
      difference.configure(format, 255, size);
      difference.set_threshold(25);
      frame.randomize(random);
      difference.remember(frame.view());
      const cv::Mat previous = frame.plane(0);
      frame.randomize(random);
      cv::Mat expected;
      cv::absdiff(frame.plane(0), previous, expected);
      cv::threshold(expected, expected, 25, 255, cv::THRESH_BINARY);
      EXPECT_TRUE(same_picture(compare(difference, frame), expected));
      EXPECT_TRUE(frame.padding_is_intact());
    }
  }
}

// What lies outside the area does not become the previous frame.
TEST(Difference, ComparesItsAreaAlone) {
  const Size size{2 * TileGrid::kWidth, 20};
  const Rect area{TileGrid::kWidth, TileGrid::kHeight, 17, 9};
  for (const PixelFormat& format : {kBgr, kI420, kYuy2}) {
    Frame black(format, size), white(format, size);
    black.set_bytes(std::vector<uint8_t>(black.bytes().size(), 0));
    white.set_bytes(std::vector<uint8_t>(white.bytes().size(), 255));
    Difference difference;
    difference.configure(format, 255, size);
    difference.set_threshold(25);
    difference.remember(black.view());

    cv::Mat expected(area.height, area.width, CV_8UC1, cv::Scalar(255));
    EXPECT_TRUE(same_picture(compare(difference, white.view(), area), expected));

    const cv::Mat second = compare(difference, white);
    expected = cv::Mat(size.height, size.width, CV_8UC1, cv::Scalar(255));
    expected(cv::Rect(area.x, area.y, area.width, area.height)) = 0;
    EXPECT_TRUE(same_picture(second, expected));
  }
}

// Rows that are tried tell what a comparison will, and leave to it what they are compared with.
TEST(Difference, TriesRows) {
  const Size size{150, 30};
  const Rect area{8, 3, 131, 9};
  const size_t stride = 20;
  std::mt19937 random(4);
  std::vector<PixelFormat> formats{kI420, kNv12, kGray8, kYuy2, gray10(6)};
  for (const Format& format : rgb_formats()) formats.push_back(format.layout);
  for (const PixelFormat& format : formats) {
    Frame first(format, size), second(format, size);
    first.randomize(random);
    second.randomize(random);
    Difference difference;
    difference.configure(format, 255, size);
    difference.set_threshold(60);
    difference.remember(first.view());
    const GuardedBytes bits(stride * size_t(area.height));
    difference.try_rows(second.view(), area, bits.data(), ptrdiff_t(stride));
    const cv::Mat tried =
        unpacked(bits.data(), ptrdiff_t(stride), {area.width, area.height}).clone();
    EXPECT_GT(cv::countNonZero(tried), 0);

    Difference other;
    other.configure(format, 255, size);
    other.set_threshold(60);
    other.remember(first.view());
    const cv::Mat expected = compare(other, second);
    EXPECT_TRUE(
        same_picture(tried, expected(cv::Rect(area.x, area.y, area.width, area.height)).clone()));
    EXPECT_TRUE(same_picture(compare(difference, second), expected));
  }
}

TEST(Difference, KnowsWhetherThereIsAPreviousFrame) {
  Difference difference;
  EXPECT_FALSE(difference.has_previous());
  difference.configure(kGray8, 255, {8, 8});
  EXPECT_FALSE(difference.has_previous());
  Frame frame(kGray8, {8, 8});
  difference.remember(frame.view());
  EXPECT_TRUE(difference.has_previous());
  difference.forget();
  EXPECT_FALSE(difference.has_previous());
  difference.remember(frame.view());
  difference.configure(kGray8, 219, {8, 8});
  EXPECT_FALSE(difference.has_previous());
}

TEST(Difference, RemembersFramesWiderThanATile) {
  const Size size{600, 40};
  std::mt19937 random(4);
  for (const PixelFormat& format : {kBgr, kI420, kYuy2, gray10(0)}) {
    Frame frame(format, size);
    frame.randomize(random);
    Difference difference;
    difference.configure(format, 255, size);
    difference.remember(frame.view());
    EXPECT_EQ(cv::countNonZero(compare(difference, frame)), 0);
  }
}

}  // namespace
}  // namespace motionheat::test
