// SPDX-License-Identifier: LGPL-2.1-or-later
// What the heat is drawn on. With an opacity of 0 that is what is shown.
#include "background.h"

#include <gtest/gtest.h>

#include "engine.h"
#include "reference.h"
#include "videos.h"

namespace motionheat::test {
namespace {

constexpr Size kSize{64, 64};
constexpr int kYard = 60, kPerson = 210;

cv::Mat grey(int value) {
  return cv::Mat(kSize.height, kSize.width, CV_8UC3, cv::Scalar::all(value));
}

Engine averaging() {
  Engine engine;
  engine.set({.opacity = 0, .background = Background::kAverage});
  engine.configure({kBgr, {}, kSize});
  return engine;
}

// The empty yard, or in the time given a person in the middle of it, who is as high as the picture.
cv::Mat yard(double time, double enters, double leaves) {
  cv::Mat frame = grey(kYard);
  if (time >= enters && time < leaves) frame.colRange(20, 40).setTo(cv::Scalar::all(kPerson));
  return frame;
}

// By how many steps at most the average differs from the empty yard, while a video lasts.
double most_shown(double fps, double seconds, double enters, double leaves, double since) {
  Engine engine = averaging();
  double most = 0;
  for (int i = 0; i < seconds * fps; ++i) {
    engine.advance(1 / fps);
    const cv::Mat shown = processed(engine, yard(i / fps, enters, leaves));
    if (i / fps >= since) most = std::max(most, cv::norm(shown, grey(kYard), cv::NORM_INF));
  }
  return most;
}

TEST(Background, WhoPassesDoesNotShow) {
  for (const double fps : {5.0, 12.5, 25.0, 60.0, 240.0}) {
    // Of 150 grey steps for a second in a minute.
    EXPECT_LE(most_shown(fps, 65, 60, 61, 0), 5) << fps;
    // Who stays for three.
    EXPECT_LE(most_shown(fps, 70, 60, 63, 0), 10) << fps;
    EXPECT_GE(most_shown(fps, 70, 60, 63, 0), 5) << fps;
  }
}

// Who is there from the start on fades as in a mean of all frames.
TEST(Background, AYoungAverageIsThatOfAllFrames) {
  for (const double fps : {5.0, 25.0, 60.0}) {
    EXPECT_EQ(most_shown(fps, 1, 0, 1, 0), kPerson - kYard);
    for (const double time : {4.0, 8.0, 20.0, 50.0}) {
      const double expected = (kPerson - kYard) * 1 / time;
      EXPECT_NEAR(most_shown(fps, time + 0.7, 0, 1, time), expected, 3) << fps << ", " << time;
    }
  }
}

// No part of the picture is forgotten, and after some minutes the old picture is.
TEST(Background, FollowsTheStreamInAllRows) {
  for (const double fps : {5.0, 25.0, 60.0}) {
    Engine engine = averaging();
    for (int i = 0; i < 70 * fps; ++i) {
      engine.advance(1 / fps);
      processed(engine, grey(0));
    }
    cv::Mat shown;
    for (int i = 0; i < 60 * fps; ++i) {
      engine.advance(1 / fps);
      shown = processed(engine, grey(200));
    }
    double low, high;
    cv::minMaxLoc(shown.reshape(1), &low, &high);
    EXPECT_LE(high - low, 2) << fps;
    EXPECT_NEAR(high, 200 * (1 - std::exp(-1)), 2) << fps;
    for (int i = 0; i < 400 * fps; ++i) {
      engine.advance(1 / fps);
      shown = processed(engine, grey(200));
    }
    EXPECT_TRUE(same_picture(shown, grey(200))) << fps;
  }
}

// A frame stands for a second at most, as the first one after a hole, and for a 25th where nobody
// says what time it is.
TEST(Background, NoFrameWeighsMuch) {
  Engine engine = averaging();
  for (int i = 0; i < 1500; ++i) processed(engine, grey(kYard));
  engine.advance(7200);
  EXPECT_LE(cv::norm(processed(engine, grey(kPerson)), grey(kYard), cv::NORM_INF), 5);
  for (int i = 0; i < 500; ++i) processed(engine, grey(kYard));
  for (int i = 0; i < 24; ++i) processed(engine, grey(kPerson));
  EXPECT_LE(cv::norm(processed(engine, grey(kPerson)), grey(kYard), cv::NORM_INF), 7);
}

}  // namespace
}  // namespace motionheat::test
