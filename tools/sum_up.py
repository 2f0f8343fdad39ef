# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints how many test cases of a log of `meson test` (testlog.json) passed and failed."""

import json
import re
import sys


def count(test):
    """The cases (passed, failed, skipped) of a test program of GoogleTest, Check or unittest."""
    text = test.get('stdout', '') + '\n' + test.get('stderr', '')

    def lines(pattern):
        return re.findall(pattern, text, re.MULTILINE)

    passed = len(lines(r'^\[ +OK \] '))
    failed = len(lines(r'^\[ +FAILED +\] .*\(\d+ ms\)$'))
    skipped = len(lines(r'^\[ +SKIPPED +\] .*\(\d+ ms\)$'))
    for figures in lines(r'^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)'):
        checks, failures, errors = map(int, figures)
        passed += checks - failures - errors
        failed += failures + errors
    for ran, outcome in lines(r'^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(.*)$'):
        bad = sum(map(int, re.findall(r'(?:failures|errors)=(\d+)', outcome)))
        left_out = sum(map(int, re.findall(r'skipped=(\d+)', outcome)))
        passed += int(ran) - bad - left_out
        failed += bad
        skipped += left_out

    # A program can fail beside its cases: it crashes, leaks or takes too long.
    if test['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP'):
        failed = max(failed, 1)
    if passed + failed + skipped == 0:
        return (0, 0, 1) if test['result'] == 'SKIP' else (1, 0, 0)
    return passed, failed, skipped


with open(sys.argv[1], encoding='utf-8') as log:
    totals = [sum(column) for column in zip(*(count(json.loads(line)) for line in log))]
passed, failed, skipped = totals or (0, 0, 0)
print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
