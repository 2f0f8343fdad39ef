#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plants faults in copies of this project, one at a time, and tells which of them the tests notice.

The faults stand in faults.toml. Each has a name; `what` it stands for; the `file`; the `old` text,
which the file must contain exactly once; and the `new` text. One with `threads = true` is looked for
under ThreadSanitizer.
"""

import argparse
import concurrent.futures
import os
import queue
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
import sum_up  # noqa: E402

# Those that look for leaks, or at pixels once more on another set of kernels, would add little.
TESTS = ['core', 'core-allocations', 'core-want-of-memory', 'check-*', 'real-launch',
         'real-messages', 'real-examples', 'real-scene', 'merge']
LEFT_OUT = ['*-leaks', 'check-formats-*', 'check-endurance']
SLOW = [['check-snapshot', 'check-state'], ['check-formats', 'real-*', 'merge']]
# A fault in the command is seen by its own tests, those of the element know nothing of it.
TOOL = 'tools/'
TOOL_TESTS = ['tool', 'tool-*', 'scaling', 'merge']
TOOL_SLOW = [['tool-exact', 'tool-life', 'tool-inputs'], ['scaling']]
# Only a fault in here can be seen by the tests of the core, or by those that compare sets of kernels.
CORE = 'src/'
KERNELS = 'src/kernels/'
KERNEL_TESTS = '*KernelSet.*'
# Without ThreadSanitizer: a program of GoogleTest stops at its first failure, and what hangs is given
# less time.
QUICK = {'GTEST_FAIL_FAST': '1', 'CK_TIMEOUT_MULTIPLIER': '0.5'}


def matches(name, patterns):
    return any(Path(name).match(pattern) for pattern in patterns)


def rounds(tests, file):
    """The tests that may notice a change in a file, the quick ones first."""
    is_tool = file.startswith(TOOL)
    wanted = [test for test in tests
              if matches(test, TOOL_TESTS if is_tool else TESTS) and not matches(test, LEFT_OUT)
              and (file.startswith(CORE) or not test.startswith('core'))]
    slow = [[test for test in wanted if matches(test, patterns)]
            for patterns in (TOOL_SLOW if is_tool else SLOW)]
    return [[test for test in wanted if test not in sum(slow, [])], *slow]


class Failure(Exception):
    pass


def faults(pattern):
    with open(Path(__file__).with_name('faults.toml'), 'rb') as file:
        every = tomllib.load(file)['fault']
    names = [fault['name'] for fault in every]
    for fault in every:
        where = f'{fault["name"]}, {fault["file"]}'
        found = (ROOT / fault['file']).read_text(encoding='utf-8').count(fault['old'])
        if found != 1:
            raise Failure(f'{where}: the old text is there {found} times')
        if names.count(fault['name']) != 1:
            raise Failure(f'{where}: another fault has this name')
    return [fault for fault in every if re.search(pattern, fault['name'])]


class Copy:
    """A copy of the project that is built and tested over and over."""

    def __init__(self, directory):
        self.tree = directory / 'tree'
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(ROOT, self.tree, symlinks=True,
                        ignore=shutil.ignore_patterns('build*', 'out', '.git', '__pycache__'))
        # What one copy compiled, ccache has for the others, too.
        self.env = os.environ | {'CCACHE_BASEDIR': str(self.tree), 'CCACHE_NOHASHDIR': '1'}
        clip = ROOT / 'build/clip/usr/share/doc/opencv-doc/examples/data/vtest.avi'
        if clip.exists():
            self.env['MOTIONHEATMAP_CLIP'] = str(clip)

    def _run(self, command, env=None):
        return subprocess.run(command, cwd=self.tree, env=self.env | (env or {}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def failure(self, file, threads):
        """The first test that fails with a change in this file and why, or nothing."""
        build = self.tree / ('build-tsan' if threads else 'build')
        if not build.exists():
            options = ['-Db_sanitize=thread', '-Db_lundef=false'] if threads else []
            self._check(self._run(['meson', 'setup', build, '-Dwerror=true', '-Dtests=enabled',
                                   *options]))
        self._check(self._run(['ninja', '-C', build]))

        env = QUICK if not threads else {
            'TSAN_OPTIONS': f'suppressions={self.tree}/tools/tsan.supp'}
        if not file.startswith(KERNELS):
            env = env | {'GTEST_FILTER': '-' + KERNEL_TESTS}
        listed = self._run(['meson', 'test', '-C', build, '--no-rebuild', '--list']).stdout
        names = [line.split(' / ')[-1].strip() for line in listed.splitlines()]
        for tests in filter(None, rounds(names, file)):
            run = self._run(['meson', 'test', '-C', build, '--no-rebuild', '--maxfail=1',
                             '--num-processes=1', *tests], env)
            if run.returncode != 0:
                return self._first_failure(build, run)
        return None

    @staticmethod
    def _first_failure(build, run):
        failed = [t for t in sum_up.read(build / 'meson-logs/testlog.json')
                  if sum_up.failed(t) and t['result'] != 'INTERRUPT']
        if not failed:
            raise Failure(f'the tests did not run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}')
        first = min(failed, key=lambda test: test['starttime'] + test['duration'])
        return f'{first["name"].split(" / ")[-1]}: {sum_up.reason(first)[0]}'

    def failure_with(self, fault):
        path = self.tree / fault['file']
        text = path.read_text(encoding='utf-8')
        path.write_text(text.replace(fault['old'], fault['new']), encoding='utf-8')
        try:
            return self.failure(fault['file'], fault.get('threads', False))
        finally:
            path.write_text(text, encoding='utf-8')

    @staticmethod
    def _check(run):
        if run.returncode != 0:
            raise Failure(f'it does not build:\n{run.stdout[-3000:]}{run.stderr[-1000:]}')


def plant(wanted, copies):
    """Plants the faults, as many at once as there are copies. The names of those that survive."""
    free = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def work(fault):
        copy = free.get()
        try:
            return copy.failure_with(fault)
        finally:
            free.put(copy)

    survivors = []
    with concurrent.futures.ThreadPoolExecutor(len(copies)) as pool:
        results = {pool.submit(work, fault): fault for fault in wanted}
        for result in concurrent.futures.as_completed(results):
            fault = results[result]
            try:
                noticed = result.result()
            except Failure as failure:
                raise Failure(f'{fault["name"]}: {failure}') from failure
            if noticed is None:
                survivors.append(fault['name'])
            print(f'{"caught  " if noticed else "SURVIVED"} {fault["name"]}',
                  f'    {noticed or fault["what"]}', sep='\n', flush=True)
    return survivors


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', metavar='REGEX', default='', help='faults whose names match')
    parser.add_argument('--jobs', type=int, default=1, help='so many faults at once')
    parser.add_argument('--list', action='store_true', help='name the faults and end')
    parser.add_argument('--directory', type=Path, default=ROOT / 'build-faults',
                        help='where the copies are (default: build-faults)')
    args = parser.parse_args()
    wanted = faults(args.only)
    if args.list:
        for fault in wanted:
            print(f'{fault["name"]}: {fault["file"]}: {fault["what"]}')
        return 0
    if not wanted:
        raise Failure('no fault has such a name')

    copies = [Copy(args.directory / str(i)) for i in range(min(args.jobs, len(wanted)))]
    for room, threads in sorted({(Path(fault['file']).parent, fault.get('threads', False))
                                 for fault in wanted}):
        noticed = copies[0].failure(f'{room}/', threads)
        if noticed:
            raise Failure(f'a test fails without any fault: {noticed}')
    survivors = plant(wanted, copies)
    print(f'{len(wanted) - len(survivors)} of {len(wanted)} caught')
    return 1 if survivors else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f'error: {failure}')
    except KeyboardInterrupt:
        sys.exit(130)
