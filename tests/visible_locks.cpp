// SPDX-License-Identifier: LGPL-2.1-or-later
// To be preloaded under ThreadSanitizer, which sees neither the locks of GLib, futexes in a library
// that was built without it, nor how a pool of OpenCV's hands on work: tells it of both. It is
// built without ThreadSanitizer itself.
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

#include <mutex>
#include <opencv2/core/utility.hpp>

namespace {

// The function that this library's stands before.
template <typename Function>
Function* next(const char* symbol) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, symbol));
}

// A share of work whose thread knows what its giver did, and the other way round.
class Body : public cv::ParallelLoopBody {
 public:
  explicit Body(const cv::ParallelLoopBody& body) : body_(body) { __tsan_release(given()); }
  void operator()(const cv::Range& range) const override {
    __tsan_acquire(given());
    body_(range);
    __tsan_release(done());
  }
  void wait() { __tsan_acquire(done()); }

 private:
  void* given() const { return const_cast<char*>(&given_); }
  void* done() const { return const_cast<char*>(&done_); }

  const cv::ParallelLoopBody& body_;
  char given_ = 0, done_ = 0;
};

}  // namespace

void cv::parallel_for_(const cv::Range& range, const cv::ParallelLoopBody& body, double stripes) {
  static const auto real = next<void(const cv::Range&, const cv::ParallelLoopBody&, double)>(
      "_ZN2cv13parallel_for_ERKNS_5RangeERKNS_16ParallelLoopBodyEd");
  Body visible(body);
  real(range, visible, stripes);
  visible.wait();
}

void g_mutex_lock(GMutex* mutex) {
  static const auto real = next<decltype(g_mutex_lock)>("g_mutex_lock");
  real(mutex);
  __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
  static const auto real = next<decltype(g_mutex_trylock)>("g_mutex_trylock");
  if (!real(mutex)) return FALSE;
  __tsan_acquire(mutex);
  return TRUE;
}

void g_mutex_unlock(GMutex* mutex) {
  static const auto real = next<decltype(g_mutex_unlock)>("g_mutex_unlock");
  __tsan_release(mutex);
  real(mutex);
}

void g_cond_wait(GCond* cond, GMutex* mutex) {
  static const auto real = next<decltype(g_cond_wait)>("g_cond_wait");
  __tsan_release(mutex);
  real(cond, mutex);
  __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* cond, GMutex* mutex, gint64 end_time) {
  static const auto real = next<decltype(g_cond_wait_until)>("g_cond_wait_until");
  __tsan_release(mutex);
  const gboolean signalled = real(cond, mutex, end_time);
  __tsan_acquire(mutex);
  return signalled;
}

// GLib keeps the texts under a lock of its own.
const gchar* g_strerror(gint error) {
  static const auto real = next<decltype(g_strerror)>("g_strerror");
  static std::mutex one_by_one;
  std::lock_guard lock(one_by_one);
  const gchar* text = real(error);
  __tsan_acquire(&one_by_one);
  __tsan_release(&one_by_one);
  return text;
}
