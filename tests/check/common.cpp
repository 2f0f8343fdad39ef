// SPDX-License-Identifier: LGPL-2.1-or-later
#define GST_USE_UNSTABLE_API  // for tracers
#include "common.h"

#include <algorithm>
#include <random>

namespace {

constexpr GstClockTime kPatience = 10 * GST_SECOND;

// Copies rows between the planes of a picture and those of a mapped frame at (x, y).
template <typename Copy>
void for_each_row(Picture& picture, const GstVideoFrame& frame, int x, int y, Copy copy) {
  std::vector<bool> done(picture.planes.size());
  for (int c = 0; c < int(GST_VIDEO_INFO_N_COMPONENTS(&picture.info)); ++c) {
    const int p = GST_VIDEO_INFO_COMP_PLANE(&picture.info, c);
    if (done[p]) continue;
    done[p] = true;
    cv::Mat& plane = picture.planes[p];
    const int first = y >> GST_VIDEO_FORMAT_INFO_H_SUB(picture.info.finfo, c);
    const size_t begin =
        (x >> GST_VIDEO_FORMAT_INFO_W_SUB(picture.info.finfo, c)) * plane.elemSize();
    for (int row = 0; row < plane.rows; ++row) {
      auto* data = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p)) +
                   ptrdiff_t{first + row} * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p) + begin;
      copy(plane.ptr(row), data, plane.cols * plane.elemSize());
    }
  }
}

void write(const Picture& picture, GstBuffer* buffer, const GstVideoInfo& layout, int x, int y) {
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &layout, buffer, GST_MAP_WRITE));
  Picture copy = picture;
  for_each_row(copy, frame, x, y,
               [](uint8_t* ours, uint8_t* theirs, size_t n) { std::copy_n(ours, n, theirs); });
  gst_video_frame_unmap(&frame);
}

}  // namespace

std::pair<Suite*, TCase*> new_suite(const char* name) {
  gst_object_unref(gst_plugin_load_by_name("motionheatmap"));
  if (g_getenv("GST_TRACERS")) {  // a tracer that is not installed finds nothing
    GList* tracers = gst_tracing_get_active_tracers();
    g_assert(tracers != nullptr);
    g_list_free_full(tracers, gst_object_unref);
  }
  Suite* suite = suite_create(name);
  TCase* tc = tcase_create(name);
  suite_add_tcase(suite, tc);
  return {suite, tc};
}

Picture::Picture(const GstVideoInfo& i) : info(i), planes(GST_VIDEO_INFO_N_PLANES(&i)) {
  // Three samples of 10 bits to a word: six pixels of v210 fill four, three of grey one.
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_v210) {
    planes[0] = cv::Mat::zeros(info.height, (info.width + 5) / 6, CV_8UC(16));
    return;
  }
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY10_LE32) {
    planes[0] = cv::Mat::zeros(info.height, (info.width + 2) / 3, CV_8UC4);
    return;
  }
  for (int c = 0; c < int(GST_VIDEO_INFO_N_COMPONENTS(&info)); ++c) {
    planes[GST_VIDEO_INFO_COMP_PLANE(&info, c)] =
        cv::Mat::zeros(GST_VIDEO_INFO_COMP_HEIGHT(&info, c), GST_VIDEO_INFO_COMP_WIDTH(&info, c),
                       CV_8UC(GST_VIDEO_INFO_COMP_PSTRIDE(&info, c)));
  }
}

Picture::Picture(const Picture& other) : info(other.info) {
  for (const cv::Mat& plane : other.planes) planes.push_back(plane.clone());
}

Picture& Picture::operator=(Picture other) {
  info = other.info;
  planes.swap(other.planes);
  return *this;
}

bool Picture::operator==(const Picture& other) const {
  return std::equal(planes.begin(), planes.end(), other.planes.begin(), other.planes.end(), equal);
}

GstVideoInfo video_info(const std::string& text) {
  GstCaps* caps = gst_caps_from_string(text.c_str());
  GstVideoInfo info;
  fail_unless(caps && gst_video_info_from_caps(&info, caps), "bad caps: %s", text.c_str());
  gst_caps_unref(caps);
  return info;
}

Picture noise(const GstVideoInfo& info, unsigned seed) {
  std::mt19937 random(seed);
  Picture picture(info);
  for (cv::Mat& plane : picture.planes)
    std::generate_n(plane.data, plane.total() * plane.elemSize(), [&] { return uchar(random()); });
  return picture;
}

Picture moved(const Picture& picture, unsigned seed) {
  std::mt19937 random(seed);
  const double left = random() % 60 / 100.0, top = random() % 60 / 100.0;
  const Picture other = noise(picture.info, seed);
  Picture result = picture;
  for (size_t p = 0; p < result.planes.size(); ++p) {
    cv::Mat& plane = result.planes[p];
    const cv::Rect part(int(left * plane.cols), int(top * plane.rows), (plane.cols + 1) / 2,
                        (plane.rows + 1) / 2);
    const cv::Rect inside = part & cv::Rect(cv::Point(), plane.size());
    other.planes[p](inside).copyTo(plane(inside));
  }
  return result;
}

Picture filled(const GstVideoInfo& info, int value) {
  Picture picture(info);
  for (cv::Mat& plane : picture.planes)
    std::fill_n(plane.data, plane.total() * plane.elemSize(), uchar(value));
  return picture;
}

GstBuffer* to_buffer(const Picture& picture) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, picture.info.size, nullptr);
  gst_buffer_memset(buffer, 0, 0xa5, picture.info.size);
  write(picture, buffer, picture.info, 0, 0);
  return buffer;
}

GstBuffer* to_larger_buffer(const Picture& picture, int width, int height, int x, int y,
                            int padding) {
  GstVideoInfo larger = picture.info;
  larger.width = width;
  larger.height = height;
  gsize size = 0;
  for (int p = 0; p < int(GST_VIDEO_INFO_N_PLANES(&larger)); ++p) {
    int component[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(larger.finfo, p, component);
    const int c = component[0];
    larger.offset[p] = size;
    larger.stride[p] =
        GST_VIDEO_INFO_COMP_WIDTH(&larger, c) * GST_VIDEO_INFO_COMP_PSTRIDE(&larger, c) + padding;
    size += gsize(larger.stride[p]) * GST_VIDEO_INFO_COMP_HEIGHT(&larger, c);
  }
  larger.size = size;

  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, 0xa5, size);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&larger),
                                 width, height, GST_VIDEO_INFO_N_PLANES(&larger), larger.offset,
                                 larger.stride);
  write(picture, buffer, larger, x, y);
  return buffer;
}

Picture to_picture(GstBuffer* buffer, const GstVideoInfo& info) {
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer);
  GstVideoFrame frame;
  fail_unless(gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ));
  Picture picture(info);
  for_each_row(picture, frame, crop ? crop->x : 0, crop ? crop->y : 0,
               [](uint8_t* ours, uint8_t* theirs, size_t n) { std::copy_n(theirs, n, ours); });
  gst_video_frame_unmap(&frame);
  return picture;
}

std::vector<uint8_t> bytes(GstBuffer* buffer) {
  std::vector<uint8_t> result(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, result.data(), result.size());
  return result;
}

Stream::Stream(const std::string& caps, bool takes_metas)
    : harness_(gst_harness_new("motionheatmap")), bus_(gst_bus_new()) {
  gst_element_set_bus(element(), bus_);
  if (takes_metas) {
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_CROP_META_API_TYPE, nullptr);
  }
  if (!caps.empty()) start(caps);
}

Stream::~Stream() {
  // The harness frees its element, which the messages on the bus still name.
  gst_element_set_bus(element(), nullptr);
  gst_harness_teardown(harness_);
  gst_object_unref(bus_);
}

void Stream::start(const std::string& caps) {
  info_ = video_info(caps);
  gst_harness_set_src_caps_str(harness_, caps.c_str());
}

void Stream::set(const char* property, const std::string& value) {
  gst_util_set_object_arg(G_OBJECT(element()), property, value.c_str());
}

void Stream::change_caps(const std::string& caps) {
  info_ = video_info(caps);
  GstCaps* parsed = gst_caps_from_string(caps.c_str());
  send(gst_event_new_caps(parsed));
  gst_caps_unref(parsed);
}

GstSegment Stream::begin_segment_of_distinct_times() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 100 * GST_SECOND;
  segment.time = 7 * GST_SECOND;
  segment.base = 3 * GST_SECOND;
  send(gst_event_new_segment(&segment));
  return segment;
}

void Stream::send(GstEvent* event) {
  fail_unless(gst_harness_push_event(harness_, event));
}

void Stream::flush() {
  send(gst_event_new_flush_start());
  send(gst_event_new_flush_stop(TRUE));
}

GstBuffer* Stream::timed_buffer(const Picture& picture) {
  GstBuffer* buffer = to_buffer(picture);
  GST_BUFFER_PTS(buffer) = next_pts;
  GST_BUFFER_DURATION(buffer) = kFrame;
  next_pts += kFrame;
  return buffer;
}

BufferPtr Stream::push(GstBuffer* buffer) {
  fail_unless_equals_int(gst_harness_push(harness_, buffer), GST_FLOW_OK);
  BufferPtr out(gst_harness_try_pull(harness_));
  fail_unless(out != nullptr);
  return out;
}

MessagePtr Stream::wait(GstMessageType types) {
  MessagePtr message = pop(types, kPatience);
  fail_unless(message != nullptr);
  return message;
}

MessagePtr Stream::pop(GstMessageType types, GstClockTime timeout) {
  for (;;) {
    MessagePtr message(gst_bus_timed_pop_filtered(bus_, timeout, types));
    const GstStructure* s = message ? gst_message_get_structure(message.get()) : nullptr;
    if (!s || !gst_structure_has_name(s, "motionheatmap-event")) return message;
    events.push_back(std::move(message));
  }
}

Order::Order(Stream& stream)
    : stream_(stream), pad_(gst_element_get_static_pad(stream.element(), "src")) {
  gst_bus_set_sync_handler(stream.bus(), on_message, this, nullptr);
  probe_ = gst_pad_add_probe(
      pad_, GstPadProbeType(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      on_data, this, nullptr);
}

Order::~Order() {
  gst_bus_set_sync_handler(stream_.bus(), nullptr, nullptr, nullptr);
  gst_pad_remove_probe(pad_, probe_);
  gst_object_unref(pad_);
}

void Order::expect(const std::vector<std::string>& expected) const {
  std::string text;
  for (const std::string& what : seen_) text += what + " ";
  fail_unless(seen_ == expected, "%s", text.c_str());
}

GstBusSyncReply Order::on_message(GstBus*, GstMessage* message, gpointer order) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
    const GstStructure* s = gst_message_get_structure(message);
    const char* event = gst_structure_get_string(s, "event");
    const char* report = event || !bool_field(s, "final") ? "message" : "final";
    static_cast<Order*>(order)->seen_.push_back(event ? event : report);
  }
  return GST_BUS_PASS;
}

GstPadProbeReturn Order::on_data(GstPad*, GstPadProbeInfo* info, gpointer order) {
  std::vector<std::string>& seen = static_cast<Order*>(order)->seen_;
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
    seen.push_back("buffer");
  else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
    seen.push_back("eos");
  return GST_PAD_PROBE_OK;
}

StructurePtr Stream::stats() const {
  GstStructure* stats = nullptr;
  g_object_get(element(), "stats", &stats, nullptr);
  return StructurePtr(stats);
}

guint64 Stream::frames() const {
  return uint64_field(stats().get(), "frames");
}

guint64 Stream::skipped() const {
  return uint64_field(stats().get(), "skipped");
}

guint64 Stream::repeated() const {
  return uint64_field(stats().get(), "repeated");
}

SamplePtr Stream::heatmap() const {
  GstSample* sample = nullptr;
  g_object_get(element(), "heatmap", &sample, nullptr);
  return SamplePtr(sample);
}

cv::Mat Stream::map() const {
  return sample_map(heatmap().get());
}

guint64 uint64_field(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  fail_unless(gst_structure_get_uint64(structure, field, &value), "no guint64 %s", field);
  return value;
}

int int_field(const GstStructure* structure, const char* field) {
  int value = 0;
  fail_unless(gst_structure_get_int(structure, field, &value), "no gint %s", field);
  return value;
}

double double_field(const GstStructure* structure, const char* field) {
  double value = 0;
  fail_unless(gst_structure_get_double(structure, field, &value), "no gdouble %s", field);
  return value;
}

bool bool_field(const GstStructure* structure, const char* field) {
  gboolean value = FALSE;
  fail_unless(gst_structure_get_boolean(structure, field, &value), "no gboolean %s", field);
  return value;
}

cv::Mat sample_map(GstSample* sample) {
  GstVideoInfo info;
  fail_unless(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
  fail_unless_equals_int(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_GRAY8);
  fail_unless_equals_int(gst_buffer_get_size(gst_sample_get_buffer(sample)), info.size);
  return to_picture(gst_sample_get_buffer(sample), info).planes[0];
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}
