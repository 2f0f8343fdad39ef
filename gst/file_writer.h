/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <functional>
#include <mutex>

#include <glib.h>

/* Runs jobs that write files, one after the other, on a thread of its own. Any thread may call it. */
class FileWriter
{
public:
  FileWriter () = default;
  ~FileWriter () { drain (); }
  FileWriter (const FileWriter &) = delete;
  FileWriter & operator= (const FileWriter &) = delete;

  /* Returns at once. The job must not throw. */
  void post (std::function < void () > job);

  /* Jobs that have not begun. */
  guint waiting ();

  /* Waits until every job posted before is done. */
  void drain ();

private:
  std::mutex lock_;
  GThreadPool *pool_ = nullptr;
};
