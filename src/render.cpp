// SPDX-License-Identifier: LGPL-2.1-or-later
#include "render.h"

#include <cstring>
#include <utility>

#include "kernels/kernels.h"

namespace motionheat {
namespace {

using kernels::kChunkHeight;
using kernels::kChunkPixels;
using kernels::kChunkWidth;

// Repeats the last column and the last row, or with `fields` two, that a chunk has of the picture.
// Only the pixel next to an odd edge counts: it stands in for the one that is not there when chroma
// is averaged.
void repeat_edges(uint8_t* chunk, int width, int height, bool fields) {
  for (int y = 0; y < height && width < kChunkWidth; ++y)
    chunk[y * kChunkWidth + width] = chunk[y * kChunkWidth + width - 1];
  const int lines = fields ? 2 : 1;
  for (int y = std::max(height, lines); y < std::min(height + lines, kChunkHeight); ++y)
    std::copy_n(chunk + (y - lines) * kChunkWidth, kChunkWidth, chunk + y * kChunkWidth);
}

// Rows 0, 2, 1, 3 of each four of `chunks` chunks: what two chroma rows of fields are the means of.
template <typename Sample>
void order_by_fields(const Sample* values, int chunks, Sample* ordered) {
  constexpr int kOrder[] = {0, 2, 1, 3};
  for (int y = 0; y < chunks * kChunkHeight; ++y, ordered += kChunkWidth)
    std::copy_n(values + (y / 4 * 4 + kOrder[y % 4]) * kChunkWidth, kChunkWidth, ordered);
}

// The means of the values of `chunks` chunks, one after the other: of each two of a row or, with
// `two_rows`, of each two by two.
void average(const uint8_t* values, int chunks, bool two_rows, uint8_t* means) {
  kernels::active().average_u8(values, chunks, two_rows, means);
}

// In rows of their own, which overlap nothing, compilers make vectors of loops.
void average(const uint16_t* values, int chunks, bool two_rows, uint16_t* means) {
  constexpr int kMeans = kChunkWidth / 2;
  const int rows = two_rows ? 2 : 1;
  for (int y = 0; y < chunks * kChunkHeight; y += rows, means += kMeans) {
    const uint16_t* top = values + y * kChunkWidth;
    const uint16_t* bottom = top + (rows - 1) * kChunkWidth;
    std::array<uint16_t, kMeans> row;
    for (int x = 0; x < kMeans; ++x) {
      const unsigned sum =
          unsigned{top[2 * x]} + top[2 * x + 1] + bottom[2 * x] + bottom[2 * x + 1];
      row[x] = uint16_t((sum + 2) / 4);  // of one row it is twice what it would be alone
    }
    std::copy(row.begin(), row.end(), means);
  }
}

// The means of the values of a chunk in blocks of 4 by `rows`, of what lies in the picture; those
// at its edges may be smaller.
template <typename Sample>
void average_fours(const Sample* values, kernels::Extent inside, int rows, Sample* means) {
  for (int top = 0; top < kChunkHeight; top += rows) {
    for (int left = 0; left < kChunkWidth; left += 4) {
      const int bottom = std::min(top + rows, inside.height);
      const int right = std::min(left + 4, inside.width);
      unsigned sum = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) sum += values[y * kChunkWidth + x];
      const unsigned n = unsigned(std::max(1, (right - left) * (bottom - top)));
      *means++ = Sample((2 * sum + n) / (2 * n));
    }
  }
}

template <int kWidth>
void copy_rows(const uint8_t* values, kernels::Rows<uint8_t> out, int rows) {
  for (int y = 0; y < rows; ++y) std::memcpy(out[y], values + y * kWidth, kWidth);
}

// Puts the rows of `n` components side by side, their values `lsb` bits up in the samples.
void interleave(const uint8_t* const* values, int n, int, kernels::Rows<uint8_t> out,
                kernels::Extent extent) {
  if (n > 1)
    kernels::active().interleave_u8(values, n, out, extent);
  else if (extent.width == kChunkWidth)
    copy_rows<kChunkWidth>(values[0], out, extent.height);
  else if (extent.width == kChunkWidth / 2)
    copy_rows<kChunkWidth / 2>(values[0], out, extent.height);
  else
    copy_rows<kChunkWidth / 4>(values[0], out, extent.height);
}

template <int kSources>
void put_words(const uint16_t* const* values, int lsb, kernels::Rows<uint8_t> out,
               kernels::Extent extent) {
  for (int y = 0; y < extent.height; ++y) {
    std::array<uint16_t, size_t{kSources} * kChunkWidth> row;
    for (int x = 0; x < extent.width; ++x)
      for (int i = 0; i < kSources; ++i)
        row[x * kSources + i] = uint16_t(values[i][y * extent.width + x] << lsb);
    std::memcpy(out[y], row.data(), extent.width * kSources * sizeof row[0]);  // little endian
  }
}

void interleave(const uint16_t* const* values, int n, int lsb, kernels::Rows<uint8_t> out,
                kernels::Extent extent) {
  static constexpr decltype(&put_words<1>) kOf[] = {put_words<1>, put_words<2>, put_words<3>,
                                                    put_words<4>};
  kOf[n - 1](values, lsb, out, extent);
}

// Where nothing is shown.
void copy_picture_rows(const kernels::BlendJob& job) {
  if (job.picture.data == job.out.data) return;
  for (int y = 0; y < job.bytes.height; ++y)
    std::copy_n(job.picture[y], job.bytes.width, job.out[y]);
}

}  // namespace

void Renderer::configure(const PixelFormat& format, Size size) {
  format_ = format;
  grid_ = TileGrid(size);
  planes_ = {};
  painted_.assign(size_t(grid_.count()), false);
  changed_.assign(size_t(grid_.count()), true);
  for (int i = 0; i < format.n_components; ++i)
    planes_[format.components[i].plane].has_color = true;
  for (int p = 0; p < format.n_planes; ++p) {
    Plane& plane = planes_[p];
    plane.layout = plane_layout(format, p);
    if (!plane.has_color) continue;
    int step = plane.layout.step;
    for (int i = 0; i < format.n_components; ++i)
      if (format.components[i].plane == p) step = std::min(step, format.components[i].step);
    plane.n_sources = step / format.sample_bytes();
    for (int i = 0; i < format.n_components; ++i) {
      const Component& c = format.components[i];
      if (c.plane != p) continue;
      const int place = c.offset / format.sample_bytes();
      if (c.step == step) {
        plane.sources[place] = i;
        plane.chunk_width = kChunkWidth >> c.x_shift;
      } else {
        plane.chroma[place / plane.n_sources] = i;
        plane.sources[place % plane.n_sources] = kChromaPair;
      }
    }
    // Whole chunks are painted.
    const int width = (size.width + kChunkWidth - 1) / kChunkWidth * kChunkWidth;
    const int height = (size.height + kChunkHeight - 1) / kChunkHeight * kChunkHeight;
    plane.stride = ptrdiff_t(aligned_stride(size_t(plane.layout.byte(width))));
    plane.bytes = size_t(plane.stride) * plane.layout.row(height);
    plane.color = make_aligned<uint8_t>(plane.bytes);
  }
}

void Renderer::set_colors(const ColorTable& colors) {
  for (int i = 0; i < format_.n_components; ++i) {
    const Component& c = format_.components[i];
    for (size_t index = 0; index < colors[i].size(); ++index) {
      colors_[i][index] = uint8_t(colors[i][index]);
      colors_[3 + i][index] = uint8_t(colors[i][index] >> 8);
    }
    const int sample = colors[i][0] << c.lsb;
    auto& cold = planes_[c.plane].cold;
    for (size_t byte = c.offset; byte < cold.size(); byte += c.step)
      for (int b = 0; b < format_.sample_bytes(); ++b) cold[byte + b] = uint8_t(sample >> 8 * b);
  }
  change_all();
}

void Renderer::set_blend(Blend blend) {
  blend_ = std::move(blend);
  change_all();
}

Weights Renderer::all_shown() {
  Weights weights;
  weights.fill(255);
  return weights;
}

void Renderer::reserve_weights() {
  for (Plane& plane : planes_)
    if (plane.has_color && !plane.weight) plane.weight = make_aligned<uint8_t>(plane.bytes);
}

void Renderer::set_weights(const Weights& weights) {
  weights_ = weights;
  is_weighted_ = weights != all_shown();
  change_all();
}

void Renderer::erase() {
  std::fill(painted_.begin(), painted_.end(), false);
  change_all();
}

bool Renderer::set_interlaced(bool interlaced) {
  const bool matters = format_.components[1].y_shift == 1;
  return std::exchange(interlaced_, interlaced && matters) != interlaced_;
}

void Renderer::paint_cold(int tile) {
  const Rect rect = grid_.rect(tile);
  for (const Plane& plane : planes_) {
    if (!plane.has_color) continue;
    const ptrdiff_t begin = plane.layout.byte(rect.x);
    for (int y = rect.y; y < rect.bottom(); y += 1 << plane.layout.y_shift)
      std::copy_n(plane.cold.data(), plane.layout.byte_end(rect.right()) - begin,
                  plane.row(plane.color, y) + begin);
    for (int y = rect.y; is_weighted_ && y < rect.bottom(); y += 1 << plane.layout.y_shift)
      std::fill_n(plane.row(plane.weight, y) + begin, plane.layout.byte_end(rect.right()) - begin,
                  0);
  }
  painted_[tile] = true;
}

void Renderer::paint(int tile, const uint8_t* index, const TileGrid::Chunks& chunks) {
  if (!painted_[tile]) paint_cold(tile);
  changed_[tile] = true;
  const Rect rect = grid_.rect(tile);
  const int n = format_.n_components;
  for (int chunk = 0; chunk < TileGrid::kChunks; ++chunk, index += kChunkPixels) {
    const int x = chunk * kChunkWidth;
    if (!chunks[chunk] || x >= rect.width) continue;
    const Rect part{rect.x + x, rect.y, std::min(kChunkWidth, rect.width - x), rect.height};
    alignas(kAlignment) std::array<uint8_t, kChunkPixels> edge;
    const uint8_t* whole = index;
    if (part.width < kChunkWidth || part.height < kChunkHeight) {
      std::copy_n(index, kChunkPixels, edge.begin());
      repeat_edges(edge.data(), part.width, part.height, interlaced_);
      whole = edge.data();
    }
    alignas(kAlignment) std::array<std::array<uint8_t, kChunkPixels>, 6> bytes;
    const auto look_up = kernels::active().look_up;
    const int lsb = format_.components[0].lsb;
    look_up(whole, colors_[0].data(), n, bytes[0].data());
    if (format_.sample_bytes() == 1) {
      put_chunk<uint8_t>(part, {bytes[0].data(), bytes[1].data(), bytes[2].data()}, &Plane::color,
                         lsb);
      if (is_weighted_) put_weights<uint8_t>(part, whole);
      continue;
    }
    look_up(whole, colors_[3].data(), n, bytes[3].data());
    std::array<std::array<uint16_t, kChunkPixels>, 3> words;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < kChunkPixels; ++j)
        words[i][j] = uint16_t(bytes[i][j] | bytes[3 + i][j] << 8);
    put_chunk<uint16_t>(part, {words[0].data(), words[1].data(), words[2].data()}, &Plane::color,
                        lsb);
    if (is_weighted_) put_weights<uint16_t>(part, whole);
  }
}

// Those of a chunk: the same for each component. All of a sample of two bytes counts.
template <typename Sample>
void Renderer::put_weights(const Rect& part, const uint8_t* index) {
  alignas(kAlignment) std::array<uint8_t, kChunkPixels> bytes;
  kernels::active().look_up(index, weights_.data(), 1, bytes.data());
  alignas(kAlignment) std::array<Sample, kChunkPixels> weights;
  for (int i = 0; i < kChunkPixels; ++i)
    weights[i] = sizeof(Sample) == 1 ? Sample(bytes[i]) : Sample(bytes[i] * 257);
  put_chunk<Sample>(part, {weights.data(), weights.data(), weights.data()}, &Plane::weight, 0);
}

// Puts what the components of the chunk that begins with `part` of the picture have for all pixels
// into the planes.
template <typename Sample>
void Renderer::put_chunk(const Rect& part, std::array<const Sample*, 3> rows,
                         AlignedArray<uint8_t> Plane::*planes, int lsb) {
  alignas(kAlignment) static constexpr std::array<Sample, kChunkPixels> kZeros{};
  alignas(kAlignment) std::array<Sample, kChunkPixels> means;
  alignas(kAlignment) std::array<Sample, kChunkPixels> fields;
  std::array<Sample, kChunkPixels> pairs;
  if (const Component& chroma = format_.components[1]; chroma.x_shift) {
    const std::array of{means.data(),
                        means.data() + (kChunkPixels >> (chroma.x_shift + chroma.y_shift))};
    for (int i = 0; i < 2; ++i) {
      if (interlaced_) {
        order_by_fields(rows[1 + i], 1, fields.data());
        rows[1 + i] = fields.data();
      }
      if (chroma.x_shift == 1)
        average(rows[1 + i], 1, chroma.y_shift, of[i]);
      else
        average_fours(rows[1 + i], {part.width, part.height}, 1 << chroma.y_shift, of[i]);
    }
    rows[1] = of[0];
    rows[2] = of[1];
  }
  for (const Plane& plane : planes_) {
    if (!plane.has_color) continue;
    const int height = kChunkHeight >> plane.layout.y_shift;
    std::array<const Sample*, 4> sources;
    for (int i = 0; i < plane.n_sources; ++i) {
      const int source = plane.sources[i];
      sources[i] = source >= 0 ? rows[source] : kZeros.data();
      if (source != kChromaPair) continue;
      const std::array pair{rows[plane.chroma[0]], rows[plane.chroma[1]]};
      interleave(pair.data(), 2, 0,
                 {reinterpret_cast<uint8_t*>(pairs.data()), kChunkWidth * sizeof(Sample)},
                 {kChunkWidth / 2, height});
      sources[i] = pairs.data();
    }
    interleave(sources.data(), plane.n_sources, lsb,
               {plane.row(plane.*planes, part.y) + plane.layout.byte(part.x), plane.stride},
               {plane.chunk_width, height});
  }
}

Size Renderer::drawn_size(const ConstFrameView& in, const FrameView& out) const {
  const Size size = grid_.size();
  return {std::min({size.width, in.size.width, out.size.width}),
          std::min({size.height, in.size.height, out.size.height})};
}

// Draws the tiles of a row from `column` to before `column_end`.
void Renderer::draw_tiles(int plane, const ConstFrameView& in, const FrameView& out, int row,
                          int column, int column_end) const {
  const Plane& p = planes_[plane];
  const PlaneLayout& layout = p.layout;
  const Size size = drawn_size(in, out);
  const int first = layout.row(row * TileGrid::kHeight);
  const int last = layout.row_end(std::min((row + 1) * TileGrid::kHeight, size.height));
  if (first >= last) return;
  kernels::BlendJob job{.picture = {in.row(plane, first), in.stride[plane]},
                        .out = {out.row(plane, first), out.stride[plane]},
                        .bytes = {.width = 0, .height = last - first},
                        .mask = layout.mask,
                        .bits = {format_.components[0].depth, format_.components[0].lsb},
                        .params = blend_.params()};
  int end = int(layout.byte_end(std::min(column_end * TileGrid::kWidth, size.width)));
  const bool is_last = column_end * TileGrid::kWidth >= size.width;
  if (is_last && size.width % layout.width != 0 && layout.cut_mask != layout.mask) {
    end -= layout.step;
    kernels::BlendJob last_group = job;
    last_group.mask = layout.cut_mask;
    blend(p, last_group, row, end, end + layout.step);
  }
  const uint8_t* const painted = &painted_[grid_.index(0, row)];
  const int tile_bytes = int(layout.byte(TileGrid::kWidth));
  for (int begin = column * tile_bytes, next; begin < end; begin = next) {
    int tile = begin / tile_bytes;
    do next = ++tile * tile_bytes;
    while (next < end && painted[tile] == painted[tile - 1]);
    blend(p, job, row, begin, std::min(next, end));
  }
}

// Blends bytes of a row of tiles that are painted alike.
void Renderer::blend(const Plane& plane, kernels::BlendJob job, int row, int begin, int end) const {
  const int column = begin / int(plane.layout.byte(TileGrid::kWidth));
  job.one_color = !painted_[grid_.index(column, row)];
  job.color = job.one_color
                  ? kernels::Rows<const uint8_t>{plane.cold.data(), 0}
                  : kernels::Rows<const uint8_t>{
                        plane.row(plane.color, row * TileGrid::kHeight) + begin, plane.stride};
  job.picture = job.picture.from(begin);
  job.out = job.out.from(begin);
  job.bytes.width = end - begin;
  if (is_weighted_ && job.one_color) {
    copy_picture_rows(job);
    return;
  }
  if (is_weighted_)
    job.weight = {plane.row(plane.weight, row * TileGrid::kHeight) + begin, plane.stride};
  const kernels::Kernels& k = kernels::active();
  (format_.sample_bytes() == 2 ? k.blend_u16 : k.blend_u8)(job);
}

// Alpha passes through.
void Renderer::copy_plane(int plane, const ConstFrameView& in, const FrameView& out, int row,
                          int rows) const {
  if (in.data[plane] == out.data[plane]) return;
  const int top = row * TileGrid::kHeight;
  const int bottom = std::min(top + rows * TileGrid::kHeight, drawn_size(in, out).height);
  const ptrdiff_t bytes = planes_[plane].layout.byte_end(drawn_size(in, out).width);
  for (int y = top; y < bottom; ++y)
    std::memcpy(out.row(plane, y), in.row(plane, y), size_t(bytes));
}

void Renderer::draw(const ConstFrameView& in, const FrameView& out, int row, int rows) const {
  const int end = std::min(row + rows, grid_.rows());
  for (int p = 0; p < format_.n_planes; ++p) {
    if (!planes_[p].has_color) copy_plane(p, in, out, row, rows);
    for (int r = row; planes_[p].has_color && r < end; ++r)
      draw_tiles(p, in, out, r, 0, grid_.columns());
  }
}

void Renderer::draw_changed(const ConstFrameView& in, const FrameView& out, int row) {
  const auto first = changed_.begin() + grid_.index(0, row), last = first + grid_.columns();
  for (auto begin = std::find(first, last, true); begin != last;) {
    const auto end = std::find(begin, last, false);
    for (int p = 0; p < format_.n_planes; ++p)
      if (planes_[p].has_color) draw_tiles(p, in, out, row, int(begin - first), int(end - first));
    std::fill(begin, end, false);
    begin = std::find(end, last, true);
  }
}

size_t Renderer::memory() const {
  size_t bytes = painted_.size() + changed_.size();
  for (const Plane& plane : planes_) bytes += plane.bytes * (plane.weight ? 2 : 1);
  return bytes;
}

}  // namespace motionheat
