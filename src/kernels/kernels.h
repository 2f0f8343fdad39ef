// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The loops over pixels in which the time goes. They know nothing of tiles or formats, read and
// write exactly the elements they are told to, and may be given unaligned rows.
namespace motionheat::kernels {

/// Rows of elements, `stride` bytes apart. A stride of 0 repeats a row.
template <typename T>
struct Rows {
  T* data;
  ptrdiff_t stride;

  T* operator[](int y) const {
    using Byte = std::conditional_t<std::is_const_v<T>, const uint8_t, uint8_t>;
    return reinterpret_cast<T*>(reinterpret_cast<Byte*>(data) + stride * y);
  }
  Rows from(ptrdiff_t x) const { return {data + x, stride}; }
  operator Rows<const T>() const { return {data, stride}; }
};

/// Elements in a row, and rows.
struct Extent {
  int width;
  int height;
};

/// Changes of a row are tracked by chunks of so many elements, with a flag for each.
inline constexpr int kChunk = 32;

/// How `blend_u8` joins a picture sample p and a colour sample c.
struct BlendParams {
  enum class Method {
    kPicture,   // p
    kColor,     // c
    kFixed,     // (((p * picture) >> 8) + ((c * color) >> 8) + bias) >> 8, weights in 1/65536
    kSeparate,  // float32 p * picture_f + c * color_f, each step rounded; then half to even
    kFused,     // the same, but the last product and the sum rounded once
    kTable,     // table[p * 256 + c]
  };
  Method method = Method::kPicture;
  uint16_t picture = 0;
  uint16_t color = 0;
  uint16_t bias = 0;
  float picture_f = 0;
  float color_f = 0;
  const uint8_t* table = nullptr;
};

/// Where in a sample of 16 bits the value lies.
struct SampleBits {
  int depth;  // 9..16
  int lsb;    // depth + lsb <= 16
};

/// Byte positions of the three colours in a packed RGB pixel of `step` (3 or 4) bytes.
struct RgbOrder {
  int step;
  int r;
  int g;
  int b;
};

/// What `accumulate` saw.
struct Accumulated {
  uint32_t moved = 0;    // pixels that moved
  uint16_t max = 0;      // highest low word
  bool carried = false;  // the low word of a pixel that moved wrapped
};

struct Kernels {
  const char* name;

  /// mask = |current - previous| > threshold ? 0xff : 0, previous = current. Of each `segment`
  /// columns, the first ones first, sets a byte of `moved` if any pixel moved, and else leaves it.
  void (*difference_u8)(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                        Extent extent, uint8_t threshold, uint8_t* moved, int segment);
  /// The same for samples of 16 bits, of which those set in `bits` count.
  void (*difference_u16)(Rows<const uint8_t> current, Rows<uint16_t> previous, Rows<uint8_t> mask,
                         Extent extent, uint16_t threshold, uint16_t bits, uint8_t* moved,
                         int segment);
  /// The same for packed RGB: OpenCV's 8-bit grey of the absolute difference of each colour. The
  /// extent is in pixels; `previous` is packed as `current` is.
  void (*difference_rgb)(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> mask,
                         Extent extent, RgbOrder order, uint8_t threshold, uint8_t* moved,
                         int segment);
  /// Copies every `step`th byte (2 or 4), `extent.width` of them a row.
  void (*gather_u8)(Rows<const uint8_t> src, int step, Rows<uint8_t> dst, Extent extent);
  /// low += increment where mask is 0xff; a sum may wrap. Sets the flag of each chunk in which any
  /// pixel moved, and leaves the others.
  Accumulated (*accumulate)(Rows<const uint8_t> mask, Rows<uint16_t> low, Extent extent,
                            uint16_t increment, Rows<uint8_t> moved);
  /// index = min(255, trunc(float(count) / full * 255)) in chunks whose flag is set, in float32.
  /// With a `curve` of 65,536 entries it is curve[min(65535, trunc(float(count) / full * 65535))]
  /// instead; entry 0 must be 0. Where a count is 0 the index must already be 0. Clears the flags
  /// of chunks in which no index became another; true if any flag is left.
  bool (*index_u16)(Rows<const uint16_t> low, Rows<uint8_t> index, Extent extent, float full,
                    const uint8_t* curve, Rows<uint8_t> flags);
  /// The same for counts of two words, high * 65536 + low below 2^47: the quotient is one of
  /// float64, rounded to float32.
  bool (*index_u48)(Rows<const uint16_t> low, Rows<const uint32_t> high, Rows<uint8_t> index,
                    Extent extent, double full, const uint8_t* curve, Rows<uint8_t> flags);
  /// dst = blend of src and color where byte `x % 4` of `mask` is 0xff, else src. `dst` may be
  /// `src`.
  void (*blend_u8)(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                   Extent extent, const BlendParams& params, const uint8_t mask[4]);
  /// The same for values of `bits` in samples of two bytes, `extent.width` of them a row, blended
  /// with the integer weights: with p and c moved to the top of 16 bits
  /// ((p * picture) >> 16) + ((c * color) >> 16), rounded. Bits that hold no value pass through.
  void (*blend_u16)(Rows<const uint8_t> src, Rows<const uint8_t> color, Rows<uint8_t> dst,
                    Extent extent, const BlendParams& params, SampleBits bits);
};

/// The scalar twins: what every other set must equal bit for bit.
extern const Kernels scalar;

/// Every set that this machine can run, the fastest first; the scalar one is last.
std::span<const Kernels* const> available();

/// The set in use: the fastest, or if the environment variable MOTIONHEATMAP_MAX_TARGET names one
/// ("AVX2", "SSE4", "scalar"), the fastest from that on.
const Kernels& active();

}  // namespace motionheat::kernels
