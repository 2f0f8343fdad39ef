/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "preset.h"

static gchar **
get_property_names (GstPreset * preset)
{
  const GstPresetInterface *defaults =
      (const GstPresetInterface *) g_type_default_interface_peek (GST_TYPE_PRESET);
  gchar **names = defaults->get_property_names (preset);
  gsize kept = 0;

  for (gsize i = 0; names && names[i]; i++) {
    if (g_str_has_suffix (names[i], "-location"))
      g_free (names[i]);
    else
      names[kept++] = names[i];
  }
  if (names)
    names[kept] = nullptr;
  return names;
}

void
motion_heatmap_preset_init (gpointer iface, gpointer)
{
  ((GstPresetInterface *) iface)->get_property_names = get_property_names;
}
