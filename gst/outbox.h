/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <atomic>
#include <memory>

#include <gst/gst.h>

/* Posts the element's own messages and keeps count of those that nobody has read yet: a bus without
 * a reader would keep them all. Any thread may call it. */
class Outbox
{
public:
  explicit Outbox (GstElement * element) : element_ (element) {}

  /* Takes the structure. */
  void post (GstStructure * structure);

  /* Whether as many messages wait as may. What can be left out should be. */
  bool is_full ();

private:
  static constexpr guint kLimit = 256;

  static void on_read (gpointer count, GstMiniObject * message);

  GstElement *element_;
  std::atomic < bool > was_full_ = false;
  /* outlives the element: messages do */
  std::shared_ptr < std::atomic < guint > > unread_ = std::make_shared < std::atomic < guint > > (0);
};
