/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <mutex>

#include "continuity.h"
#include "engine.h"
#include "heat_copy.h"

/* The heat and the frame that it is up to. Whoever uses them holds the lock: the streaming thread for
 * its work on a frame, others while they read figures or clear the map; nobody while posting or
 * pushing. What says so takes it itself. The stream's format only the streaming thread changes, which
 * may read it without. */
struct Heat
{
  std::mutex lock;
  motionheat::Engine engine;
  FrameTimes times;
  bool period_over = false;     /* of the figures in reports; a new one begins with the next frame */

  /* Does with a frame what `verdict` says; draws on `drawn`, if there is one, in any case. `step`:
   * the stream time since the frame before. False if it was to be analysed, but the light changed in
   * it or the camera turned. Takes the lock. */
  bool frame (const motionheat::ConstFrameView & in, const motionheat::FrameView * drawn,
      const Continuity::Verdict & verdict, GstClockTime step, const FrameTimes & of_frame,
      const motionheat::Settings & settings);

  /* Forgets the heat, or the stream, too. Takes the lock. */
  void reset ();
  void clear ();
};

/* The heat at one moment, wanted by a thread that writes it to a file. That thread does the copying,
 * so that frames wait for a few tiles at most. */
class HeatRequest
{
public:
  /* The heat's lock is held. Throws std::bad_alloc. */
  explicit HeatRequest (Heat & heat) : heat_ (&heat), copy_ (heat.engine.begin_copy ()) {}

  /* Completes the copy. The heat's lock is not held. Throws std::bad_alloc. */
  const motionheat::HeatMap & complete () const;

private:
  Heat *heat_;
  std::shared_ptr < motionheat::HeatCopy > copy_;
};
