/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file_writer.h"

#include <utility>

using Job = std::function < void () >;

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = (Job *) data;

  (*job) ();
  delete job;
}

void
FileWriter::post (Job job)
{
  std::lock_guard < std::mutex > lock (lock_);

  if (!pool_)
    pool_ = g_thread_pool_new (run_job, nullptr, 1, FALSE, nullptr);
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
  GThreadPool *pool;

  {
    std::lock_guard < std::mutex > lock (lock_);
    pool = std::exchange (pool_, nullptr);
  }
  if (pool)
    g_thread_pool_free (pool, FALSE, TRUE);
}
