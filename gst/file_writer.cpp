/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file_writer.h"

#include <utility>

using Job = std::function < void () >;

FileWriter::~FileWriter ()
{
  if (pool_)
    g_thread_pool_free (pool_, FALSE, TRUE);
}

void
FileWriter::run (gpointer data, gpointer user_data)
{
  Job *job = (Job *) data;
  FileWriter *writer = (FileWriter *) user_data;

  (*job) ();
  delete job;

  std::lock_guard < std::mutex > lock (writer->lock_);
  if (--writer->jobs_ == 0)
    writer->idle_.notify_all ();
}

void
FileWriter::post (Job job)
{
  std::lock_guard < std::mutex > lock (lock_);

  if (!pool_)
    pool_ = g_thread_pool_new (run, this, 1, FALSE, nullptr);
  jobs_++;
  g_thread_pool_push (pool_, new Job (std::move (job)), nullptr);
}

guint
FileWriter::waiting ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return pool_ ? g_thread_pool_unprocessed (pool_) : 0;
}

void
FileWriter::drain ()
{
  std::unique_lock < std::mutex > lock (lock_);

  idle_.wait (lock,[this] { return jobs_ == 0; });
}
