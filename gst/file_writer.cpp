/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file_writer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

struct FileWriter::Queue
{
  struct Job
  {
    std::string name;
    std::function < void () > run;
  };

  std::mutex lock;              /* for all that follows, and the writer's thread_ */
  std::condition_variable_any changed;
  std::deque < Job > jobs;      /* the first one has begun */
  bool interrupted = false;
};

FileWriter::FileWriter () : queue_ (std::make_shared < Queue > ()) {}

FileWriter::~FileWriter ()
{
  /* a job may have held the last reference to the element */
  if (thread_.get_id () == std::this_thread::get_id ()) {
    thread_.request_stop ();
    thread_.detach ();
  }
}

void
FileWriter::run (std::stop_token stop, std::shared_ptr < Queue > queue)
{
  std::unique_lock < std::mutex > lock (queue->lock);

  while (queue->changed.wait (lock, stop,[&] { return !queue->jobs.empty (); })) {
    /* with what it holds it goes before it counts as done */
    std::function < void () > job = std::move (queue->jobs.front ().run);
    lock.unlock ();
    job ();
    job = nullptr;
    lock.lock ();
    queue->jobs.pop_front ();
    queue->changed.notify_all ();
  }
}

void
FileWriter::post (std::string name, std::function < void () > job)
{
  std::lock_guard < std::mutex > lock (queue_->lock);

  if (!thread_.joinable ())
    thread_ = std::jthread (run, queue_);
  queue_->jobs.push_back ({std::move (name), std::move (job)});
  queue_->changed.notify_all ();
}

std::string FileWriter::drain (Deadline deadline)
{
  std::unique_lock < std::mutex > lock (queue_->lock);

  if (thread_.get_id () == std::this_thread::get_id ())
    return "";
  const bool ended = queue_->changed.wait_until (lock, deadline,[this] {
        return queue_->jobs.empty () || queue_->interrupted;
      });
  return ended ? "" : queue_->jobs.front ().name;
}

void
FileWriter::interrupt (bool interrupted)
{
  std::lock_guard < std::mutex > lock (queue_->lock);

  queue_->interrupted = interrupted;
  queue_->changed.notify_all ();
}

std::shared_ptr < GstElement > motion_heatmap_hold (GstElement * element)
{
  return {(GstElement *) gst_object_ref (element),[](GstElement * held) { gst_object_unref (held); }};
}
