/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

/* Whose buffers frames lie in. One that is ours to write to is drawn on in place; a shared one is read
 * while another is written, which saves the copy that an in-place filter would make first. So upstream
 * is offered what downstream offers, and what is drawn on in place is downstream's own memory.
 *
 * Belongs to the streaming thread. */
class Allocation
{
public:
  /* Downstream is asked through `srcpad`, which outlives this. */
  explicit Allocation (GstPad * srcpad) : srcpad_ (srcpad) {}

  /* Takes note of downstream's answer to the allocation query, and removes pools from it that are to
   * be upstream's. */
  void decide (GstQuery * query);

  /* Adds what downstream offers to the answer to upstream's query. */
  void offer (GstQuery * query) const;

  /* Whether a buffer can be drawn on and passed on: it is ours to write to, and downstream
   * understands where in it the picture of these caps lies. */
  bool takes_in_place (GstBuffer * buffer, const GstVideoInfo & info) const;

private:
  GstQuery *ask_downstream (GstCaps * caps) const;
  bool layout_goes_on (GstBuffer * buffer, const GstVideoInfo & info) const;

  GstPad *srcpad_;
  /* what downstream said of metas */
  bool video_meta_goes_on_ = false;
  bool crop_meta_goes_on_ = false;
};
