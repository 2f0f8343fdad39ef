// SPDX-License-Identifier: LGPL-2.1-or-later
#include "gate.h"

#include <gst/video/video.h>

#include <utility>

namespace tool {
namespace {

// Of what is seen: not of the padding of rows, which may be anything.
std::string digest(GstBuffer* buffer, GstCaps* caps) {
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!caps || !gst_video_info_from_caps(&info, caps) ||
      !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ))
    return "";
  GChecksum* const checksum = g_checksum_new(G_CHECKSUM_SHA256);
  for (gint plane = 0; plane < gint(GST_VIDEO_FRAME_N_PLANES(&frame)); ++plane) {
    const auto* row = static_cast<const guchar*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    // A plane's first component tells how many bytes of a row are used.
    gint component = 0;
    while (component < gint(GST_VIDEO_FRAME_N_COMPONENTS(&frame)) - 1 &&
           gint(GST_VIDEO_FRAME_COMP_PLANE(&frame, component)) != plane)
      ++component;
    const gint stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
    const gint used = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component) > 0
                          ? GST_VIDEO_FRAME_COMP_WIDTH(&frame, component) *
                                GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component)
                          : stride;
    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component); ++y, row += stride)
      g_checksum_update(checksum, row, std::min(used, stride));
  }
  gst_video_frame_unmap(&frame);
  const std::string text = g_checksum_get_string(checksum);
  g_checksum_free(checksum);
  return text;
}

}  // namespace

Gate::Gate(GstElement* element, const PieceRequest& request, PieceResult& result,
           PieceProgress& progress, const std::atomic<bool>& stop)
    : element_(element),
      pad_(gst_element_get_static_pad(element, "sink")),
      span_(request.span),
      seeks_(request.seeks),
      result_(result),
      progress_(progress),
      stop_(stop) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  const auto kinds =
      GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  probe_ = gst_pad_add_probe(pad_.get(), kinds, probe, this, nullptr);
}

Gate::~Gate() {
  gst_pad_remove_probe(pad_.get(), probe_);
}

GstPadProbeReturn Gate::probe(GstPad*, GstPadProbeInfo* info, gpointer gate) {
  Gate* const self = static_cast<Gate*>(gate);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) return self->frame(info);
  self->event(GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

void Gate::event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    gst_event_copy_segment(event, &segment_);
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    if (!has_ended_) has_come_to_its_end_ = true;
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    caps_.reset(gst_caps_ref(caps));
    has_new_caps_ = true;
  }
}

uint64_t Gate::stream_time(GstBuffer* buffer) const {
  const GstClockTime time =
      gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  // Where none is told it goes on from the frame before.
  return GST_CLOCK_TIME_IS_VALID(time) ? time : result_.end;
}

// Caps may be followed by others before there is a frame, where a picture is turned for instance.
void Gate::take_size() {
  GstVideoInfo info;
  if (!std::exchange(has_new_caps_, false) || !gst_video_info_from_caps(&info, caps_.get())) return;
  const motionheat::Size size{info.width, info.height};
  if (result_.picture.area() > 0 && !(result_.picture == size)) result_.changed_size = true;
  result_.picture = size;
}

GstPadProbeReturn Gate::frame(GstPadProbeInfo* info) {
  GstBuffer* const buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  const uint64_t time = stream_time(buffer);
  if (has_ended_) return end(info);
  if (stop_ || is_last_ || time >= span_.end) {
    pass_end(time, buffer);
    return end(info);
  }
  take_size();
  if (time >= span_.begin) {
    if (!is_counting_) begin(time, buffer);
    if (lacks_run_up_) return end(info);
    if (on_frame_) on_frame_(buffer, time);
    ++progress_.frames;
    progress_.time = time;
  }
  current_.reset(gst_buffer_ref(buffer));
  current_time_ = time;
  const GstClockTime duration = GST_BUFFER_DURATION(buffer);
  result_.end = time + (GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0);
  return GST_PAD_PROBE_OK;
}

// What the run-up taught stays, the heat of it goes.
void Gate::begin(uint64_t time, GstBuffer* buffer) {
  if (span_.is_cut()) {
    // A stream that was decoded from its beginning may begin with this frame.
    lacks_run_up_ = !current_ && seeks_;
    if (lacks_run_up_) return;
    if (current_) result_.before_begin = seam(current_time_, current_.get());
    result_.at_begin = seam(time, buffer);
    g_signal_emit_by_name(element_, "reset");
  }
  is_counting_ = true;
}

// The first frame behind the piece. Where no frame begins in it, both its ends are at this one.
void Gate::pass_end(uint64_t time, GstBuffer* buffer) {
  if (!is_counting_ && time < span_.end) return;
  result_.at_end = seam(time, buffer);
  if (is_counting_) return;
  lacks_run_up_ = span_.is_cut() && !current_ && seeks_;
  if (current_) result_.before_end = seam(current_time_, current_.get());
  if (!span_.is_cut()) return;
  result_.before_begin = result_.before_end;
  result_.at_begin = result_.at_end;
}

GstPadProbeReturn Gate::end(GstPadProbeInfo* info) {
  finish();
  GST_PAD_PROBE_INFO_FLOW_RETURN(info) = GST_FLOW_EOS;
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  return GST_PAD_PROBE_HANDLED;
}

bool Gate::finish() {
  // No frame passes meanwhile.
  GST_PAD_STREAM_LOCK(pad_.get());
  const bool is_first = !has_ended_.exchange(true), has_caps = bool(caps_);
  if (is_first) {
    result_.was_stopped = stop_;
    const bool is_short = is_counting_ && (stop_ || is_last_);
    if (is_short) result_.span.end = current_time_ + 1;
    if (is_counting_ && (is_short || span_.end != UINT64_MAX))
      result_.before_end = seam(current_time_, current_.get());
  }
  const bool is_sent =
      !is_first || (has_caps && gst_pad_send_event(pad_.get(), gst_event_new_eos()));
  GST_PAD_STREAM_UNLOCK(pad_.get());
  return is_sent;
}

SeamFrame Gate::seam(uint64_t time, GstBuffer* buffer) const {
  // The element does not count what a decoder holds to be damaged, as it does where it cannot
  // enter.
  const bool is_corrupted = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
  return {time, digest(buffer, caps_.get()) + (is_corrupted ? " corrupted" : "")};
}

}  // namespace tool
