// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gst/gst.h>
#include <gtest/gtest.h>

constexpr int kMesonSkip = 77;

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  const auto* tests = testing::UnitTest::GetInstance();
  return tests->skipped_test_count() > 0 &&
                 tests->skipped_test_count() == tests->test_to_run_count()
             ? kMesonSkip
             : result;
}
