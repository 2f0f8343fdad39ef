/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shared_settings.h"

#include <utility>

#include "mask_file.h"

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
  if (prop_id == PROP_MASK_LOCATION) {
    set_mask (value);
    return true;
  }
  std::lock_guard < std::mutex > lock (lock_);
  return settings_.set (prop_id, value);
}

/* The file is read without the lock: frames go on meanwhile. */
void
SharedSettings::set_mask (const GValue * value)
{
  const gchar *string = g_value_get_string (value);
  const std::string location = string ? string : "";
  std::shared_ptr < const motionheat::MaskImage > mask;
  std::string reason;

  if (!location.empty ())
    mask = motion_heatmap_read_mask (location, reason);
  std::lock_guard < std::mutex > lock (lock_);
  settings_.set_mask (location, std::move (mask), reason);
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

bool
SharedSettings::attaches_boxes ()
{
  std::lock_guard < std::mutex > lock (lock_);

  return settings_.roi_meta;
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
    settings_.refusals.clear ();
  }
  for (const std::string & refusal : taken.refusals)
    outbox_.warn (GST_RESOURCE_ERROR_SETTINGS, refusal);
  replace_unavailable (taken.engine.detector);
  taken.engine.finds_boxes = taken.post_messages || taken.roi_meta;
}
