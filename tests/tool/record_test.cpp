// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pieces of a video may be joined.
#include "record.h"

#include <gtest/gtest.h>

namespace tool {
namespace {

constexpr uint64_t kFrame = 40'000'000;

SeamFrame frame(int number) {
  return {uint64_t(number) * kFrame, std::to_string(number)};
}

// A piece of the frames from one number up to another, as it is when both its ends were seen.
PieceRecord piece(int begin, int end) {
  PieceRecord record;
  record.span = {uint64_t(begin) * kFrame, uint64_t(end) * kFrame};
  if (begin > 0) record.before_begin = frame(begin - 1);
  record.at_begin = frame(begin);
  record.before_end = frame(end - 1);
  record.at_end = frame(end);
  return record;
}

// One that was stopped, which ends with its last frame: up to this one.
PieceRecord stopped(int end) {
  PieceRecord record = piece(0, end);
  record.span.end = record.before_end->time + 1;
  return record;
}

TEST(SeamFault, NoneWhereFramesAgree) {
  EXPECT_EQ(seam_fault(piece(0, 5), piece(5, 9)), "");
  EXPECT_EQ(seam_fault(stopped(5), piece(5, 9)), "");
}

TEST(SeamFault, NoneOfAStoppedPieceThatDidNotSeeTheNextFrame) {
  for (const int frames : {1, 2, 5}) {
    PieceRecord before = stopped(frames);
    before.at_end.reset();
    EXPECT_EQ(seam_fault(before, piece(frames, 9)), "") << frames;
    EXPECT_NE(seam_fault(before, piece(frames + 1, 9)), "") << frames;
  }
}

TEST(SeamFault, WhereFramesDiffer) {
  PieceRecord before = piece(0, 5);
  before.before_end->digest = "another";
  EXPECT_NE(seam_fault(before, piece(5, 9)), "");
  before = piece(0, 5);
  before.at_end->digest = "another";
  EXPECT_NE(seam_fault(before, piece(5, 9)), "");
  EXPECT_NE(seam_fault(piece(0, 5), piece(6, 9)), "");
}

TEST(SeamFault, WhereASideIsNotKnown) {
  PieceRecord before = piece(0, 5);
  before.at_end.reset();
  EXPECT_NE(seam_fault(before, piece(5, 9)), "");
  PieceRecord after = piece(5, 9);
  after.before_begin.reset();
  EXPECT_NE(seam_fault(piece(0, 5), after), "");
  EXPECT_NE(seam_fault(stopped(5), after), "");
  after.at_begin.reset();
  EXPECT_EQ(seam_fault(before, after), "");  // the stream ended before the cut
}

}  // namespace
}  // namespace tool
