/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <gst/gst.h>

/* Posts the element's own messages, and warnings of files and properties, and keeps count of those
 * that nobody has read yet: a bus without a reader would keep them all. Any thread may call it. */
class Outbox
{
public:
  enum class Kind
  {
    kOwed,                      /* the answer to a call, or the last one of a stream */
    kPeriodic,                  /* left out while as many messages wait as may */
  };

  explicit Outbox (GstElement * element) : element_ (element) {}

  /* Whether a message of this kind would be posted now. */
  bool takes (Kind kind);

  /* Takes the structure. */
  void post (GstStructure * structure, Kind kind);

  /* Tells the log, too, in any case: who stops at once empties the bus. `text` names the property or
   * signal, the file and the reason. */
  void warn (GstResourceError code, const std::string & text, Kind kind = Kind::kOwed);

  /* That posts them, and outlives the outbox. */
  GstElement *element () const { return element_; }

private:
  static constexpr guint kLimit = 256;

  void post (GstMessage * message);
  static void on_read (gpointer count, GstMiniObject * message);

  GstElement *element_;
  std::atomic < bool > was_full_ = false;
  /* outlives the element: messages do */
  std::shared_ptr < std::atomic < guint > > unread_ = std::make_shared < std::atomic < guint > > (0);
};
