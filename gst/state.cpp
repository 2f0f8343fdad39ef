/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <system_error>
#include <utility>

using motionheat::StateError;

/* Renames a file that cannot be gone on with. Returns what became of it. */
static std::string
set_aside (motionheat::StateFile & file, const StateError & fault)
{
  try {
    return "it was renamed to \"" + file.set_aside () + "\"";
  } catch (const StateError & e) {
    throw StateError (e.kind, std::string (fault.what ()) + ", and it cannot be renamed: " + e.what ());
  }
}

/* Where no file can be written now saving will tell, if that is still so. */
static void
reserve (motionheat::StateFile & file, motionheat::State empty)
{
  try {
    empty.counts.resize ((gsize) empty.size.area ());
    empty.first_time = empty.last_time = g_get_real_time ();
    file.reserve (empty);
  } catch (const StateError & e) {
    if (e.kind == StateError::kInUse)
      throw;
  }
}

/* What a state says besides counts and times. The heat's lock is held. */
motionheat::State StateKeeper::describe (const MotionHeatmapSettings & settings) const
{
  const motionheat::Engine & engine = heat_.engine;

  return {.size = engine.heat ().grid ().size (), .frames = engine.frames (),
    .skipped = engine.skipped (), .half_life = settings.half_life,
    .settings = settings.counting ()};
}

/* Returns what an earlier run left. `refusal`: why nothing may be saved there. */
std::optional < motionheat::State > StateKeeper::take_file (const std::string & location,
    const motionheat::State & empty, std::string & refusal)
{
  std::shared_ptr < motionheat::StateFile > file;
  std::optional < motionheat::State > state;
  std::string reason, fate;

  try {
    if (location.empty ()) {
      refusal = "the property state-location is not set";
    } else {
      file = std::make_shared < motionheat::StateFile > (location);
      try {
        state = file->load (empty.size);
      } catch (const StateError & e) {
        if (e.kind == StateError::kUnreadable)
          throw;
        fate = set_aside (*file, e);
        reason = e.what ();
      }
      if (!state)
        reserve (*file, empty);
    }
  } catch (const StateError & e) {
    reason = refusal = e.what ();
  } catch (const std::bad_alloc &) {
    reason = refusal = "not enough memory";
  }
  if (!refusal.empty ()) {
    file.reset ();
    fate = "it stays as it is, and nothing is saved there";
  }

  {
    std::lock_guard < std::mutex > lock (lock_);
    location_ = location;
    file_ = file;
    first_time_ = state && state->frames > 0 ? state->first_time : g_get_real_time ();
  }
  if (!reason.empty ())
    outbox_.warn (GST_RESOURCE_ERROR_READ, "Cannot go on with the heat in \"" +
        location + "\" (property state-location): " + reason + "; " + fate);
  return state;
}

void
StateKeeper::load (const MotionHeatmapSettings & settings)
{
  std::unique_lock < std::mutex > heat_lock (heat_.lock);
  const motionheat::State empty = describe (settings);
  heat_lock.unlock ();

  std::string refusal;
  const auto state = take_file (settings.state_location, empty, refusal);
  if (state) {
    const auto heat = motionheat::HeatMap::of (state->size, state->counts, state->unit);

    heat_lock.lock ();
    heat_.engine.restore (heat, state->frames, state->skipped);
    heat_lock.unlock ();
  }
  /* not before it is in the map */
  std::lock_guard < std::mutex > lock (lock_);
  refusal_ = refusal;
}

void
StateKeeper::close ()
{
  std::lock_guard < std::mutex > lock (lock_);

  refusal_ = "there is no stream yet";
  file_.reset ();
}

bool
StateKeeper::is_behind ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return waiting_.has_value ();
}

std::string StateKeeper::save (const MotionHeatmapSettings & settings, Outbox::Kind kind)
{
  try {
    return request (settings, kind);
  } catch (const std::bad_alloc &) {
    warn (settings.state_location, "not enough memory", kind);
  } catch (const std::system_error & error) {
    warn (settings.state_location, error.what (), kind);
  }
  return "";
}

std::string StateKeeper::request (const MotionHeatmapSettings & settings, Outbox::Kind kind)
{
  /* to the end, so that a later one is not saved first */
  std::lock_guard < std::mutex > heat_lock (heat_.lock);
  std::lock_guard < std::mutex > lock (lock_);

  if (!refusal_.empty ())
    return refusal_;
  motionheat::State about = describe (settings);
  about.first_time = first_time_;
  about.last_time = MAX (g_get_real_time (), first_time_);
  const bool has_job = waiting_.has_value ();
  if (has_job && waiting_->kind == Outbox::Kind::kOwed)
    kind = Outbox::Kind::kOwed;
  Save save = { file_, HeatRequest (heat_), std::move (about), kind };
  if (!has_job)
    writer_.post ("\"" + location_ + "\" (property state-location)",
        [this, held = motion_heatmap_hold (outbox_.element ()), location = location_] {
          write_waiting (location);
        });
  waiting_ = std::move (save);
  return "";
}

/* Returns why it failed, or nothing. */
std::string StateKeeper::write (Save & save)
{
  try {
    motionheat::State & state = save.about;
    const motionheat::HeatMap & heat = save.heat.complete ();

    state.size = heat.grid ().size ();
    state.unit = heat.unit ();
    state.counts = heat.counts ();
    save.file->save (state);
  } catch (const std::exception & e) {
    return e.what ();
  }
  return "";
}

void
StateKeeper::write_waiting (const std::string & location)
{
  std::unique_lock < std::mutex > lock (lock_);
  std::optional < Save > save = std::exchange (waiting_, std::nullopt);
  lock.unlock ();

  const std::string reason = write (*save);
  const Outbox::Kind kind = save->kind;
  /* whoever reads the message finds the file free */
  save.reset ();
  if (reason.empty ())
    outbox_.post (gst_structure_new ("motionheatmap-state",
            "location", G_TYPE_STRING, location.c_str (), nullptr), kind);
  else
    warn (location, reason, kind);
}

void
StateKeeper::warn (const std::string & location, const std::string & reason, Outbox::Kind kind)
{
  outbox_.warn (GST_RESOURCE_ERROR_WRITE, "Could not save \"" + location +
      "\" (property state-location): " + reason, kind);
}
