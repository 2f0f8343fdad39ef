// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "analysis_scale.h"
#include "background.h"
#include "color_map.h"
#include "detector.h"
#include "difference.h"
#include "gray_levels.h"
#include "heat_map.h"
#include "normalize.h"
#include "packing.h"
#include "render.h"

namespace motionheat {

/// What the frames of a stream are.
struct StreamFormat {
  PixelFormat format;
  ColorSpace color;
  Size size;

  bool operator==(const StreamFormat&) const = default;
};

enum class Output {
  kOverlay,  // the picture with the heat blended onto it
  kHeatmap,  // the coloured map alone
};

/// What may change between any two frames.
struct Settings {
  int threshold = 25;  // 0..255, grey difference above which a pixel moved
  // In grey of more than 8 bits: the levels that 0 and 255 stand for, in the difference and in the
  // colours. None are what the stream's colorimetry says; automatic ones are the stream's own.
  std::optional<GrayLevels> gray_levels;
  bool auto_gray_levels = false;
  Detector detector = Detector::kDifference;
  int analysis_scale = 1;  // the picture is analysed at 1/so much of its size in each direction
  int colormap = 2;        // cv::ColormapTypes
  double opacity = 0.4;    // 0..1, weight of the colour
  Output output = Output::kOverlay;
  Background background = Background::kLive;
  Normalization normalization = Normalization::kMax;
  double percentile = 99.5;  // 0..100, for kPercentile
  double full_scale = 300;   // events, for kFixed
  Curve curve = Curve::kLinear;
  double half_life = 0;  // seconds in which heat halves, 0 = never forgets
  int n_threads = 1;     // 0 = one per core; the result does not depend on it

  bool operator==(const Settings&) const = default;
};

/// The state of the map in figures.
struct Report {
  uint64_t frames = 0;     // frames analysed, the first one included
  uint64_t skipped = 0;    // frames not counted
  uint64_t repeated = 0;   // frames with nothing new in them
  Size size;               // of the analysis
  double max = 0;          // events of the hottest pixel
  double full_scale = 0;   // events that index 255 stands for
  double motion = 0;       // 0..1, share of the pixels that moved: the mean of the frames analysed
                           //   in this period, 0 if there are none
  double motion_peak = 0;  // 0..1, the highest share of them
  double coverage = 0;     // 0..1, share of the pixels with any heat
  double hot_x = 0;        // 0..1, centre of the hottest pixel (the first in reading order);
  double hot_y = 0;        //   0 while there is no heat
};

/// A grey picture of the normalised map: `size.width` bytes a row, no padding.
struct GreyMap {
  Size size;
  std::vector<uint8_t> pixels;
};

/// Runs the steps in order, tile by tile. Not synchronised: one call at a time.
///
/// A frame's picture shows its own motion, so the scale (the hottest count) must be known before
/// the first tile is drawn. Only tiles that could raise it are compared ahead; all others are
/// compared and drawn in one pass, while their rows are in the cache.
class Engine {
 public:
  /// Makes ready for a stream, or for another format of it. The heat is kept, resampled to the new
  /// size; the previous frame is forgotten. Throws std::bad_alloc or cv::Exception, and then is as
  /// it was.
  void configure(const StreamFormat& stream);
  /// What it was configured for.
  const StreamFormat& stream() const { return given_; }
  bool is_configured() const { return stream_.size.area() > 0; }

  /// Takes effect on the next frame; another analysis scale makes ready anew. May throw as
  /// `configure` does, and then is as it was: the settings too.
  void set(const Settings& settings);

  /// Time passes: with a half-life the heat gets older, and an average background follows the
  /// stream. Call it before the frame that comes after so many seconds.
  void advance(double seconds);

  /// Compares `in` with the previous frame, adds what moved to the heat and, if `out` is not null,
  /// draws into it; `out` may be the picture `in` is of. A frame smaller than the stream's size is
  /// processed as far as it goes; of an empty one nothing is seen, and it is as if it had not come.
  /// Throws std::bad_alloc or cv::Exception: then a part of the frame may not have been counted,
  /// but no pixel of it twice, and the next frame goes on from there.
  void process(const ConstFrameView& in, const FrameView* out);

  /// Draws as `process` does, without analysing: for frames that do not count, and for pictures of
  /// a map that is complete.
  void draw(const ConstFrameView& in, const FrameView& out);

  /// Takes note of a frame that does not count, or of one that only repeats what was. The previous
  /// frame stays.
  void skip() { ++skipped_; }
  void repeat() { ++repeated_; }

  /// Begins the period of which `Report::motion` and `motion_peak` tell.
  void begin_period() { period_ = {}; }

  /// After a break in the stream: the next frame has no previous one. The heat stays, and so does
  /// what a detector knows of the background.
  void forget_previous() {
    difference_.forget();
    auto_levels_.restart();
  }

  /// Forgets all heat and starts to count anew. The previous frame stays.
  void reset();

  /// Goes on with the heat of an earlier run, resampled to the stream's size, in place of its own.
  /// The engine is configured. Frames that repeated are counted anew. Throws std::bad_alloc, and
  /// then is as it was.
  void restore(const HeatMap& heat, uint64_t frames, uint64_t skipped);

  /// Forgets everything, the stream too, and frees the memory.
  void clear() { *this = Engine(settings_); }

  Report report() const;
  uint64_t frames() const { return frames_; }
  uint64_t skipped() const { return skipped_; }

  /// The normalised map, `width` cells wide and as high as the picture's proportions ask for. A
  /// cell has the highest index of the pixels it covers. Width 0, or more than the analysis has,
  /// gives the analysis size.
  GreyMap map(int width) const;

  const HeatMap& heat() const { return heat_; }

  /// The heat as it is now, whatever happens to it until the copy is complete; see HeatMap.
  std::shared_ptr<HeatCopy> begin_copy() { return heat_.begin_copy(); }
  bool continue_copy(HeatCopy& copy, int tiles) { return heat_.continue_copy(copy, tiles); }

  /// Bytes it holds. More may follow: a tile whose counts exceed 16 bits takes four more a pixel.
  size_t memory() const;

  Engine() : Engine(Settings{}) {}

 private:
  // A tile's place in the chain counts -> index -> colours. That of a cold tile does not matter.
  struct Tile {
    bool indexed = false;      // there are indices, and colours of them
    TileGrid::Chunks stale{};  // chunks whose counts changed since
    Scale::Limits limits{};    // how far the scale may grow until they change
  };

  // What a thread has to itself.
  struct Slice {
    AlignedArray<uint8_t> mask;  // of motion, in a band
    int moving = 0;              // tiles of a band in which any pixel moved
  };

  // What moved since the last report.
  struct Period {
    uint64_t frames = 0;
    double sum = 0;  // of the shares that moved
    double peak = 0;

    void add(double share) {
      ++frames;
      sum += share;
      peak = std::max(peak, share);
    }
    double mean() const { return frames > 0 ? sum / double(frames) : 0; }
  };

  // What is done with a frame.
  struct Pass {
    ConstFrameView seen;     // what is compared
    ConstFrameView picture;  // what is drawn on
    FrameView out;
    bool joined;  // compared and drawn in one go
  };

  explicit Engine(const Settings& settings);

  void configure_plain(const StreamFormat& stream, const Settings& settings);
  ColorSpace color_space(const StreamFormat& stream, const Settings& settings) const;
  std::optional<GrayLevels> gray_levels(const PixelFormat& format, const Settings& settings) const;
  void follow_fields(bool interlaced);
  void follow_gray_levels(const ConstFrameView& frame);
  void process_plain(const ConstFrameView& in, const FrameView* out);
  void draw_plain(const ConstFrameView& in, const FrameView& out);
  FrameView unpack(const ConstFrameView& frame);
  void pack(const ConstFrameView& frame, const FrameView& out);
  template <typename Work>
  void for_bands(const TileGrid& grid, const Work& work);
  int slice_count(const TileGrid& grid) const;
  size_t mask_bytes() const;
  void compare_ahead(const ConstFrameView& frame, bool all);
  template <typename Predicate>
  void compare_row(const ConstFrameView& frame, int row, Slice& slice, Predicate is_wanted);
  void compare_tiles(const ConstFrameView& frame, int row, int rows, int column, int end,
                     Slice& slice, const kernels::Overlay* overlay = nullptr);
  void draw_band(const Pass& pass, int band, Slice& slice);
  bool percentile_is_due() const;
  double full_counts();
  void update_scale();
  void refresh_band(int band);
  bool refresh(int tile);
  void update_row_limit(int row);
  void refresh_enlarged(int tile);
  void outdate_indices();
  void repaint_all();
  void get_indices(std::vector<uint8_t>& indices) const;

  StreamFormat given_;
  StreamFormat stream_;                      // the same, with frames unpacked
  std::optional<UnpackedPicture> unpacked_;  // if frames are not plain
  Size frame_size_;  // of the last frame, which may be smaller than the stream's
  Settings settings_;
  TileGrid grid_;                     // of the picture; that of the analysis is the heat's
  std::optional<Shrinker> shrinker_;  // both if the analysis is smaller
  std::optional<Enlarger> enlarger_;
  AutoLevels auto_levels_;
  Difference difference_;
  std::optional<BackgroundSubtractor> subtractor_;  // instead, if there is one
  std::optional<BackgroundPicture> background_;
  HeatMap heat_;
  Scale scale_;
  Percentile percentile_;
  double percentile_events_ = 0;  // what it was when last taken
  uint64_t percentile_due_ = 0;   // the number of frames at which it is taken anew
  Renderer renderer_;
  AlignedArray<uint8_t> indices_;  // tile by tile
  std::vector<Tile> tiles_;
  std::vector<float> limits_;      // of each tile the lowest of its chunks; see engine.cpp
  std::vector<float> row_limits_;  // the lowest of each row of tiles
  std::vector<uint8_t> busy_;      // bands of which a good part moved when last compared in one go
  std::vector<uint8_t> compared_;  // in this frame, of each tile
  std::vector<uint32_t> moved_;    // pixels in this frame, of each band
  std::vector<uint8_t>
      enlarged_;  // tiles of the picture that have indices, if the analysis is smaller
  std::vector<Slice> slices_;
  uint64_t frames_ = 0;
  uint64_t skipped_ = 0;
  uint64_t repeated_ = 0;
  Period period_;
};

}  // namespace motionheat
