// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>

// Row kernels: the loops over pixels in which the time goes. They know nothing of tiles or
// formats, read and write exactly `n` elements, and may be given unaligned rows.
namespace motionheat::kernels {

/// How `blend` joins a picture sample p and a colour sample c.
struct BlendParams {
  enum class Method {
    kPicture,  // p
    kColor,    // c
    kFixed,    // (((p * picture) >> 8) + ((c * color) >> 8) + bias) >> 8, weights in 1/65536
    kFloat,    // p * picture_f + c * color_f, fused, rounded half to even
    kTable,    // table[p * 256 + c]
  };
  Method method = Method::kPicture;
  uint16_t picture = 0;
  uint16_t color = 0;
  uint16_t bias = 0;
  float picture_f = 0;
  float color_f = 0;
  const uint8_t* table = nullptr;
};

/// Byte positions of the three colours in a packed RGB pixel of `step` (3 or 4) bytes.
struct RgbOrder {
  int step;
  int r;
  int g;
  int b;
};

/// What `accumulate` saw; it adds to what is there, so that rows of a tile share one.
struct Accumulated {
  uint32_t moved = 0;    // pixels that moved
  uint16_t max = 0;      // highest low word written
  bool carried = false;  // the low word of a pixel that moved wrapped
};

struct Kernels {
  const char* name;

  /// mask = |current - previous| > threshold ? 0xff : 0, previous = current. True if any moved.
  bool (*difference_u8)(const uint8_t* current, uint8_t* previous, uint8_t* mask, size_t n,
                        uint8_t threshold);
  /// The same for samples of 16 bits, of which those in `bits` count.
  bool (*difference_u16)(const uint8_t* current, uint16_t* previous, uint8_t* mask, size_t n,
                         uint16_t threshold, uint16_t bits);
  /// The same for packed RGB: OpenCV's 8-bit grey of the absolute difference of each colour.
  /// `previous` is packed as `current` is.
  bool (*difference_rgb)(const uint8_t* current, uint8_t* previous, uint8_t* mask, size_t n,
                         RgbOrder order, uint8_t threshold);
  /// Copies every `step`th byte, `n` of them.
  void (*gather_u8)(const uint8_t* src, int step, uint8_t* dst, size_t n);
  /// low += increment where mask is 0xff; the sum wraps, and says so.
  void (*accumulate)(const uint8_t* mask, uint16_t* low, size_t n, uint16_t increment,
                     Accumulated* result);
  /// index = trunc(float(low) / max * 255). True if any index became another.
  bool (*index_linear)(const uint16_t* low, uint8_t* index, size_t n, float max);
  /// dst = blend of src and color where byte `i % 4` of `mask` is 0xff, else src. `dst` may be
  /// `src`.
  void (*blend_u8)(const uint8_t* src, const uint8_t* color, uint8_t* dst, size_t n,
                   const BlendParams& params, const uint8_t mask[4]);
};

/// The scalar twins: what every other set must equal bit for bit.
extern const Kernels scalar;

/// The set this machine runs.
const Kernels& active();

}  // namespace motionheat::kernels
