/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <utility>

#include "warning.h"

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

std::optional < motionheat::State > StateKeeper::load (const std::string & location,
    const motionheat::State & empty)
{
  std::shared_ptr < motionheat::StateFile > file;
  std::optional < motionheat::State > state;
  std::string reason, fate, refusal;

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
    outcome_ = refusal;
    first_time_ = state && state->frames > 0 ? state->first_time : g_get_real_time ();
  }
  if (!reason.empty ())
    motion_heatmap_warn (element_, GST_RESOURCE_ERROR_READ, "Cannot go on with the heat in \"" +
        location + "\" (property state-location): " + reason + "; " + fate);
  return state;
}

void
StateKeeper::open ()
{
  std::lock_guard < std::mutex > lock (lock_);

  refusal_ = outcome_;
}

void
StateKeeper::close ()
{
  std::lock_guard < std::mutex > lock (lock_);

  refusal_ = "there is no stream yet";
  file_.reset ();
}

std::string StateKeeper::refusal ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return refusal_;
}

bool
StateKeeper::is_behind ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return waiting_.has_value ();
}

void
StateKeeper::save (const HeatRequest & heat, motionheat::State about)
{
  std::lock_guard < std::mutex > lock (lock_);

  if (!refusal_.empty ())
    return;
  about.first_time = first_time_;
  about.last_time = MAX (g_get_real_time (), first_time_);
  const bool has_job = waiting_.has_value ();
  waiting_ = Save {file_, heat, std::move (about)};
  if (!has_job)
    writer_.post ("\"" + location_ + "\" (property state-location)",
        [this, held = motion_heatmap_hold (element_), location = location_] {
          write_and_tell (location);
        });
}

/* Returns why it failed, or nothing. When it returns the file is free. */
std::string StateKeeper::write_waiting ()
{
  std::unique_lock < std::mutex > lock (lock_);
  Save save = *std::exchange (waiting_, std::nullopt);
  lock.unlock ();

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
StateKeeper::write_and_tell (const std::string & location)
{
  const std::string reason = write_waiting ();

  if (reason.empty ())
    gst_element_post_message (element_, gst_message_new_element (GST_OBJECT_CAST (element_),
            gst_structure_new ("motionheatmap-state", "location", G_TYPE_STRING,
                location.c_str (), nullptr)));
  else
    motion_heatmap_warn (element_, GST_RESOURCE_ERROR_WRITE, "Could not save \"" + location +
        "\" (property state-location): " + reason);
}
