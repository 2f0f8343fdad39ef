/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shared_settings.h"

/* Whether a property may not be set now. */
bool
SharedSettings::refuses (guint prop_id, const GValue * value)
{
  if (prop_id != PROP_STATE_LOCATION)
    return false;
  const gchar *string = g_value_get_string (value);
  const std::string location = string ? string : "";
  std::string in_force;

  {
    std::lock_guard < std::mutex > lock (lock_);
    in_force = settings_.state_location;
    if (!started_ || in_force == location)
      return false;
  }
  outbox_.warn (GST_RESOURCE_ERROR_SETTINGS, "\"" + location +
      "\" cannot become the property state-location while the element plays: it stays \"" +
      in_force + "\" until READY");
  return true;
}

bool
SharedSettings::set (guint prop_id, const GValue * value)
{
  if (refuses (prop_id, value))
    return true;
  std::lock_guard < std::mutex > lock (lock_);
  return settings_.set (prop_id, value);
}

bool
SharedSettings::get (guint prop_id, GValue * value)
{
  std::lock_guard < std::mutex > lock (lock_);

  return settings_.get (prop_id, value);
}

MotionHeatmapSettings
SharedSettings::now ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return settings_;
}

void
SharedSettings::set_started (bool started)
{
  std::lock_guard < std::mutex > lock (lock_);

  started_ = started;
}

void
SharedSettings::replace_unavailable (motionheat::Detector & detector)
{
  if (detector != checked_detector_) {
    const std::string reason = motionheat::why_unavailable (detector);

    checked_detector_ = detector;
    detector_available_ = reason.empty ();
    if (!reason.empty ()) {
      GST_ELEMENT_WARNING (outbox_.element (), LIBRARY, INIT,
          ("The detector asked for (property detector) is not installed, and consecutive frames are "
              "compared instead: %s", reason.c_str ()), (nullptr));
    }
  }
  if (!detector_available_)
    detector = motionheat::Detector::kDifference;
}

void
SharedSettings::take (MotionHeatmapSettings & taken)
{
  {
    std::lock_guard < std::mutex > lock (lock_);
    taken = settings_;
    settings_.refusal.clear ();
  }
  if (!taken.refusal.empty ())
    outbox_.warn (GST_RESOURCE_ERROR_SETTINGS, taken.refusal);
  replace_unavailable (taken.engine.detector);
}
