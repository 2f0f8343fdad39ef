// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "activity.h"
#include "analysis.h"
#include "bands.h"
#include "drawing.h"
#include "figures.h"
#include "gray_levels.h"
#include "heat_map.h"
#include "index_map.h"
#include "motion_record.h"
#include "normalize.h"
#include "packing.h"
#include "regions.h"
#include "settings.h"

namespace motionheat {

/// Runs the steps in order, band by band. Not synchronised: one call at a time.
///
/// A frame's picture shows its own motion, so the scale (the hottest count) must be known before
/// the first tile is drawn. Only tiles that could raise it are compared ahead; all others are
/// compared when their band is drawn, and their rows are in the cache then.
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
  /// but no pixel of it twice, and the next frame goes on from there. False if the light changed or
  /// the camera turned: then the frame does not count and was skipped, but is what the next one is
  /// compared with.
  bool process(const ConstFrameView& in, const FrameView* out);

  /// Draws as `process` does, without analysing: for frames that do not count, and, `is_last`, for
  /// pictures of a map that is complete.
  void draw(const ConstFrameView& in, const FrameView& out, bool is_last = false);

  /// Takes note of a frame that does not count, or of one that only repeats what was. The previous
  /// frame stays.
  void skip() { ++skipped_; }
  void repeat() { ++repeated_; }

  /// Begins the period of which `Report::motion` and `motion_peak` tell.
  void begin_period() { motion_.begin_period(); }
  /// What moved in the last frame that was processed.
  const MotionRecord& motion() const { return motion_; }
  /// The boxes of what moves, `seconds` after they were last asked for: see MovingRegions.
  const std::vector<Rect>& boxes(double seconds) { return moving_regions_.boxes(seconds); }
  const Regions& regions() const { return regions_; }

  /// After a break in the stream: the next frame has no previous one. The heat stays, and so does
  /// what a detector knows of the background.
  void forget_previous() {
    analysis_.forget_previous();
    moving_regions_.forget();
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

  /// Throws std::bad_alloc.
  Report report();
  uint64_t frames() const { return frames_; }
  uint64_t skipped() const { return skipped_; }

  /// The normalised map, `width` cells wide: see Figures. Throws std::bad_alloc.
  Size map_size(int width) const { return Figures::map_size(heat_.grid().size(), width); }
  void draw_map(int width, kernels::Rows<uint8_t> map) {
    figures_.draw_map(heat_, scale_, indices_, width, map);
  }

  const HeatMap& heat() const { return heat_; }

  /// The heat as it is now, whatever happens to it until the copy is complete; see HeatMap.
  std::shared_ptr<HeatCopy> begin_copy() { return heat_.begin_copy(); }
  bool continue_copy(HeatCopy& copy, int tiles) { return heat_.continue_copy(copy, tiles); }

  /// Bytes it holds. More may follow: a tile whose counts exceed 16 bits takes four more a pixel.
  size_t memory() const;

  Engine() : Engine(Settings{}) {}

 private:
  void set_regions(Regions regions);

  explicit Engine(const Settings& settings);

  void configure_plain(const StreamFormat& stream, const Settings& settings);
  bool process_plain(const ConstFrameView& in, const FrameView* out);
  void draw_plain(const ConstFrameView& in, const FrameView& out, bool is_last);
  FrameView unpack(const ConstFrameView& frame);
  void pack(const ConstFrameView& frame, const FrameView& out);
  void update_scale();
  void follow_fields(bool interlaced);
  void follow_gray_levels(const ConstFrameView& frame);
  std::optional<GrayLevels> gray_levels(const PixelFormat& format, const Settings& settings) const;
  ColorSpace color_space(const StreamFormat& stream, const Settings& settings) const;
  void repaint_all();

  StreamFormat given_;
  StreamFormat stream_;                      // the same, with frames unpacked
  std::optional<UnpackedPicture> unpacked_;  // if frames are not plain
  Settings settings_;
  Bands bands_;
  AutoLevels auto_levels_;
  Analysis analysis_;
  HeatMap heat_;  // of the analysis' size
  Normalizer normalizer_;
  Scale scale_;
  IndexMap indices_;  // of the heat
  TileGrid grid_;     // of the picture
  Drawing drawing_;
  Figures figures_;             // of the heat
  double since_processed_ = 0;  // seconds since the last frame that was processed
  uint64_t frames_ = 0;
  uint64_t skipped_ = 0;
  uint64_t repeated_ = 0;
  MotionRecord motion_;
  Regions regions_;  // of the analysis
  MovingRegions moving_regions_;
};

}  // namespace motionheat
