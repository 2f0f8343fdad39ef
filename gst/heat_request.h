/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <memory>
#include <mutex>

#include "engine.h"
#include "heat_copy.h"

/* The heat at one moment, wanted by a thread that writes it to a file. That thread does the copying,
 * so that frames wait for a few tiles at most. */
class HeatRequest
{
public:
  /* The engine's lock is held. Throws std::bad_alloc. */
  HeatRequest (motionheat::Engine & engine, std::mutex & engine_lock)
      : engine_ (&engine), lock_ (&engine_lock), copy_ (engine.begin_copy ()) {}

  /* Completes the copy. The engine's lock is not held. Throws std::bad_alloc. */
  const motionheat::HeatMap & complete () const;

private:
  motionheat::Engine * engine_;
  std::mutex * lock_;
  std::shared_ptr < motionheat::HeatCopy > copy_;
};
