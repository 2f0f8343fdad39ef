/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gst/gst.h>

/* How long the end of a stream and the way to READY wait for files, all of them together. */
inline constexpr std::chrono::seconds motion_heatmap_patience (3);

/* Runs jobs that write files, one after the other, on a thread of its own. Any thread may call it, a
 * job too. A job must hold a reference to the element that its writer is part of: then a disk that
 * hangs takes only the job, which ends when it can, and with the last reference the element. */
class FileWriter
{
public:
  using Deadline = std::chrono::steady_clock::time_point;

  FileWriter ();
  ~FileWriter ();
  FileWriter (const FileWriter &) = delete;
  FileWriter & operator= (const FileWriter &) = delete;

  /* Returns at once. The job must not throw; `name` tells what it writes. */
  void post (std::string name, std::function < void () > job);

  /* Waits until every job is done. Returns the name of the one that is not when `deadline` comes,
   * else nothing: also when interrupted, and to a job, which would wait for itself. */
  std::string drain (Deadline deadline);

  /* Whether nobody is to wait, those who already do included. */
  void interrupt (bool interrupted);

private:
  struct Queue;
  static void run (std::stop_token stop, std::shared_ptr < Queue > queue);

  /* The thread's, too: it may outlive the writer by some instructions. */
  std::shared_ptr < Queue > queue_;
  std::jthread thread_;         /* made for the first job */
};

/* A reference to the element for as long as a job is there. */
std::shared_ptr < GstElement > motion_heatmap_hold (GstElement * element);
