// SPDX-License-Identifier: LGPL-2.1-or-later
#include "packing.h"

#include <cstring>

namespace motionheat {
namespace {

// Rows are gone through in pieces of so many pixels, which groups of 1, 2, 3 and 6 pixels fill, and
// which have so many words at most.
constexpr int kPiece = 96;
using Words = std::array<uint16_t, size_t{kPiece} * 4>;

constexpr int kValue = 1023;  // of a sample of a third

uint16_t swapped(uint16_t word) {
  return uint16_t(word << 8 | word >> 8);
}

// The words in `bytes` bytes of a row, one for each sample.
void load_words(Packing packing, const uint8_t* from, size_t bytes, Words& words) {
  if (packing != Packing::kThirds) {
    std::memcpy(words.data(), from, bytes);
    if (packing == Packing::kBigEndian)
      std::transform(words.begin(), words.begin() + bytes / 2, words.begin(), swapped);
    return;
  }
  for (size_t i = 0; i < bytes / 4; ++i) {
    uint32_t word;
    std::memcpy(&word, from + 4 * i, 4);
    for (size_t third = 0; third < 3; ++third) words[3 * i + third] = word >> 10 * third & kValue;
  }
}

// The way back. Two bits of a word of thirds are none of the samples'; they come from `around`.
void store_words(Packing packing, const Words& words, const uint8_t* around, size_t bytes,
                 uint8_t* to) {
  if (packing == Packing::kWords) {
    std::memcpy(to, words.data(), bytes);
    return;
  }
  if (packing == Packing::kBigEndian) {
    for (size_t i = 0; i < bytes / 2; ++i) {
      const uint16_t word = swapped(words[i]);
      std::memcpy(to + 2 * i, &word, 2);
    }
    return;
  }
  for (size_t i = 0; i < bytes / 4; ++i) {
    uint32_t word;
    std::memcpy(&word, around + 4 * i, 4);
    word = (word & ~0x3fffffffu) | words[3 * i] | uint32_t{words[3 * i + 1]} << 10 |
           uint32_t{words[3 * i + 2]} << 20;
    std::memcpy(to + 4 * i, &word, 4);
  }
}

// Components are told by value: what is written could otherwise be a part of them, and no compiler
// would make vectors of the loops.

// What colours of a few bits are in 8 bits: their bits again and again, as GStreamer has it.
uint8_t widened(uint16_t value, int depth) {
  return uint8_t(value << (8 - depth) | value >> (2 * depth - 8));
}

// The nearest colour of a few bits: value * (2^depth - 1) / 255, rounded.
uint16_t narrowed(uint8_t value, int depth) {
  const uint16_t scaled = uint16_t(value * ((1 << depth) - 1) + 128);
  return uint16_t(scaled + (scaled >> 8)) >> 8;
}

// Pixels are of type Word, their components in the planes of type Sample.
template <typename Word, typename Sample>
void unpack_fields(const uint8_t* from, const Component c, Sample* plane, int width) {
  const Word top = Word((1u << c.depth) - 1);
  for (int x = 0; x < width; ++x) {
    Word word;
    std::memcpy(&word, from + x * sizeof word, sizeof word);
    const Word value = word >> c.lsb & top;
    plane[x] = sizeof(Sample) == 1 ? widened(uint16_t(value), c.depth) : Sample(value);
  }
}

template <typename Word, typename Sample>
void pack_fields(const uint8_t* from, const Component c, const Sample* plane, int width,
                 uint8_t* to) {
  const Word bits = Word(((1u << c.depth) - 1) << c.lsb);
  for (int x = 0; x < width; ++x) {
    Word word;
    std::memcpy(&word, from + x * sizeof word, sizeof word);
    const Word value = sizeof(Sample) == 1 ? narrowed(uint8_t(plane[x]), c.depth) : plane[x];
    word = Word((word & Word(~bits)) | value << c.lsb);
    std::memcpy(to + x * sizeof word, &word, sizeof word);
  }
}

// Calls `copy(step)` with the words from one sample to the next, as a constant.
template <typename Copy>
void with_step(const Component& c, Copy copy) {
  switch (c.step / 2) {
    case 1:
      return copy(std::integral_constant<int, 1>());
    case 2:
      return copy(std::integral_constant<int, 2>());
    default:
      return copy(std::integral_constant<int, 4>());
  }
}

PixelFormat planar(const PixelFormat& packed) {
  PixelFormat format = packed;
  format.packing = Packing::kPlain;
  format.n_planes = packed.n_components;
  const bool fields = packed.packing == Packing::kFields;
  for (int i = 0; i < format.n_components; ++i) {
    Component& c = format.components[i];
    c.plane = i;
    c.offset = 0;
    c.depth = std::max(8, c.depth);
    c.lsb = fields ? 0 : c.lsb;
  }
  for (int i = 0; i < format.n_components; ++i) format.components[i].step = format.sample_bytes();
  return format;
}

int samples_of(const Component& c, int width) {
  return (width + (1 << c.x_shift) - 1) >> c.x_shift;
}

uint16_t* words_of(const FrameView& planes, int plane, int y) {
  return reinterpret_cast<uint16_t*>(planes.row(plane, y));
}

void unpack_row_of_fields(const PixelFormat& format, const uint8_t* row, const FrameView& planes,
                          int y, int width) {
  for (int i = 0; i < format.n_components; ++i) {
    const Component& c = format.components[i];
    if (c.step == 2)
      unpack_fields<uint16_t>(row, c, planes.row(i, y), width);
    else
      unpack_fields<uint32_t>(row, c, words_of(planes, i, y), width);
  }
}

void pack_row_of_fields(const PixelFormat& format, const uint8_t* row, const FrameView& planes,
                        int y, int width, uint8_t* to) {
  for (int i = 0; i < format.n_components; ++i) {
    const Component& c = format.components[i];
    const uint8_t* around = i == 0 ? row : to;  // which has the ones before by now
    if (c.step == 2)
      pack_fields<uint16_t>(around, c, planes.row(i, y), width, to);
    else
      pack_fields<uint32_t>(around, c, words_of(planes, i, y), width, to);
  }
}

void unpack_row_of_words(const PixelFormat& format, const uint8_t* row, const FrameView& planes,
                         int y, int width) {
  const PlaneLayout layout = plane_layout(format, 0);
  for (int x = 0; x < width; x += kPiece) {
    const int n = std::min(kPiece, width - x);
    Words words;
    load_words(format.packing, row + layout.byte(x), size_t(layout.byte_end(n)), words);
    for (int i = 0; i < format.n_components; ++i) {
      const Component& c = format.components[i];
      uint16_t* plane = words_of(planes, i, y) + (x >> c.x_shift);
      const uint16_t* first = words.data() + c.offset / 2;
      with_step(c, [=, samples = samples_of(c, n)](auto step) {
        for (int k = 0; k < samples; ++k) plane[k] = first[k * step];
      });
    }
  }
}

void pack_row_of_words(const PixelFormat& format, const uint8_t* row, const FrameView& planes,
                       int y, int width, uint8_t* to) {
  const PlaneLayout layout = plane_layout(format, 0);
  for (int x = 0; x < width; x += kPiece) {
    const int n = std::min(kPiece, width - x);
    const size_t bytes = size_t(layout.byte_end(n));
    const uint8_t* around = row + layout.byte(x);
    Words words;
    load_words(format.packing, around, bytes, words);
    for (int i = 0; i < format.n_components; ++i) {
      const Component& c = format.components[i];
      const uint16_t* plane = words_of(planes, i, y) + (x >> c.x_shift);
      uint16_t* first = words.data() + c.offset / 2;
      with_step(c, [=, samples = samples_of(c, n)](auto step) {
        for (int k = 0; k < samples; ++k) first[k * step] = plane[k];
      });
    }
    store_words(format.packing, words, around, bytes, to + layout.byte(x));
  }
}

}  // namespace

UnpackedPicture::UnpackedPicture(const PixelFormat& format, Size size)
    : packed_(format), planar_(planar(format)), size_(size) {
  for (int i = 0; i < planar_.n_components; ++i) {
    const Component& c = planar_.components[i];
    begin_[i] = bytes_;
    stride_[i] = aligned_stride(size_t(samples_of(c, size.width)) * c.step);
    bytes_ += stride_[i] * size.height;
  }
  planes_ = make_aligned<uint8_t>(bytes_);
}

FrameView UnpackedPicture::view(Size size) const {
  FrameView view({std::min(size.width, size_.width), std::min(size.height, size_.height)});
  for (int i = 0; i < planar_.n_planes; ++i) {
    view.data[i] = planes_.get() + begin_[i];
    view.stride[i] = ptrdiff_t(stride_[i]);
  }
  return view;
}

void UnpackedPicture::unpack(const ConstFrameView& from, int top, int bottom) const {
  const FrameView planes = view(from.size);
  const int width = planes.size.width;
  for (int y = top; y < std::min(bottom, planes.size.height); ++y) {
    if (packed_.packing == Packing::kFields)
      unpack_row_of_fields(packed_, from.row(0, y), planes, y, width);
    else
      unpack_row_of_words(packed_, from.row(0, y), planes, y, width);
  }
}

void UnpackedPicture::pack(const ConstFrameView& from, const FrameView& to, int top,
                           int bottom) const {
  const FrameView planes = view(from.size);
  const int width = std::min(planes.size.width, to.size.width);
  for (int y = top; y < std::min({bottom, planes.size.height, to.size.height}); ++y) {
    if (packed_.packing == Packing::kFields)
      pack_row_of_fields(packed_, from.row(0, y), planes, y, width, to.row(0, y));
    else
      pack_row_of_words(packed_, from.row(0, y), planes, y, width, to.row(0, y));
  }
}

}  // namespace motionheat
