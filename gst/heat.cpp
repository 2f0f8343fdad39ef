/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "heat.h"

#include <chrono>
#include <thread>
#include <utility>

bool
Heat::frame (const motionheat::ConstFrameView & in, const motionheat::FrameView * drawn,
    const Continuity::Verdict & verdict, GstClockTime step, const FrameTimes & of_frame,
    const motionheat::Settings & settings)
{
  std::lock_guard < std::mutex > guard (lock);
  bool counts = true;

  engine.set (settings);
  if (std::exchange (period_over, false))
    engine.begin_period ();
  engine.advance ((double) step / GST_SECOND);
  if (verdict.forget_previous)
    engine.forget_previous ();
  switch (verdict.treatment) {
    case Continuity::Treatment::kAnalyse:
      counts = engine.process (in, drawn);
      break;
    case Continuity::Treatment::kRepeat:
      engine.repeat ();
      break;
    case Continuity::Treatment::kSkip:
      engine.skip ();
      break;
    case Continuity::Treatment::kShow:
      break;
  }
  if (drawn && verdict.treatment != Continuity::Treatment::kAnalyse)
    engine.draw (in, *drawn);
  times = of_frame;
  return counts;
}

void
Heat::reset ()
{
  std::lock_guard < std::mutex > guard (lock);

  engine.reset ();
}

void
Heat::clear ()
{
  std::lock_guard < std::mutex > guard (lock);

  engine.clear ();
  times = FrameTimes ();
  period_over = false;
}

const motionheat::HeatMap &
HeatRequest::complete () const
{
  constexpr int tiles = 64;     /* 128 KiB */
  /* a lock that is taken again at once is not given to who waits for it */
  constexpr std::chrono::microseconds pause (100);
  bool more = true;

  while (more) {
    {
      std::lock_guard < std::mutex > lock (heat_->lock);
      more = heat_->engine.continue_copy (*copy_, tiles);
    }
    if (more)
      std::this_thread::sleep_for (pause);
  }
  return copy_->heat ();
}
