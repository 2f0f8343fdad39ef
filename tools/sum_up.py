# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sums up a log of `meson test` (testlog.json): why tests failed, the first failure last, and how many
test cases passed and failed."""

import json
import re
import sys

MAX_LINES = 25  # of a failure
# What a failure looks like: of a sanitizer, of GoogleTest, of Check, of unittest. The first that is
# found is shown, so what was the cause stands before what follows from it.
FAILURES = [
    r'^(?:=+\d+=+ERROR: |WARNING: ThreadSanitizer|\S+ runtime error: ).*\n(?:(?!=====).*\n?)*',
    r'^\[ RUN .*\n(?:(?!\[ ).*\n)*?\S+:\d+: Failure\n(?:(?!\[ |\S+:\d+: Failure).*\n)*',
    r'^\S+:\d+:[FE]:.*(?:\n(?!\S+:\d+:[A-Z]:|Check suite ).*)*',
    r'^(?:FAIL|ERROR): .*\n-+\n(?:(?!=====|-----).*\n)*',
]


def read(path):
    with open(path, encoding='utf-8') as log:
        return [json.loads(line) for line in log]


def output(test):
    return test.get('stdout', '') + '\n' + test.get('stderr', '')


def failed(test):
    return test['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP')


def count(test):
    """The cases (passed, failed, skipped) of a test program of GoogleTest, Check or unittest."""
    text = output(test)

    def lines(pattern):
        return re.findall(pattern, text, re.MULTILINE)

    passed = len(lines(r'^\[ +OK \] '))
    bad = len(lines(r'^\[ +FAILED +\] .*\(\d+ ms\)$'))
    skipped = len(lines(r'^\[ +SKIPPED +\] .*\(\d+ ms\)$'))
    for figures in lines(r'^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)'):
        checks, failures, errors = map(int, figures)
        passed += checks - failures - errors
        bad += failures + errors
    for ran, outcome in lines(r'^Ran (\d+) tests? in .*\n\n(?:OK|FAILED)(.*)$'):
        wrong = sum(map(int, re.findall(r'(?:failures|errors)=(\d+)', outcome)))
        left_out = sum(map(int, re.findall(r'skipped=(\d+)', outcome)))
        passed += int(ran) - wrong - left_out
        bad += wrong
        skipped += left_out

    # A program can fail beside its cases: it crashes, leaks or takes too long.
    if failed(test):
        bad = max(bad, 1)
    if passed + bad + skipped == 0:
        return (0, 0, 1) if test['result'] == 'SKIP' else (1, 0, 0)
    return passed, bad, skipped


def reason(test):
    """What a program that failed said of its first failure."""
    text = output(test)
    found = next(filter(None, (re.search(p, text, re.MULTILINE) for p in FAILURES)), None)
    if found:
        lines = found[0].strip().splitlines()
        return lines[:MAX_LINES] + (['...'] if len(lines) > MAX_LINES else [])
    lines = [line for line in text.splitlines() if line.strip()]
    return [f'It ended with {test["result"]} ({test["returncode"]}), and said last:', *lines[-10:]]


def main():
    tests = read(sys.argv[1])
    if not tests:
        sys.exit('error: no test was run')
    bad = sorted(filter(failed, tests), key=lambda test: test['starttime'])
    for test in reversed(bad):
        title = 'First failure' if test is bad[0] else 'Failure'
        print(f'\n{title}: {test["name"]}', *reason(test), sep='\n  ')
    if bad:
        print(f'\nWhole logs: {sys.argv[1].removesuffix(".json")}.txt')
    passed, wrong, skipped = map(sum, zip(*map(count, tests)))
    print(f'{passed} passed, {wrong} failed' + (f', {skipped} skipped' if skipped else ''))


if __name__ == '__main__':
    main()
