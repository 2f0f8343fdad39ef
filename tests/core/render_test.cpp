// SPDX-License-Identifier: LGPL-2.1-or-later
#include "render.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "frames.h"
#include "normalize.h"

namespace motionheat::test {
namespace {

constexpr ColorSpace kLimited{.offset = {16, 128, 128}, .scale = {219, 224, 224}};

std::vector<Format> formats() {
  std::vector<Format> formats = rgb_formats();
  formats.insert(formats.end(),
                 {{"I420", kI420}, {"NV12", kNv12}, {"GRAY8", kGray8}, {"YUY2", kYuy2}});
  return formats;
}

cv::Mat random_index(Size size, std::mt19937& random) {
  cv::Mat index(size.height, size.width, CV_8UC1);
  std::generate_n(index.data, index.total(), std::ref(random));
  return index;
}

// Paints every chunk of every tile with the indices of a whole picture.
void paint(Renderer& renderer, int tile, const cv::Mat& index) {
  const Rect rect = TileGrid({index.cols, index.rows}).rect(tile);
  TileGrid::Chunks every;
  every.fill(true);
  std::array<uint8_t, TileGrid::kPixels> indices{};
  for (int y = 0; y < rect.height; ++y)
    for (int x = 0; x < rect.width; ++x)
      indices[TileGrid::offset(x, y)] = index.at<uint8_t>(rect.y + y, rect.x + x);
  renderer.paint(tile, indices.data(), every);
}

void paint_all(Renderer& renderer, const cv::Mat& index) {
  for (int tile = 0; tile < TileGrid({index.cols, index.rows}).count(); ++tile)
    paint(renderer, tile, index);
}

Renderer renderer_for(const PixelFormat& format, Size size, const ColorTable& colors,
                      double opacity) {
  Renderer renderer;
  renderer.configure(format, size);
  renderer.set_colors(colors);
  renderer.set_blend(Blend(opacity, true));
  return renderer;
}

void draw_all(const Renderer& renderer, const ConstFrameView& in, const FrameView& out) {
  renderer.draw(in, out, 0, TileGrid(in.size).rows());
}

void expect_blended(const Frame& out, const Frame& in, const cv::Mat& index,
                    const ColorTable& colors, double opacity) {
  for (int i = 0; i < in.format().n_components; ++i)
    EXPECT_TRUE(same_picture(out.plane(i), blended_plane(in, i, index, colors[i], opacity)))
        << "component " << i << " of " << in.size().width << "x" << in.size().height;
}

class RendererOf : public ::testing::TestWithParam<Format> {};

TEST_P(RendererOf, BlendsTheColorsOfTheIndex) {
  const PixelFormat& format = GetParam().layout;
  const ColorTable colors = make_color_table(cv::COLORMAP_TURBO, format, kLimited);
  std::mt19937 random(1);
  for (const Size size :
       {Size{1, 1}, Size{2, 2}, Size{3, 5}, Size{61, 34}, Size{64, 33}, Size{391, 35}}) {
    for (const Rows rows : {Rows{}, Rows{.padding = 3}, Rows{.padding = 1, .bottom_up = true}}) {
      for (const double opacity : {0.4, 0.5}) {
        Renderer renderer = renderer_for(format, size, colors, opacity);
        const cv::Mat index = random_index(size, random);
        paint_all(renderer, index);

        Frame in(format, size, rows), out(format, size, {.padding = 2});
        in.randomize(random);
        const std::vector<uint8_t> before = in.bytes();
        draw_all(renderer, in.view(), out.view());
        expect_blended(out, in, index, colors, opacity);
        EXPECT_EQ(in.bytes(), before);
        EXPECT_TRUE(out.padding_is_intact());
        if (format.model == ColorModel::kRgb) {
          EXPECT_EQ(out.alpha(), in.alpha());
        }

        draw_all(renderer, in.view(), in.view());
        EXPECT_EQ(in.bytes(), out.bytes());
        EXPECT_TRUE(in.padding_is_intact());
      }
    }
  }
}

TEST_P(RendererOf, TilesWithoutHeatHaveTheColorOfZero) {
  const PixelFormat& format = GetParam().layout;
  const Size size{3 * TileGrid::kWidth + 35, 2 * TileGrid::kHeight + 3};
  const TileGrid grid(size);
  const ColorTable colors = make_color_table(cv::COLORMAP_SPRING, format, kLimited);
  std::mt19937 random(2);
  Frame in(format, size), out(format, size);
  in.randomize(random);
  // None painted, some, and again none.
  Renderer renderer = renderer_for(format, size, colors, 0.4);
  cv::Mat index = cv::Mat::zeros(size.height, size.width, CV_8UC1);
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, index, colors, 0.4);
  const cv::Mat everywhere = random_index(size, random);
  for (const int tile : {0, 3, 4, 5, 6, 11}) {
    const Rect rect = grid.rect(tile);
    const cv::Rect inside(rect.x, rect.y, rect.width, rect.height);
    everywhere(inside).copyTo(index(inside));
    paint(renderer, tile, index);
  }
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, index, colors, 0.4);
  renderer.erase();
  index = 0;
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, index, colors, 0.4);
}

// Of a picture that is painted all over, `draw(renderer, in, out)` draws the area; the rest of the
// output stays as it was.
template <typename Draw>
void expect_drawn_within(const Rect& area, const PixelFormat& format, Size size, Draw draw) {
  const ColorTable colors = make_color_table(cv::COLORMAP_HOT, format, kLimited);
  Renderer renderer = renderer_for(format, size, colors, 1);
  std::mt19937 random(3);
  const cv::Mat index = random_index(size, random);
  paint_all(renderer, index);
  Frame in(format, size), out(format, size), expected(format, size);
  in.randomize(random);
  expected.randomize(random);
  out.set_bytes(expected.bytes());
  draw(renderer, in.view(), out.view());
  for (int i = 0; i < format.n_components; ++i) {
    const Component& c = format.components[i];
    const cv::Mat blended = blended_plane(in, i, index, colors[i], 1);
    for (int y = area.y >> c.y_shift; y < area.bottom() >> c.y_shift; ++y)
      for (int x = area.x >> c.x_shift; x < area.right() >> c.x_shift; ++x)
        expected.at(i, x << c.x_shift, y << c.y_shift) = blended.at<uint8_t>(y, x);
    EXPECT_TRUE(same_picture(out.plane(i), expected.plane(i))) << "component " << i;
  }
}

TEST_P(RendererOf, DrawsItsRowsAlone) {
  const Size size{TileGrid::kWidth + 62, 4 * TileGrid::kHeight + 2};
  expect_drawn_within({0, TileGrid::kHeight, size.width, 2 * TileGrid::kHeight}, GetParam().layout,
                      size,
                      [](const Renderer& renderer, const ConstFrameView& in, const FrameView& out) {
                        renderer.draw(in, out, 1, 2);
                      });
}

INSTANTIATE_TEST_SUITE_P(Formats, RendererOf, ::testing::ValuesIn(formats()), name_of);

TEST(Renderer, NewColorsShowOnceRepainted) {
  const Size size{20, 10};
  const ColorTable jet = make_color_table(cv::COLORMAP_JET, kNv12, kLimited);
  const ColorTable hot = make_color_table(cv::COLORMAP_HOT, kNv12, kLimited);
  Renderer renderer = renderer_for(kNv12, size, jet, 0.4);
  std::mt19937 random(4);
  const cv::Mat index = random_index(size, random);
  Frame in(kNv12, size), out(kNv12, size);
  in.randomize(random);

  paint_all(renderer, index);
  renderer.set_colors(hot);
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, index, jet, 0.4);
  renderer.erase();
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, cv::Mat::zeros(index.size(), CV_8UC1), hot, 0.4);
  paint_all(renderer, index);
  draw_all(renderer, in.view(), out.view());
  expect_blended(out, in, index, hot, 0.4);
}

}  // namespace
}  // namespace motionheat::test
