/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "heat_request.h"

#include <chrono>
#include <thread>

const motionheat::HeatMap &
HeatRequest::complete () const
{
  constexpr int tiles = 64;     /* 128 KiB */
  /* a lock that is taken again at once is not given to who waits for it */
  constexpr std::chrono::microseconds pause (100);
  bool more = true;

  while (more) {
    {
      std::lock_guard < std::mutex > lock (*lock_);
      more = engine_->continue_copy (*copy_, tiles);
    }
    if (more)
      std::this_thread::sleep_for (pause);
  }
  return copy_->heat ();
}
