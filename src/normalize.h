// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "heat_map.h"
#include "kernels/kernels.h"

namespace motionheat {

/// What the hottest colour stands for.
enum class Normalization {
  kMax,         // the count of the hottest pixel
  kPercentile,  // a percentile of the counts of all pixels that have heat
  kFixed,       // a number of events
};

using kernels::Curve;

/// How the scale follows the heat.
struct ScaleSettings {
  Normalization normalization = Normalization::kMax;
  double percentile = 99.5;  // 0..100, for kPercentile
  double full_scale = 300;   // events, for kFixed
  Curve curve = Curve::kLinear;
  bool fades = false;  // heat gets older

  bool operator==(const ScaleSettings&) const = default;
};

/// Step 4: counts -> index 0..255. The count `full` and those above it have 255, a pixel without
/// heat 0. On the linear curve `trunc(float32(count / full) * 255)`, a float32 quotient and a
/// float32 product; on the others as kernels::on_curve says.
class Scale {
 public:
  Scale() = default;
  /// `full` in counts; below 2^24 it is rounded to float32. 0 gives index 0 everywhere.
  explicit Scale(double full, Curve curve = Curve::kLinear);

  bool operator==(const Scale& other) const {
    return full_ == other.full_ && curve_ == other.curve_;
  }
  double full() const { return full_; }
  Curve curve() const { return curve_; }
  /// Whether this is `before` grown, so that indices made with `before` that are valid up to this
  /// still hold.
  bool only_grew_since(const Scale& before) const {
    return full_ >= before.full_ && before.full_ > 0 && curve_ == before.curve_;
  }

  /// The index of one count.
  uint8_t index(uint64_t count) const;

  /// For each chunk of a tile the highest `full` up to which its indices stay, if its counts do.
  using ValidUpTo = TileGrid::PerChunk<float>;

  /// Brings the indices of a tile that is not cold up to date in the chunks whose flag is set.
  /// Clears the flags of chunks in which no index became another; true if any is left. Sets up to
  /// what the chunks that were flagged are valid.
  bool index_tile(const HeatMap& heat, int tile, uint8_t* index, TileGrid::Chunks& flags,
                  ValidUpTo& valid_up_to) const;

 private:
  bool is_small_integer() const;

  double full_ = 0;
  Curve curve_ = Curve::kLinear;
};

/// A scale in steps of 2^(1/128), no more than 2^(1/256) off: an index is by no more than 0.69 then,
/// and one that changes a little with every frame stays for many.
double in_steps(double full);

/// Finds percentiles of counts.
class Percentile {
 public:
  /// Has the memory that `of` takes at hand, so that it does not fail. Throws std::bad_alloc.
  void prepare() { histogram_.reserve(kBins); }

  /// The smallest count that at least `percent` % (0..100) of the pixels with heat do not exceed; 0
  /// while there is no heat. Counts above 65,535 are told apart to 2^-8 of themselves.
  double of(const HeatMap& heat, double percent);

 private:
  // One for each count of a low word, and 256 for each power of two above.
  static constexpr int kBins = 65536 + 32 * 256;
  using Bin = std::array<uint32_t, 2>;  // pixels in odd places are counted apart

  void add_low_words(const uint16_t* low);

  std::vector<Bin> histogram_;  // kept, so that no frame allocates
};

/// Chooses the scale of a frame.
class Normalizer {
 public:
  /// Has the memory at hand that `scale` takes. Throws std::bad_alloc.
  void prepare(const ScaleSettings& settings) {
    if (settings.normalization == Normalization::kPercentile) percentile_.prepare();
  }
  /// Settings or the whole heat became others.
  void restart() { percentile_due_ = 0; }

  /// Whether the percentile is taken anew with the frame number `frames`: all of its motion must be
  /// counted before the scale is known.
  bool takes_percentile(const ScaleSettings& settings, uint64_t frames) const {
    return settings.normalization == Normalization::kPercentile &&
           (frames >= percentile_due_ || percentile_events_ == 0);
  }

  /// The scale for the heat of frame number `frames`.
  Scale scale(const HeatMap& heat, const ScaleSettings& settings, uint64_t frames);

 private:
  double full_counts(const HeatMap& heat, const ScaleSettings& settings, uint64_t frames);

  Percentile percentile_;
  double percentile_events_ = 0;  // what it was when last taken
  uint64_t percentile_due_ = 0;   // the number of frames at which it is taken anew
};

}  // namespace motionheat
