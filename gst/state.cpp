/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <memory>
#include <utility>

std::optional < motionheat::State > StateKeeper::load (const std::string & location,
    motionheat::Size limit)
{
  std::optional < motionheat::State > state;
  std::string reason, fate, refusal;

  if (location.empty ()) {
    refusal = "the property state-location is not set";
  } else {
    try {
      state = motionheat::load_state (location, limit);
    } catch (const motionheat::StateError & e) {
      if (e.kind != motionheat::StateError::kMissing)
        reason = e.what ();
      if (e.kind == motionheat::StateError::kUnreadable) {
        refusal = reason;
      } else if (!reason.empty ()) {
        try {
          fate = "it was renamed to \"" + motionheat::set_aside (location) + "\"";
        } catch (const motionheat::StateError & failure) {
          refusal = reason + ", and it cannot be renamed: " + failure.what ();
          reason = refusal;
        }
      }
    } catch (const std::bad_alloc &) {
      reason = refusal = "not enough memory";
    }
  }

  {
    std::lock_guard < std::mutex > lock (lock_);
    location_ = location;
    outcome_ = refusal;
    first_time_ = state ? state->first_time : g_get_real_time ();
  }
  if (!reason.empty ()) {
    if (!refusal.empty ())
      fate = "it stays as it is, and nothing is saved there";
    GST_ELEMENT_WARNING (element_, RESOURCE, READ,
        ("Cannot go on with the heat in \"%s\" (property state-location): %s; %s",
            location.c_str (), reason.c_str (), fate.c_str ()), (nullptr));
  }
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
}

std::string StateKeeper::refusal ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return refusal_;
}

void
StateKeeper::save (std::shared_ptr < const motionheat::HeatMap > heat, motionheat::State about)
{
  std::lock_guard < std::mutex > lock (lock_);

  if (!refusal_.empty ())
    return;
  about.first_time = first_time_;
  about.last_time = MAX (g_get_real_time (), first_time_);

  writer_.post ([element = element_, location = location_, heat, about] {
        motionheat::State state = about;
        std::string reason;
        try {
          state.size = heat->grid ().size ();
          state.unit = heat->unit ();
          state.counts = heat->counts ();
          motionheat::save_state (location, state);
        } catch (const std::exception & e) {
          reason = e.what ();
        }
        if (reason.empty ())
          gst_element_post_message (element, gst_message_new_element (GST_OBJECT_CAST (element),
                  gst_structure_new ("motionheatmap-state",
                      "location", G_TYPE_STRING, location.c_str (), nullptr)));
        else
          GST_ELEMENT_WARNING (element, RESOURCE, WRITE,
              ("Could not save \"%s\" (property state-location): %s", location.c_str (),
                  reason.c_str ()), (nullptr));
      });
}
