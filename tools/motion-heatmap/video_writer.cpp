// SPDX-License-Identifier: LGPL-2.1-or-later
#include "video_writer.h"

namespace tool {

struct VideoWriter::Private {};

VideoWriter::VideoWriter(const std::string&, const ElementSettings&) {}
VideoWriter::~VideoWriter() = default;
void VideoWriter::begin_part(uint64_t) {}
void VideoWriter::push(GstBuffer*, GstCaps*, uint64_t) {}
void VideoWriter::finish() {}

}  // namespace tool
