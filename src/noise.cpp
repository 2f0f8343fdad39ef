// SPDX-License-Identifier: LGPL-2.1-or-later
#include "noise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "frame_seconds.h"
#include "shrink_gray.h"
#include "words.h"

namespace motionheat {
namespace {

// How far a smooth difference has to stand out of its noise to be motion, and beside motion. Above
// 5.7 sigma a Gaussian field of this smoothness rises once in ten million pixels.
constexpr double kStrong = 5.7;
constexpr double kWeak = 4.1;
// But not less than this, in grey.
constexpr double kLeastStrong = 4;

// Where classes of brightness end: noise depends on it most in the dark.
constexpr std::array<uint8_t, 3> kBounds = {24, 64, 128};

size_t class_of(uint8_t grey) {
  return size_t(grey >= kBounds[0]) + size_t(grey >= kBounds[1]) + size_t(grey >= kBounds[2]);
}

// In pixels of the half picture.
constexpr int kBeside = 3;

// Share of single pixels from which on there is noise, and below which there is none any more; and
// what is always there, where motion is thin: of a share, and in pixels of a picture.
constexpr double kSingleOn = 40e-6;
constexpr double kSingleOff = 20e-6;
constexpr double kSingleAlways = 12e-6;
constexpr double kSinglePixels = 6;
// So many are believed at once.
constexpr double kSingleMany = 80e-6;
// The tail that single pixels tell is believed by half at this share.
constexpr double kSingleHalf = 10e-6;
// The share of the noise that a codec leaves which passes the Gaussian: x264's between 300 and 800
// kbit/s 0.35 to 0.48, by what exceeds it once in ten thousand to a million pixels. Of independent
// pixels' noise it is 0.14, and no more than the second of these.
constexpr double kCorrelated = 0.5;
constexpr double kIndependent = 0.26;

// Normal differences exceed a threshold of so many sigma once in ten thousand pixels.
constexpr double kRare = 3.9;
// And of so many once in twelve.
constexpr double kOften = 1.75;

// Rows that are graded before they are compared.
constexpr int kGradedRows = 32;

constexpr int kSamples = 1 << 13;

// Share of the way to a new value after `seconds`.
double weight(double seconds, double time) {
  return std::min(1.0, seconds / time);
}

// The share of a normal distribution within so many sigma.
double share_within(double sigmas) {
  return std::erf(sigmas * M_SQRT1_2);
}

// The inverse, to within 1e-6.
double sigmas_of(double share) {
  double low = 0, high = 8;
  for (int i = 0; i < 23; ++i) {
    const double middle = (low + high) / 2;
    (share_within(middle) < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

struct Estimate {
  bool is_noise = false;  // there are enough values, and they look like noise
  double sigma = 0;
  int shift = 0;  // if they do not: what three quarters of them do not exceed
};

// The sigma of the normal distribution of which the small ones of these absolute values are:
// between 0 and the value that three tenths do not exceed. Motion is among the large ones, so that
// values beyond 2.5 sigma are left out, in turns. That a value is v means v - 0.5 to v + 0.5.
Estimate estimate(const std::array<uint32_t, 256>& histogram) {
  constexpr double kShare = 0.3, kWithin = 2.5;
  constexpr uint32_t kFewest = 64;
  std::array<uint32_t, 256> sums;
  uint32_t total = 0;
  for (int i = 0; i < 256; ++i) sums[size_t(i)] = total += histogram[size_t(i)];
  if (total < kFewest) return {};

  double n = total, sigma = 0;
  size_t at = 0;
  for (int turn = 0; turn < 3; ++turn) {
    at = size_t(std::lower_bound(sums.begin(), sums.end(), kShare * n) - sums.begin());
    if (sums[at] >= n) return {true, 0, 0};
    sigma = (double(at) + 0.5) / sigmas_of(sums[at] / n);
    const double last = std::min(255.0, std::floor(kWithin * sigma + 0.5));
    n = std::clamp(sums[size_t(last)] / share_within((last + 0.5) / sigma), kShare * total,
                   double(total));
  }
  // Where the light changes, all pixels do by about as much: there are no small differences.
  if (at >= 6 && sums[at / 2] < 0.25 * sums[at]) {
    const auto shift = std::lower_bound(sums.begin(), sums.end(), 0.75 * total);
    return {false, 0, int(shift - sums.begin())};
  }
  return {true, sigma, 0};
}

// Of the normal distribution that exceeds so many sigma with this probability.
double sigmas_beyond(double probability) {
  return sigmas_of(1 - std::clamp(probability, 1e-9, 0.5));
}

// All bits that are set in a row or up to `radius` (1 to 3) beside it: of five,
// 0000100000 becomes 0001110000 and then 0011111000.
void widen(const uint64_t* row, size_t words, int radius, uint64_t* wide) {
  for (size_t i = 0; i < words; ++i) {
    const uint64_t before = i > 0 ? row[i - 1] : 0, here = row[i];
    const uint64_t after = i + 1 < words ? row[i + 1] : 0;
    uint64_t sum = here;
    for (int r = 1; r <= radius; ++r)
      sum |= here << r | here >> r | before >> (64 - r) | after << (64 - r);
    wide[i] = sum;
  }
}

// Sets where a bit is among four or more of three by three. Bits are added 64 at once: those above
// each other to a sum of two bits, and three of these side by side to one more: that is four if two
// or more of its twos are set.
void add_dense(const uint64_t* above, const uint64_t* row, const uint64_t* below, size_t words,
               uint64_t* dense) {
  const auto most = [](uint64_t a, uint64_t b, uint64_t c) { return (a & b) | (c & (a | b)); };
  uint64_t ones_before = 0, twos_before = 0;
  for (size_t i = 0; i < words; ++i) {
    const uint64_t ones = above[i] ^ row[i] ^ below[i];
    const uint64_t twos = most(above[i], row[i], below[i]);
    uint64_t ones_after = 0, twos_after = 0;
    if (i + 1 < words) {
      ones_after = above[i + 1] ^ row[i + 1] ^ below[i + 1];
      twos_after = most(above[i + 1], row[i + 1], below[i + 1]);
    }
    const uint64_t left = twos << 1 | twos_before >> 63, right = twos >> 1 | twos_after << 63;
    const uint64_t carry = most(ones << 1 | ones_before >> 63, ones, ones >> 1 | ones_after << 63);
    dense[i] |= row[i] & (most(left, twos, right) | (carry & (left | twos | right)));
    ones_before = ones, twos_before = twos;
  }
}

// Each bit of 32 twice.
uint64_t twice(uint64_t bits) {
  bits = (bits | bits << 16) & 0x0000ffff0000ffff;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits << 2) & 0x3333333333333333;
  bits = (bits | bits << 1) & 0x5555555555555555;
  return bits | bits << 1;
}

// How many of `total` rows to go on by so that about `wanted` of the pixels in them are looked at.
int row_step(int64_t width, int total, int64_t wanted) {
  return int(std::clamp(width * total / wanted, int64_t{1}, int64_t{std::max(total, 1)}));
}

}  // namespace

void NoiseFilter::forget() {
  has_where_ = false;
  has_smooth_ = false;
}

size_t NoiseFilter::memory() const {
  size_t bytes = 0;
  for (const cv::Mat* mat : {&half_, &smooth_, &previous_smooth_, &grades_, &zeros_})
    bytes += mat->total();
  for (const Words* words : {&strong_, &weak_, &where_, &wide_, &around_})
    bytes += words->capacity() * sizeof(uint64_t);
  return bytes;
}

double NoiseFilter::sigma() const {
  return std::max(difference_, is_active_ ? tail_ : 0) * M_SQRT1_2;
}

int NoiseFilter::threshold(int least) const {
  // In what moves, too, pixels differ by noise alone.
  constexpr double kRise = 1.1;
  return std::clamp(int(kRise * std::min(present_, difference_)), least, std::max(least, 250));
}

RowStep NoiseFilter::sampled_rows(cv::Size size) {
  const int step = std::max(1, row_step(size.width, size.height, kSamples) / 4);
  return {step / 2, step};
}

void NoiseFilter::measure(const Frame& frame, const Pictures& sampled) {
  seconds_ = frame_seconds(frame.seconds, 10);
  // Pieces of rows, by turns others, so that samples are from all over the picture.
  constexpr int kPiece = 64;
  const auto [first, step] = sampled_rows(frame.size);
  const int width = frame.size.width;
  const int stride =
      kPiece * std::max<int>(1, int(int64_t{width} * (frame.size.height / step) / kSamples));
  // By turns: one after the other they would wait for each other.
  std::array<Histogram, 4> parts{};
  for (int y = 0; y < sampled.current.rows; ++y) {
    const uint8_t* const a = sampled.current.ptr(y);
    const uint8_t* const b = sampled.previous.ptr(y);
    const uint8_t* const counts = frame.counts ? frame.counts->ptr(first + y * step) : nullptr;
    for (int begin = y * kPiece % stride; begin < width; begin += stride) {
      const int end = std::min(begin + kPiece, width);
      for (int x = begin; x < end; ++x) {
        // What is black or white has lost its noise.
        if ((counts && counts[x] == 0) || a[x] < 4 || a[x] > 251) continue;
        ++parts[size_t(x) % parts.size()][size_t(std::abs(a[x] - b[x]))];
      }
    }
  }
  Histogram all{};
  for (const Histogram& part : parts)
    for (size_t i = 0; i < all.size(); ++i) all[i] += part[i];
  const Estimate estimated = estimate(all);
  if (!estimated.is_noise) {
    present_ = difference_;
    return;
  }
  present_ = estimated.sigma;
  const bool rises = present_ > difference_;
  difference_ += (has_measured_ ? weight(seconds_, rises ? 0.5 : 2) : 1) * (present_ - difference_);
  has_measured_ = true;
}

RowStep NoiseFilter::strips(cv::Size size) {
  constexpr int kPixels = 1 << 18;
  return {0, kStripRows * row_step(size.width, size.height, kPixels)};
}

// Cells, of a word of bits in each row of a strip, in which one pixel moved, of those in which none
// or one did: so what moves as a whole counts neither for nor against noise. Leaves and small
// figures leave single pixels, too, but not all over the picture: what counts is the median of its
// regions.
void NoiseFilter::count_single(const Frame& frame, kernels::Rows<const uint8_t> moved) {
  const int width = frame.size.width, height = frame.size.height;
  const int step = strips(frame.size).step;
  const auto region_of = [](int at, int length) {
    return size_t(unsigned(at) * unsigned(kRegionsAcross) / unsigned(length));
  };
  std::array<int64_t, kRegions> pixels{}, single{};
  for (int y = 0; y < height; y += step) {
    const int rows = std::min(kStripRows, height - y);
    const size_t first_region = region_of(y, height) * kRegionsAcross;
    for (int x = 0; x < width; x += 64) {
      uint64_t any = 0, several = 0;
      int row = y;
      for (int r = 0; r < rows; ++r) {
        const uint64_t word = load_word(moved[y + r] + x / 8);
        several |= any & word;
        if (word) row = y + r;
        any |= word;
      }
      if (several || !(std::has_single_bit(any) || any == 0)) continue;
      const int column = x + std::countr_zero(any);
      const int across = std::min(64, width - x);
      const auto counts = [&](int at, int of) { return frame.counts->at<uint8_t>(of, at) != 0; };
      if (frame.counts && !(any ? counts(column, row) : counts(x + across / 2, y))) continue;
      const size_t region = first_region + region_of(x, width);
      pixels[region] += int64_t{across} * rows;
      single[region] += any != 0;
    }
  }
  const auto sum = [](const auto& values) {
    return double(std::accumulate(values.begin(), values.end(), int64_t{0}));
  };
  const double step_on = weight(seconds_, sum(single) > kSingleMany * sum(pixels) ? 0.3 : 2);
  std::array<double, kRegions> shares;
  size_t n = 0;
  for (size_t i = 0; i < kRegions; ++i) {
    if (pixels[i] == 0) continue;
    singles_[i] += step_on * (double(single[i]) / double(pixels[i]) - singles_[i]);
    shares[n++] = singles_[i];
  }
  if (n == 0) return;
  const auto middle = shares.begin() + ptrdiff_t(n / 2);
  std::nth_element(shares.begin(), middle, shares.begin() + ptrdiff_t(n));
  single_ = std::max(0.0, *middle - kSingleAlways - kSinglePixels / (double(width) * height));
}

// Whether there is so much noise that the difference alone would tell false motion.
bool NoiseFilter::suspect(const Frame& frame, int threshold, kernels::Rows<const uint8_t> moved) {
  threshold_ = threshold;
  count_single(frame, moved);
  if (has_measured_) {
    const double belief = single_ / (single_ + kSingleHalf);
    tail_ = single_ > 0 ? belief * threshold / sigmas_beyond(single_) : 0;
    is_known_ = single_ > (is_active_ ? kSingleOff : kSingleOn) || difference_ * kRare > threshold;
    if (is_known_ || present_ * kRare > threshold) return true;
  }
  stop();
  return false;
}

void NoiseFilter::stop() {
  is_active_ = false;
  forget();
  smooth_sigma_ = -1;
}

void NoiseFilter::judge(const Frame& frame, const Pictures& pictures, bool continues) {
  follow_smooth(pictures, continues);
  measure_smooth(frame.counts);
  // What begins in this frame may also be a camera that was moved, or a crowd.
  is_active_ = is_known_ || present_smooth_ < kIndependent * present_;
  is_active_ ? find_motion() : stop();
}

void NoiseFilter::clear(const Frame& frame, kernels::Rows<uint8_t> moved) {
  if (!is_active_) return;
  if (!has_where_) {
    for (int y = 0; y < frame.size.height; ++y)
      std::memset(moved[y], 0, size_t(frame.size.width + 7) / 8);
    return;
  }
  // As much as the Gaussian takes off an edge, but less where many pixels differ by noise alone.
  spread(where_, std::max(present_, difference_) * kOften > threshold_ ? 1 : 2);
  clear_elsewhere(frame.size, moved);
}

// Makes this frame's smooth pictures.
void NoiseFilter::follow_smooth(const Pictures& pictures, bool continues) {
  const cv::Size half((pictures.current.cols + 1) / 2, (pictures.current.rows + 1) / 2);
  const bool has_previous = continues && has_smooth_ && smooth_.size() == half;
  cv::swap(smooth_, previous_smooth_);
  has_smooth_ = false;
  if (!has_previous) make_smooth(pictures.previous, previous_smooth_);
  make_smooth(pictures.current, smooth_);
  has_smooth_ = true;
}

void NoiseFilter::make_smooth(const cv::Mat& picture, cv::Mat& smooth) {
  half_.create((picture.rows + 1) / 2, (picture.cols + 1) / 2, CV_8UC1);
  for (int y = 0; y < half_.rows; ++y) shrink_gray_row(picture, 2, y, half_);
  cv::GaussianBlur(half_, smooth, cv::Size(5, 5), 1);
}

void NoiseFilter::measure_smooth(const cv::Mat* counts) {
  std::array<Histogram, kClasses> classes{};
  const int step = row_step(smooth_.cols, smooth_.rows, kSamples);
  for (int y = step / 2; y < smooth_.rows; y += step) {
    const uint8_t* const a = smooth_.ptr(y);
    const uint8_t* const b = previous_smooth_.ptr(y);
    const uint8_t* const row = counts ? counts->ptr(2 * y) : nullptr;
    for (int x = 0; x < smooth_.cols; ++x) {
      if ((row && row[2 * x] == 0) || a[x] < 4 || a[x] > 251) continue;
      ++classes[class_of(a[x])][size_t(std::abs(a[x] - b[x]))];
    }
  }
  Histogram all{};
  for (const Histogram& of_class : classes)
    for (size_t i = 0; i < all.size(); ++i) all[i] += of_class[i];
  const Estimate estimated = estimate(all);
  shift_ = estimated.shift;
  if (!estimated.is_noise) {
    present_smooth_ = std::max(0.0, smooth_sigma_);
    return;
  }
  present_smooth_ = estimated.sigma;
  const bool is_first = smooth_sigma_ < 0;
  if (is_first) smooth_sigma_ = present_smooth_;
  smooth_sigma_ += weight(seconds_, 2) * (present_smooth_ - smooth_sigma_);
  if (present_smooth_ < 0.5) return;
  for (size_t i = 0; i < kClasses; ++i) {
    const Estimate of_class = estimate(classes[i]);
    if (!of_class.is_noise) continue;
    // Down faster than up: what is bright may be what moves, but not always.
    const double ratio = std::clamp(of_class.sigma / present_smooth_, 0.5, 4.0);
    const double follows = is_first ? 1 : weight(seconds_, ratio < ratio_[i] ? 0.5 : 2);
    ratio_[i] += follows * (ratio - ratio_[i]);
  }
}

// Where anything moves, as bits of the half picture.
void NoiseFilter::find_motion() {
  if (where_of_ != smooth_.size()) {
    has_where_ = false;
    where_of_ = smooth_.size();
    words_ = size_t(smooth_.cols + 63) / 64;
    const size_t n = words_ * size_t(smooth_.rows);
    nothing_.assign(words_, 0);
    for (Words* each : {&strong_, &weak_, &where_, &wide_, &around_}) each->assign(n, 0);
  }
  if (!has_where_) std::fill(where_.begin(), where_.end(), 0);

  const double noise = std::max(present_smooth_, smooth_sigma_);
  const double tail = tail_ > std::max(present_, difference_) ? kCorrelated * tail_ : 0;
  is_independent_ = tail == 0 && present_smooth_ < kIndependent * present_;
  // A change of the light too small to be motion is none in addition to noise either.
  const double shift = shift_ <= threshold_ ? shift_ : 0;
  for (size_t i = 0; i < kClasses; ++i) {
    const double least = std::max(kLeastStrong / kStrong, std::max(noise * ratio_[i], tail));
    strong_limits_[i] = uint8_t(std::ceil(std::min(shift + kStrong * least, 255.0)));
    weak_limits_[i] = uint8_t(std::ceil(std::min(shift + kWeak * least, 255.0)));
  }
  for (int y = 0; y < smooth_.rows; y += kGradedRows)
    grade_rows(y, std::min(y + kGradedRows, smooth_.rows));
  has_where_ = join_in_space_and_time();
}

// Tells which of the smooth differences in these rows are strong and which are weak.
void NoiseFilter::grade_rows(int begin, int end) {
  const int width = smooth_.cols;
  if (zeros_.cols != width) zeros_ = cv::Mat::zeros(kGradedRows + 1, width, CV_8UC1);
  grades_.create(kGradedRows, width, CV_8UC1);
  const std::array<uint8_t, kClasses> strong = strong_limits_, weak = weak_limits_;
  for (int y = begin; y < end; ++y) {
    const uint8_t* __restrict const a = smooth_.ptr(y);
    const uint8_t* __restrict const b = previous_smooth_.ptr(y);
    uint8_t* __restrict const grade = grades_.ptr(y - begin);
    // Plain enough for compilers to do many at once.
    for (int x = 0; x < width; ++x) {
      const uint8_t here = a[x], before = b[x];
      const uint8_t difference = here > before ? uint8_t(here - before) : uint8_t(before - here);
      uint8_t high = strong[0], low = weak[0];
      high = here >= kBounds[0] ? strong[1] : high, low = here >= kBounds[0] ? weak[1] : low;
      high = here >= kBounds[1] ? strong[2] : high, low = here >= kBounds[1] ? weak[2] : low;
      high = here >= kBounds[2] ? strong[3] : high, low = here >= kBounds[2] ? weak[3] : low;
      grade[x] = uint8_t(uint8_t(difference >= high) + uint8_t(difference >= low));
    }
  }
  // A comparison leaves what it compared in place of the previous picture: after the first one the
  // grades, after the second one zeros again.
  const kernels::Extent extent{width, end - begin};
  const kernels::Rows<const uint8_t> grades{grades_.data, ptrdiff_t(grades_.step)};
  const kernels::Rows<const uint8_t> zero{zeros_.ptr(kGradedRows), 0};
  const kernels::Rows<uint8_t> previous{zeros_.data, ptrdiff_t(zeros_.step)};
  const auto bits = [&](Words& words) {
    return kernels::Rows<uint8_t>{reinterpret_cast<uint8_t*>(words.data() + words_ * size_t(begin)),
                                  ptrdiff_t(words_ * sizeof(uint64_t))};
  };
  const kernels::Kernels& k = kernels::active();
  k.compare_u8(grades, {1, 0}, previous, bits(strong_), extent, 1);
  k.compare_u8(zero, {1, 0}, previous, bits(weak_), extent, 0);
}

// What is strong or many weak ones together, and what is weak near that or near the last frame's
// motion. True if anything is.
bool NoiseFilter::join_in_space_and_time() {
  const int rows = smooth_.rows;
  const auto row_of = [&](int y) {
    return y < 0 || y >= rows ? nothing_.data() : &weak_[words_ * size_t(y)];
  };
  uint64_t any = 0;
  for (int y = 0; y < rows; ++y) {
    uint64_t* const strong = &strong_[words_ * size_t(y)];
    uint64_t* const where = &where_[words_ * size_t(y)];
    // What a codec leaves is together in space, too.
    if (is_independent_) add_dense(row_of(y - 1), row_of(y), row_of(y + 1), words_, strong);
    for (size_t i = 0; i < words_; ++i) any |= where[i] |= strong[i];
  }
  if (any == 0) return false;
  spread(where_, kBeside);
  any = 0;
  for (size_t i = 0; i < where_.size(); ++i)
    any |= where_[i] = strong_[i] | (weak_[i] & around_[i]);
  return any != 0;
}

// `around_` has what is set and all up to `radius` beside, above and below it.
void NoiseFilter::spread(const Words& bits, int radius) {
  const int rows = smooth_.rows;
  for (int y = 0; y < rows; ++y)
    widen(&bits[words_ * size_t(y)], words_, radius, &wide_[words_ * size_t(y)]);
  for (int y = 0; y < rows; ++y) {
    uint64_t* const around = &around_[words_ * size_t(y)];
    const int first = std::max(0, y - radius), last = std::min(rows - 1, y + radius);
    std::copy_n(&wide_[words_ * size_t(first)], words_, around);
    for (int other = first + 1; other <= last; ++other) {
      const uint64_t* const wide = &wide_[words_ * size_t(other)];
      for (size_t i = 0; i < words_; ++i) around[i] |= wide[i];
    }
  }
}

// Clears what moved at no bit of `around_`, of which each stands for two by two pixels.
void NoiseFilter::clear_elsewhere(cv::Size size, kernels::Rows<uint8_t> moved) const {
  const size_t moved_words = size_t(size.width + 63) / 64;
  for (int y = 0; y < size.height; y += 2) {
    const uint64_t* const around = &around_[words_ * size_t(y / 2)];
    uint8_t* const first = moved[y];
    uint8_t* const second = moved[std::min(y + 1, size.height - 1)];
    for (size_t i = 0; i < moved_words; ++i) {
      const uint64_t kept = twice(around[i / 2] >> (i % 2 ? 32 : 0) & 0xffffffff);
      store_word(load_word(first + 8 * i) & kept, first + 8 * i);
      store_word(load_word(second + 8 * i) & kept, second + 8 * i);
    }
  }
}

}  // namespace motionheat
