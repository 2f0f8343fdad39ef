// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

// The loops over pixels in which the time goes. They know nothing of pictures or formats, read and
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
  /// What begins `x` elements, or `y` rows, further on.
  Rows from(ptrdiff_t x) const { return {data + x, stride}; }
  Rows down(int y) const { return {(*this)[y], stride}; }
  operator Rows<const T>() const { return {data, stride}; }
};

/// Elements in a row, and rows.
struct Extent {
  int width;
  int height;
};

/// Counts and indices lie chunk by chunk: so many pixels wide and high, row after row. Changes are
/// tracked by a flag for each.
inline constexpr int kChunkWidth = 32;
inline constexpr int kChunkHeight = 8;
inline constexpr int kChunkPixels = kChunkWidth * kChunkHeight;

/// How a picture sample p and a colour sample c are joined.
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
  int depth;  // 9..14, or 16
  int lsb;    // depth + lsb <= 16
};

/// Rows of a picture, the colours they are blended with and where the result goes.
struct BlendJob {
  /// Three times the longest vector: after so many bytes a row of one colour repeats itself,
  /// whether a pixel has 1, 2, 3 or 4 bytes.
  static constexpr int kPeriod = 3 * 64;

  Rows<const uint8_t> picture;
  Rows<uint8_t> out;  // may be `picture`
  Rows<const uint8_t> color;
  /// All pixels have the same colour: `color` has but 2 * kPeriod bytes, which are every row's.
  bool one_color;
  /// How much of what is blended is shown, of each sample from nothing to all that its type holds:
  /// 0 leaves the picture as it is. Without data all is shown. Not with one colour.
  Rows<const uint8_t> weight{nullptr, 0};
  Extent bytes;
  /// Byte x of a row is blended if byte x % 4 of this is 0xff, else only copied.
  std::array<uint8_t, 4> mask;
  SampleBits bits;  // of samples of two bytes
  BlendParams params;
};

/// Byte positions of the three colours in a packed RGB pixel of `step` (3 or 4) bytes.
struct RgbOrder {
  int step;
  int r;
  int g;
  int b;
};

/// Rows of the planes that red, green and blue have in this order.
struct RgbPlanes {
  std::array<Rows<const uint8_t>, 3> current;
  std::array<Rows<uint8_t>, 3> previous;
};

/// Byte position of luma in a packed pixel of `step` (1, 2 or 4) bytes.
struct LumaPlace {
  int step;
  int offset;
};

/// A block of 16 by 16 bytes has a sum that 16 bits hold.
inline constexpr int kMaxScale = 16;

/// Byte positions of the `n` samples that are looked at in a pixel of `step` (1 to 4) bytes.
struct SamplePlaces {
  int step;
  int n;
  std::array<int, 3> offsets;
};

/// How the index grows with heat, q = count / full.
enum class Curve {
  kLinear,  // q
  kSqrt,    // sqrt(q)
  kLog,     // ln(1 + 255 q) / ln(256)
};

/// log2(1 + t), for t in 0..1, is t times this polynomial to within 2.3e-6; at 0 and 1 it is exact.
/// The coefficients, of t^0 on, are those of the least greatest error.
inline constexpr std::array<float, 6> kLog2 = {0x1.714aa0p+0f,  -0x1.6fb0bcp-1f, 0x1.d487c6p-2f,
                                               -0x1.1c9334p-2f, 0x1.f2e254p-4f,  -0x1.a762d8p-6f};

/// A quotient on a curve from 0 to 255, each step in float32: the index is what is whole of it. A
/// logarithm is exact to within 1e-4, and at 0 and 1.
inline float on_curve(float quotient, Curve curve) {
  if (curve == Curve::kLinear) return quotient * 255.0f;
  if (curve == Curve::kSqrt) return std::sqrt(quotient) * 255.0f;
  const float x = 1.0f + 255.0f * quotient;
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const float t = std::bit_cast<float>((bits & 0x7fffff) | 0x3f800000) - 1.0f;
  float log2 = kLog2.back();
  for (size_t i = kLog2.size() - 1; i-- > 0;) log2 = log2 * t + kLog2[i];
  return (log2 * t + (float(bits >> 23) - 127.0f)) * (255.0f / 8);
}

/// The highest count, of a low word of 16 bits and a high one of 31.
inline constexpr int kCountBits = 47;
inline constexpr uint64_t kMaxCount = (uint64_t{1} << kCountBits) - 1;

/// What `accumulate` saw.
struct Accumulated {
  uint32_t moved = 0;  // pixels that moved
  uint16_t max = 0;    // highest low word in the rows of chunks in which any did
};

/// What the indices of a chunk that has none but 0 lack to the next one.
inline constexpr float kFarAbove = 1e30f;

/// The highest `full` up to which indices stay: see `Kernels::index_u16`. `most` is the highest of
/// them, and each other than 0 is exceeded by `least` or more on its curve. Then `full` may grow by
/// the factor that brings the curve down by as much:
/// - linear: (most + least) / most;
/// - square root: the square of that;
/// - logarithm: 1 + 255 q by 2^(8 least / 255) >= 1 + 0.0217 least, and q itself by more: the part
///   above 1 is times 1 + 1 / (255 q), where 1 + 255 q = 2^(8 most / 255) is no more than on the
///   chord between two powers of two.
inline float valid_up_to(double full, Curve curve, float least, float most) {
  if (most == 0) return std::numeric_limits<float>::infinity();
  float room = least / most;
  if (curve == Curve::kSqrt) room *= 2 + room;
  if (curve == Curve::kLog) {
    const int power = int(most * (8.0f / 255));
    const float x = float(1 << power) * (1 + most * (8.0f / 255) - float(power));
    room = std::max(0.0f, least - 2e-4f) * 0.0217f * (x / (x - 1)) * (1 - 0x1p-18f);
  }
  // Lower by more than float32 may have rounded up, but not below what it was made with.
  const float exact = float(full);
  const float limit = exact * (1 + room) * (1 - 0x1p-20f);
  return exact == full ? std::max(limit, exact) : limit;
}

/// Up to this `full` an index is floor(255 count / full). Of count <= full the two roundings, of
/// the quotient and of its product with 255, change less than 255 * 2^-23 < 1 / full, so that only
/// a product that is whole could be truncated to one less; there the quotient is v / 255, and of
/// all these the product is v.
inline constexpr int kMaxSmallFull = (1 << 15) - 1;

/// In which rows anything moved: a bit for each kChunkHeight of them, the first ones lowest. There
/// are no more than 32 such bits.
using MovedRows = uint32_t;

/// A value between pixels is a weighted sum of so many of them, in units of 1 / 2^kTapBits. The
/// weights' absolute values add up to twice that at most, so that 16 bits hold every sum.
inline constexpr int kTaps = 6;
inline constexpr int kTapBits = 6;
using TapRows = std::array<const uint8_t*, kTaps>;
using TapWeights = std::array<int16_t, kTaps>;

struct Kernels {
  const char* name;

  /// Sets a bit of `moved` for each pixel, eight a byte and the first one lowest:
  /// |current - previous| > threshold, of the luma that each pixel of `current`, of 1, 2 or 4
  /// bytes, has at `place` and of `previous`, luma alone. The last byte of a row is filled with
  /// zeros. Then previous = current. The extent is in pixels.
  MovedRows (*compare_u8)(Rows<const uint8_t> current, LumaPlace place, Rows<uint8_t> previous,
                          Rows<uint8_t> moved, Extent extent, uint8_t threshold);
  /// The same for luma of 16 bits, of which those set in `bits` count; all are remembered.
  MovedRows (*compare_u16)(Rows<const uint8_t> current, Rows<uint16_t> previous,
                           Rows<uint8_t> moved, Extent extent, uint16_t threshold, uint16_t bits);
  /// The same for packed RGB: OpenCV's 8-bit grey of the absolute difference of each colour.
  /// `previous` is packed as `current` is.
  MovedRows (*compare_rgb)(Rows<const uint8_t> current, Rows<uint8_t> previous, Rows<uint8_t> moved,
                           Extent extent, RgbOrder order, uint8_t threshold);
  /// The same for RGB in planes, of samples of one byte or, with the same weights, of two; those
  /// set in `bits` count.
  MovedRows (*compare_planes_u8)(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                                 uint16_t threshold, uint16_t bits);
  MovedRows (*compare_planes_u16)(const RgbPlanes& planes, Rows<uint8_t> moved, Extent extent,
                                  uint16_t threshold, uint16_t bits);
  /// The means of a row of cells, halves rounded up, of each sample that pixels have at `places`:
  /// of `scale` (1 to kMaxScale) columns and as many rows as there are, at most `scale`. The last
  /// cell has the columns that are left.
  void (*shrink_u8)(Rows<const uint8_t> pixels, const SamplePlaces& places, Extent extent,
                    int scale, uint8_t* const* means);
  /// The same for samples of two bytes and nothing between them; so are the means.
  void (*shrink_u16)(Rows<const uint8_t> samples, Extent extent, int scale, uint8_t* means);
  /// Puts the bytes of `n` (1 to 4) sources side by side. Each has `extent.width` bytes a row, a
  /// multiple of 16 and nothing between rows.
  void (*interleave_u8)(const uint8_t* const* sources, int n, Rows<uint8_t> dst, Extent extent);
  /// The mean of each two values of a row of a chunk or, with `two_rows`, of each two by two,
  /// halves rounded up. Half as many a row, and nothing between rows. So for `chunks` chunks, one
  /// after the other.
  void (*average_u8)(const uint8_t* values, int chunks, bool two_rows, uint8_t* means);
  /// low += increment where the bit of a pixel is set, as `compare_u8` sets it; a sum may wrap.
  /// The bits are those of `chunks` chunks beside each other, of which `rows` rows count. Sets the
  /// flag of each chunk in which any pixel moved, and leaves the others.
  Accumulated (*accumulate)(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low,
                            uint16_t increment, uint8_t* flags);
  /// After `accumulate` of the same where sums may have wrapped: high += 1 where the bit is set and
  /// low < increment. A count of both words that exceeds kMaxCount becomes that. The highest count
  /// of the rows of chunks in which any moved; 0 if none did.
  uint64_t (*carry)(Rows<const uint8_t> moved, int rows, int chunks, uint16_t* low, uint32_t* high,
                    uint16_t increment);
  /// index = min(255, trunc(on_curve(float(count) / full))) in chunks whose flag is set. Clears the
  /// flags of chunks in which no index became another; true if any flag is left. For a chunk that
  /// had its flag set `valid_up_to` becomes the highest `full` known to give the same indices as
  /// long as its counts stay: on the linear curve a count of 7 of 10 has index 178, and keeps it
  /// until `full` exceeds 255 * 7 / 178 = 10.03.
  bool (*index_u16)(const uint16_t* low, uint8_t* index, int chunks, float full, Curve curve,
                    uint8_t* flags, float* valid_up_to);
  /// The same on the linear curve for a whole `full` from 1 to kMaxSmallFull, in integers.
  bool (*index_small)(const uint16_t* low, uint8_t* index, int chunks, uint16_t full,
                      uint8_t* flags, float* valid_up_to);
  /// The same for counts of two words, high * 65536 + low, below 2^24.
  bool (*index_u24)(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks,
                    float full, Curve curve, uint8_t* flags, float* valid_up_to);
  /// The same for counts below 2^47, and a `full` that float32 need not hold: the quotient is one
  /// of float64, rounded to float32.
  bool (*index_u48)(const uint16_t* low, const uint32_t* high, uint8_t* index, int chunks,
                    double full, Curve curve, uint8_t* flags, float* valid_up_to);
  /// index = min(255, trunc(on_curve(heat / full))) of `n` values, in float32.
  void (*index_f32)(const float* heat, int n, float full, Curve curve, uint8_t* index);
  /// Looks the indices of a chunk up in tables of 256 bytes, 1 or 3 of them one after the other in
  /// `tables`; as many values of the first one, then of the next.
  void (*look_up)(const uint8_t* index, const uint8_t* tables, int n_tables, uint8_t* values);
  /// Blends samples of one byte. With weights the result is (p (255 - w) + joined w) / 255,
  /// rounded.
  void (*blend_u8)(const BlendJob& job);
  /// Blends samples of two bytes. Their values are blended with the integer weights: with p and c
  /// moved to the top of 16 bits ((p * picture) >> 16) + ((c * color) >> 16), rounded. Where values
  /// fill all 16 bits, (p * picture + c * color) >> 16 is what is rounded: nothing below would take
  /// up what is cut off twice. Bits that hold no value pass through. There is no mask. With weights
  /// the result is (p (65535 - w) >> 16) + (joined w >> 16) + 1, of values where they lie, but
  /// joined where w is 65535, and p where it is 0.
  void (*blend_u16)(const BlendJob& job);
  /// mean += (sample - mean) * weight, in float32 and each step rounded, for `n` samples of one
  /// byte or of two. What is shown is the mean rounded half to even.
  void (*running_mean_u8)(const uint8_t* samples, float* means, uint8_t* shown, int n,
                          float weight);
  void (*running_mean_u16)(const uint8_t* samples, float* means, uint8_t* shown, int n,
                           float weight);
  /// The weighted sums of `kTaps` rows of samples, rounded and limited to what a byte holds, and of
  /// those `stride` bytes further on for the next row of sums. The rows may overlap each other, but
  /// not the sums.
  void (*filter_u8)(const TapRows& taps, ptrdiff_t stride, const TapWeights& weights,
                    Rows<uint8_t> sums, Extent extent);
};

/// The scalar twins: what every other set must equal bit for bit.
extern const Kernels scalar;

/// Every set that this machine can run, the fastest first; the scalar one is last.
std::span<const Kernels* const> available();

/// The set in use: the fastest, or if the environment variable MOTIONHEATMAP_MAX_TARGET names one
/// ("AVX3", "AVX2", "SSE4", "scalar"), the fastest from that on.
const Kernels& active();

}  // namespace motionheat::kernels
