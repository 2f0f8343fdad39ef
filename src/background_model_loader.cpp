// SPDX-License-Identifier: LGPL-2.1-or-later
// In place of background_model.cpp: the models are in a module beside the plugin.
#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

#include "background_model.h"

namespace motionheat {
namespace {

MakeBackgroundModel* load() {
  // In the plugin's directory, which any of its own addresses leads to.
  Dl_info plugin;
  if (dladdr(reinterpret_cast<void*>(&load), &plugin) == 0)
    throw std::runtime_error("the plugin's own file is not known");
  const auto path = std::filesystem::path(plugin.dli_fname).replace_filename(DETECTORS_MODULE);
  void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* function = module ? dlsym(module, "motionheat_make_background_model") : nullptr;
  if (!function) throw std::runtime_error(dlerror());
  return reinterpret_cast<MakeBackgroundModel*>(function);
}

}  // namespace

cv::Ptr<cv::BackgroundSubtractor> make_background_model(Detector detector) {
  static MakeBackgroundModel* const make = load();  // tried again if it threw
  cv::Ptr<cv::BackgroundSubtractor> model;
  make(detector, model);
  return model;
}

}  // namespace motionheat
