// SPDX-License-Identifier: LGPL-2.1-or-later
#include "normalize.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace motionheat {
namespace {

// A quotient below 2^24 in float32 needs a divisor that float32 holds.
constexpr double kFloatLimit = 1 << 24;
// A percentile takes a pass over all the heat: it is taken anew every so many frames.
constexpr uint64_t kPercentileFrames = 16;
}  // namespace

Scale::Scale(double full, Curve curve)
    : full_(full < kFloatLimit ? double(float(full)) : full), curve_(curve) {}

uint8_t Scale::index(uint64_t count) const {
  if (full_ == 0) return 0;
  // Rounding the float64 quotient of two numbers that float32 holds to float32 gives the float32
  // quotient (Figueroa 1995: 53 >= 2 * 24 + 2), and beyond it keeps the exact counts.
  const float quotient = float(double(count) / full_);
  return uint8_t(std::min(255.0f, kernels::on_curve(quotient, curve_)));
}

// All is integers then.
bool Scale::is_small_integer() const {
  return curve_ == Curve::kLinear && full_ >= 1 && full_ <= kernels::kMaxSmallFull &&
         full_ == std::trunc(full_);
}

bool Scale::index_tile(const HeatMap& heat, int tile, uint8_t* index, TileGrid::Chunks& flags,
                       ValidUpTo& valid_up_to) const {
  if (full_ == 0) return false;
  const kernels::Kernels& k = kernels::active();
  const uint16_t* const low = heat.low(tile);
  const uint32_t* high = heat.high(tile);
  if (!high && is_small_integer())
    return k.index_small(low, index, TileGrid::kChunks, uint16_t(full_), flags.data(),
                         valid_up_to.data());
  // Low words are exact in float32, and so must be the divisor.
  if (!high && full_ < kFloatLimit)
    return k.index_u16(low, index, TileGrid::kChunks, float(full_), curve_, flags.data(),
                       valid_up_to.data());
  if (full_ < kFloatLimit && double(heat.tile_max(tile)) < kFloatLimit)
    return k.index_u24(low, high, index, TileGrid::kChunks, float(full_), curve_, flags.data(),
                       valid_up_to.data());
  static const std::array<uint32_t, TileGrid::kPixels> kNone{};
  return k.index_u48(low, high ? high : kNone.data(), index, TileGrid::kChunks, full_, curve_,
                     flags.data(), valid_up_to.data());
}

double in_steps(double full) {
  constexpr double kSteps = 128;  // to a power of two
  return full > 0 ? std::exp2(std::round(std::log2(full) * kSteps) / kSteps) : full;
}

// Most counts are none at all, and neighbours are often equal: to count one in the same place right
// after the other would wait for memory.
void Percentile::add_low_words(const uint16_t* low) {
  for (size_t i = 0; i < TileGrid::kPixels; i += 4) {
    uint64_t four;
    std::memcpy(&four, low + i, sizeof four);
    if (four == 0) continue;
    for (size_t j = i; j < i + 4; ++j) ++histogram_[low[j]][j % 2];
  }
}

double Percentile::of(const HeatMap& heat, double percent) {
  if (heat.max() == 0) return 0;
  const auto bin_of = [](uint64_t count) {
    if (count < 65536) return int(count);
    const int power = std::bit_width(count) - 1;
    return 65536 + (power - 16) * 256 + int(count >> (power - 8) & 255);
  };
  const auto count_of = [](int bin) {
    if (bin < 65536) return double(bin);
    const int power = (bin - 65536) / 256 + 16;
    return std::ldexp(256 + (bin - 65536) % 256, power - 8);
  };
  histogram_.assign(kBins, {});
  for (int tile = 0; tile < heat.grid().count(); ++tile) {
    if (heat.is_cold(tile)) continue;
    if (heat.high(tile))
      heat.visit(tile, [&](int, int, uint64_t count) { ++histogram_[bin_of(count)][0]; });
    else
      add_low_words(heat.low(tile));
  }
  histogram_[0] = {};  // no heat
  uint64_t hot = 0;
  for (const Bin& bin : histogram_) hot += uint64_t{bin[0]} + bin[1];
  const uint64_t rank = uint64_t(std::ceil(double(hot) * percent / 100));
  uint64_t below = 0;
  for (int i = 1; i < kBins; ++i) {
    below += uint64_t{histogram_[i][0]} + histogram_[i][1];
    if (below > 0 && below >= rank) return count_of(i);
  }
  return 0;
}

// The count that index 255 stands for.
double Normalizer::full_counts(const HeatMap& heat, const ScaleSettings& settings,
                               uint64_t frames) {
  const double unit = heat.unit();
  switch (settings.normalization) {
    case Normalization::kMax:
      break;
    case Normalization::kPercentile:
      if (takes_percentile(settings, frames)) {
        percentile_events_ = percentile_.of(heat, settings.percentile) / unit;
        percentile_due_ = frames + (frames < kPercentileFrames ? 1 : kPercentileFrames);
      }
      return percentile_events_ * unit;
    case Normalization::kFixed:
      return settings.full_scale * unit;
  }
  // While there is no heat only a first event can need a scale.
  return double(heat.max() > 0 ? heat.max() : heat.increment());
}

Scale Normalizer::scale(const HeatMap& heat, const ScaleSettings& settings, uint64_t frames) {
  double full = full_counts(heat, settings, frames);
  // As heat fades every index changes a little with every frame.
  if (settings.fades && settings.normalization != Normalization::kMax) full = in_steps(full);
  return Scale(full, settings.curve);
}

}  // namespace motionheat
