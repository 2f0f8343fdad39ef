// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "frame_view.h"
#include "tile_grid.h"

namespace motionheat {

/// When something counts as motion.
struct ActivitySettings {
  double area = 0.005;  // 0..1, share of a zone that must move for its motion to begin
  int frames = 2;       // consecutive analysed frames that must agree; 0 counts as 1
  double gap = 5;       // seconds of stillness after which its motion has ended

  bool operator==(const ActivitySettings&) const = default;
};

/// Motion in a zone began or ended.
struct MotionEvent {
  bool begins = false;
  size_t zone = 0;
  uint64_t id = 0;    // the same at the begin and at the end; counts from 1, over all zones
  double motion = 0;  // share that moved in the frame that decided; 0 if no frame did
  double peak = 0;    // highest share since the event's first frame
  Rect box;           // what moved since its first frame, joined, in cells; empty if not known
  double seconds =
      0;  // from its first frame to the last one in which enough moved; at a begin that
          //   is the present one

  bool operator==(const MotionEvent&) const = default;
};

/// When motion begins and ends in each zone.
///
/// A frame moves a zone if at least `area` of it moved, and anything at all. Motion begins with the
/// last of `frames` such frames in a row; the first of them is the event's first frame. Frames that
/// move less have no part in an event: they do not prolong it and count neither for its peak nor
/// for its box. It ends with the first frame of that kind that comes `gap` after the last one that
/// moved. Every begin has its end, and settings may be others at each frame.
///
/// Times that are no number or negative count as 0, and none counts for more than 30 years.
class Activity {
 public:
  /// Takes this number of zones from now on. They are other zones even if there are as many: what
  /// goes on ends and is returned, see `finish`. Throws as `frame` does.
  std::vector<MotionEvent> configure(size_t zones);

  /// After an analysed frame that comes `seconds` after the last call: the share of each zone that
  /// moved, and the box of what moved in it (in cells; empty where not known). Returns what ended
  /// and then what began with it, each by zone. Throws std::bad_alloc: no event is lost then, it is
  /// told later.
  std::vector<MotionEvent> frame(std::span<const double> shares, std::span<const Rect> boxes,
                                 double seconds, const ActivitySettings& settings);

  /// After a frame that is not analysed: time passes, and motion may end by that. With a `gap` of 0
  /// only a frame that was seen to be still ends it. Throws as `frame` does.
  std::vector<MotionEvent> pass(double seconds, const ActivitySettings& settings);

  /// Ends whatever goes on: at the end of the stream, on stop, at a break. What comes next has
  /// nothing to do with what was. Throws as `frame` does.
  std::vector<MotionEvent> finish();

  bool is_active(size_t zone) const { return zone < zones_.size() && zones_[zone].id != 0; }

 private:
  struct Zone {
    uint64_t id = 0;     // of the motion that goes on; 0 if there is none
    int frames = 0;      // that moved in a row, while none goes on
    double still = 0;    // seconds since the last frame that moved
    double seconds = 0;  // from the first frame to that one
    double peak = 0;
    Rect box;
  };

  void tell(bool begins, size_t zone, double motion, std::vector<MotionEvent>& events) const;
  void end(size_t zone, double motion, std::vector<MotionEvent>& events);

  std::vector<Zone> zones_;
  uint64_t last_id_ = 0;
};

/// Where it moves: boxes around the regions of a frame.
///
/// Moved pixels are counted in blocks of 8 x 8, of which an eighth makes a block count. Blocks with
/// no more than two others between them are one region, and a region of less than 32 moved pixels
/// is noise.
///
/// Boxes are steady. Each belongs to a region that overlaps with that of the frame before; its
/// edges glide after the region's, quickly outwards so that it covers what moves, and slowly
/// inwards. A box is shown from its second frame on and stays for half a second after its region
/// vanished, since who walks moves not in every frame. Where frames are more than that apart the
/// regions are shown as they are.
class MovingRegions {
 public:
  static constexpr int kBlock = 8;
  static constexpr size_t kMaxBoxes = 16;

  MovingRegions() = default;
  /// For an analysis of this size. Throws std::bad_alloc or cv::Exception.
  explicit MovingRegions(Size cells);
  // Copies of OpenCV's pictures would share their pixels.
  MovingRegions(MovingRegions&&) = default;
  MovingRegions& operator=(MovingRegions&&) = default;

  /// A new frame, in which nothing has moved yet.
  void begin();

  /// What comes has nothing to do with what was: no box is carried on.
  void forget();

  /// Adds what moved in a tile. `rect` are its pixels, `mask` has a bit for each pixel of a
  /// whole tile, rows `stride` bytes apart: see TileGrid::kMaskBytes. Need not be called for tiles
  /// in which nothing moved. Tiles of different rows of tiles may be added at the same time.
  void add(const Rect& rect, const uint8_t* mask, ptrdiff_t stride);

  /// The boxes, in cells of the analysis and within it, the largest first; those that differ by
  /// less than a quarter keep their order. To be called once a frame, `seconds` after the last
  /// time. Throws cv::Exception or std::bad_alloc.
  const std::vector<Rect>& boxes(double seconds);

  /// The box around the blocks of this frame that count, apart from single ones of less than 32
  /// moved pixels, as far as they lie in `area`; empty if there are none. Of a zone that is no
  /// rectangle give the one around it. Needs no call of `boxes`.
  Rect bounds_in(const Rect& area) const;
  Rect bounds() const { return bounds_in({0, 0, cells_.width, cells_.height}); }

  /// Bytes held.
  size_t memory() const;

 private:
  struct Track {
    Rect region;  // when it was last seen
    double left, top, right, bottom;
    bool is_shown = false;
    double missing = 0;  // seconds since it was last seen
    bool is_matched = false;

    void jump_to(const Rect& to);
    void glide_to(const Rect& to, double seconds);
    Rect box() const;
  };

  // Blocks of a row that are one region with some of `joined`, which leads to one that is joined
  // with itself.
  struct Run {
    Rect blocks;
    int pixels;
    size_t joined;
  };

  static int find(const uint8_t* row, int first, int last);
  bool counts(int column, int row) const;
  void find_runs();
  size_t root(size_t run);
  void join_rows(int row, int other);
  void find_regions();
  void match_regions(double seconds);
  void add_new_regions(bool show);
  void sort_tracks();

  Size cells_;
  // Moved pixels of each block, with a border of one block that stays 0.
  cv::Mat blocks_;
  std::vector<uint8_t> has_moved_;  // whether a row of blocks is not all 0
  std::vector<Rect> regions_;       // of this frame, largest first
  std::vector<Track> tracks_;
  std::vector<Rect> boxes_;
  std::vector<Run> runs_;         // of this frame, row by row
  std::vector<size_t> row_runs_;  // the first one of each row, and the end of the last row's
};

}  // namespace motionheat
