// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gst/gst.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace tool {

/// What a user is told when something cannot be done. what() is the whole sentence.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Unref {
  void operator()(GstElement* element) const { gst_object_unref(element); }
  void operator()(GstPad* pad) const { gst_object_unref(pad); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstEvent* event) const { gst_event_unref(event); }
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(gchar* text) const { g_free(text); }
  void operator()(GVariant* variant) const { g_variant_unref(variant); }
};
using ElementPtr = std::unique_ptr<GstElement, Unref>;
using PadPtr = std::unique_ptr<GstPad, Unref>;
using BusPtr = std::unique_ptr<GstBus, Unref>;
using MessagePtr = std::unique_ptr<GstMessage, Unref>;
using BufferPtr = std::unique_ptr<GstBuffer, Unref>;
using SamplePtr = std::unique_ptr<GstSample, Unref>;
using CapsPtr = std::unique_ptr<GstCaps, Unref>;
using EventPtr = std::unique_ptr<GstEvent, Unref>;
using ErrorPtr = std::unique_ptr<GError, Unref>;
using TextPtr = std::unique_ptr<gchar, Unref>;
using VariantPtr = std::unique_ptr<GVariant, Unref>;

/// Of text that may be none, as names of files: bytes that are no UTF-8 become U+FFFD.
inline std::string valid_utf8(const std::string& text) {
  return TextPtr(g_utf8_make_valid(text.data(), gssize(text.size()))).get();
}

/// 0 if there is no such field.
inline double double_field(const GstStructure* structure, const char* name) {
  double value = 0;
  gst_structure_get_double(structure, name, &value);
  return value;
}

/// A new element. Throws Failure that names the one that is missing.
inline ElementPtr make_element(const char* factory) {
  GstElement* const element = gst_element_factory_make(factory, nullptr);
  if (!element)
    throw Failure("GStreamer's element \"" + std::string(factory) +
                  "\" is missing: is its plugin installed?");
  return ElementPtr(GST_ELEMENT_CAST(gst_object_ref_sink(element)));
}

}  // namespace tool
