/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include <glib.h>

/* Runs jobs that write files, one after the other, on a thread of its own. Any thread may call it. */
class FileWriter
{
public:
  FileWriter () = default;
  ~FileWriter ();
  FileWriter (const FileWriter &) = delete;
  FileWriter & operator= (const FileWriter &) = delete;

  /* Returns at once. The job must not throw. */
  void post (std::function < void () > job);

  /* Jobs that have not begun. */
  guint waiting ();

  /* Waits until every job is done. */
  void drain ();

private:
  static void run (gpointer job, gpointer writer);

  std::mutex lock_;
  std::condition_variable idle_;
  guint jobs_ = 0;              /* not done */
  GThreadPool *pool_ = nullptr; /* of one thread, made for the first job */
};
