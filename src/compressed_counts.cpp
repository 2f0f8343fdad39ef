// SPDX-License-Identifier: LGPL-2.1-or-later
#include "compressed_counts.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "resampling.h"

namespace motionheat {
namespace {

constexpr size_t kMaxRatio = 1032;  // of zlib: 258 bytes take two bits

struct Deflate {
  static constexpr int kEnd = Z_FINISH;
  static int start(z_stream* stream) { return deflateInit(stream, Z_BEST_SPEED); }
  static int run(z_stream* stream, int flush) { return deflate(stream, flush); }
  static void end(z_stream* stream) { deflateEnd(stream); }
};

struct Inflate {
  static constexpr int kEnd = Z_NO_FLUSH;  // it sees the end by itself
  static int start(z_stream* stream) { return inflateInit(stream); }
  static int run(z_stream* stream, int flush) { return inflate(stream, flush); }
  static void end(z_stream* stream) { inflateEnd(stream); }
};

// A stream of zlib that is written (Deflate) or read (Inflate).
template <typename Coder>
class ZlibStream {
 public:
  ZlibStream() {
    if (Coder::start(&stream_) != Z_OK) throw std::bad_alloc();
  }
  ~ZlibStream() { Coder::end(&stream_); }
  ZlibStream(const ZlibStream&) = delete;
  ZlibStream& operator=(const ZlibStream&) = delete;

  // Takes `input` and hands the output to `write`, part by part. Without `last` more input will
  // come. Returns how many bytes of input lie behind the end of the stream.
  template <typename Write>
  size_t convert(std::span<const uint8_t> input, bool last, Write write) {
    constexpr size_t kMaxInput = size_t(1) << 30;  // zlib counts in 32 bits
    std::array<uint8_t, 1 << 16> output;
    int result = Z_OK;
    while (result == Z_OK && (last || !input.empty())) {
      const size_t size = std::min(input.size(), kMaxInput);
      stream_.next_in = const_cast<Bytef*>(input.data());
      stream_.avail_in = uInt(size);
      stream_.next_out = output.data();
      stream_.avail_out = uInt(output.size());
      result = Coder::run(&stream_, last && size == input.size() ? Coder::kEnd : Z_NO_FLUSH);
      input = input.subspan(size - stream_.avail_in);
      write(std::span<const uint8_t>(output.data(), output.size() - stream_.avail_out));
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_STREAM_END)
      throw DamagedCounts("the counts do not decompress");
    return input.size();
  }

 private:
  z_stream stream_{};
};

// Puts counts together of their bytes, which come plane by plane, in a map that may be smaller:
// those that fall together there are added up, and their mean is taken at the end.
class CountsReader {
 public:
  CountsReader(Size from, Size to, int n_bytes)
      : from_(from),
        to_(to),
        n_bytes_(n_bytes),
        xs_(from.width, to.width),
        ys_(from.height, to.height),
        sums_(size_t(to.area())) {}

  void add(std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
      if (is_complete()) throw DamagedCounts("there are too many counts");
      const size_t n = std::min(bytes.size(), size_t(xs_.end(column_) - x_));
      uint64_t sum = 0;
      for (const uint8_t byte : bytes.first(n)) sum += byte;
      sums_[size_t(row_) * to_.width + column_] += sum << 8 * byte_;
      bytes = bytes.subspan(n);
      x_ += int(n);
      if (x_ == xs_.end(column_)) next();
    }
  }

  bool is_complete() const { return byte_ == n_bytes_; }

  std::vector<uint64_t> means() && {
    for (int row = 0; row < to_.height; ++row)
      for (int column = 0; column < to_.width; ++column) {
        uint64_t& sum = sums_[size_t(row) * to_.width + column];
        sum = mean_count(sum, uint64_t(xs_.count(column)) * uint64_t(ys_.count(row)));
      }
    return std::move(sums_);
  }

 private:
  // Goes on behind what falls together in a row.
  void next() {
    if (++column_ < to_.width) return;
    column_ = x_ = 0;
    if (++y_ == ys_.end(row_)) ++row_;
    if (y_ < from_.height) return;
    y_ = row_ = 0;
    ++byte_;
  }

  Size from_;
  Size to_;  // no larger either way
  int n_bytes_;
  ResampledAxis xs_;
  ResampledAxis ys_;
  std::vector<uint64_t> sums_;
  int byte_ = 0;
  int x_ = 0, y_ = 0;         // of the next byte
  int column_ = 0, row_ = 0;  // that it falls into
};

}  // namespace

std::vector<uint8_t> compress_counts(const std::vector<uint64_t>& counts, int n_bytes) {
  ZlibStream<Deflate> compressor;
  std::vector<uint8_t> compressed;
  const auto write = [&](std::span<const uint8_t> part) {
    compressed.insert(compressed.end(), part.begin(), part.end());
  };
  std::vector<uint8_t> part(1 << 16);
  for (int byte = 0; byte < n_bytes; ++byte) {
    for (size_t i = 0; i < counts.size(); i += part.size()) {
      const size_t size = std::min(part.size(), counts.size() - i);
      for (size_t j = 0; j < size; ++j) part[j] = uint8_t(counts[i + j] >> 8 * byte);
      compressor.convert({part.data(), size}, false, write);
    }
  }
  compressor.convert({}, true, write);
  return compressed;
}

std::vector<uint64_t> decompress_counts(std::span<const uint8_t> compressed, Size size, Size to,
                                        int n_bytes) {
  if (size_t(size.area()) * size_t(n_bytes) / kMaxRatio > compressed.size())
    throw DamagedCounts("counts are missing");
  ZlibStream<Inflate> decompressor;
  CountsReader counts(size, to, n_bytes);
  const size_t rest = decompressor.convert(
      compressed, true, [&](std::span<const uint8_t> part) { counts.add(part); });
  if (!counts.is_complete() || rest != 0) throw DamagedCounts("the number of counts is wrong");
  return std::move(counts).means();
}

}  // namespace motionheat
