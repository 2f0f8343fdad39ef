# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scores how true the heat is on bad cameras: docs/truth.md says what the scores are."""
# tools/bench --truth, which installs and builds, calls this. It also runs alone, where
# GST_PLUGIN_PATH names the directory of a plugin.

import argparse
import concurrent.futures
import configparser
import math
import multiprocessing
import os
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(ROOT / 'tests/real')]
os.environ.setdefault('GST_PRESET_PATH', str(ROOT / 'gst/presets'))

from bench import Failure, say, table, write_page  # noqa: E402
from gi.repository import GLib  # noqa: E402
from truth import score, troubles  # noqa: E402
from truth.score import Gst  # noqa: E402

FRAMES, DRAWN_FRAMES, QUICK_FRAMES = 300, 250, 90
YARD_CLIP, TREE_CLIP = 'vtest.avi', 'tree.avi'
TREE_FRAMES = 50
CLIPS = (YARD_CLIP, 'yard', 'road', 'room', *troubles.SWAYING)
GROUPS = {
    'nothing': ('Nothing wrong', 'What the cures cost where there is nothing to cure.'),
    'noise': ('Noise', 'Grey levels of the sensor, another for each pixel and frame.'),
    'light': ('Light, and damage', 'All of the picture changes at once, or a part of it is torn.'),
    'camera': ('A camera that moves', 'Sigma in pixels, white: another place for each frame.'),
    'sway': (
        'Sway',
        'In `tree`, `flag` and `tree.avi` (its first 50 frames, to and fro) the false events are '
        'those of leaves, flag and tape, and those of the first second count in any case. In '
        'the others nothing sways, but that in `vtest.avi` a barrier tape flutters, which counts '
        'as true.',
    ),
    'pairs': ('Two troubles at once', ''),
}
COLUMNS = ('defaults', 'mog2', 'cure', 'preset')
MISSING, SKIPPED, FAILED = 'not there', 'skipped', '**FAILS**'


def settings_of(trouble, column, instead):
    return {
        'defaults': '',
        'mog2': 'detector=mog2',
        'cure': trouble.cure if instead is None else instead,
        'preset': f'@preset={trouble.preset}',
    }[column]


def wanted_of(clip, trouble):
    return clip not in troubles.SWAYING or trouble.group == 'sway'


# Measuring, in processes of their own


def load(path):
    parts = {part: f'{path}.{part}.npy' for part in ('frames', 'moves')}
    frames, moves = (
        score.np.load(file, mmap_mode='r') if os.path.exists(file) else None
        for file in parts.values()
    )
    with open(f'{path}.rate', encoding='utf-8') as file:
        return score.Clip(frames, score.Fraction(file.read()), moves)


def prepare(name, source, path, frames):
    """Draws or decodes a clip into files."""
    if source:
        clip = score.read_clip(source, frames)
    else:
        clip = score.drawn_clip(name, min(frames, DRAWN_FRAMES))
    if name == TREE_CLIP:
        # Leaves in the wind and nothing else, so nothing truly moves, until a hand comes in. They go
        # on for as long as the other clips, to and fro.
        turns = score.np.pad(score.np.arange(TREE_FRAMES), (0, frames - TREE_FRAMES), 'reflect')
        clip.frames = clip.frames[turns]
        clip.moves = score.np.zeros(clip.frames.shape, bool)
    score.np.save(f'{path}.frames.npy', clip.frames)
    if clip.moves is not None:
        score.np.save(f'{path}.moves.npy', clip.moves)
    with open(f'{path}.rate', 'w', encoding='utf-8') as file:
        file.write(str(clip.rate))


def measure(path, index, instead):
    """The scores of a clip with a trouble by column, or words that say why there are none."""
    trouble = troubles.TROUBLES[index]
    made = score.troubled(load(path), trouble)
    if not made:
        return dict.fromkeys(COLUMNS, SKIPPED)
    results = {}
    for column in COLUMNS:
        settings = settings_of(trouble, column, instead)
        try:
            results[column] = score.evaluate(*made, settings) or MISSING
        except (score.Failure, GLib.Error) as error:
            say(f'  {trouble.name}, {settings or "defaults"}: {error}')
            results[column] = FAILED
    return results


def run_all(clips, wanted, frames, jobs, instead):
    """{(trouble's index, clip): {column: score}}; `clips` are files by name, None if drawn."""
    context = multiprocessing.get_context('spawn')  # GStreamer's threads survive no fork
    results = {}
    with (
        tempfile.TemporaryDirectory() as directory,
        concurrent.futures.ProcessPoolExecutor(jobs, context) as pool,
    ):
        paths = {name: os.path.join(directory, str(i)) for i, name in enumerate(clips)}
        used = [name for name in clips if any(clip == name for _, clip in wanted)]
        tasks = [pool.submit(prepare, name, clips[name], paths[name], frames) for name in used]
        for task in tasks:
            task.result()
        tasks = {pool.submit(measure, paths[clip], i, instead): (i, clip) for i, clip in wanted}
        for task in concurrent.futures.as_completed(tasks):
            i, clip = tasks[task]
            results[i, clip] = task.result()
            cells = ' | '.join(
                cell(results[i, clip][column], troubles.TROUBLES[i]) for column in COLUMNS
            )
            say(f'  {clip}, {troubles.TROUBLES[i].name}: {cells}')
    return results


# The pictures of docs/tuning.md: the trouble, and the clip that it is shown on.
PICTURES = {
    'noise': ('noise, sigma 12', YARD_CLIP),
    'shake': ('shake, sigma 1.5', YARD_CLIP),
    'lamp': ('lamp on and off', YARD_CLIP),
    'sway': ('sway', 'tree'),
}
LOOKS = 'blend=heat opacity=0.7 normalization=percentile smoothing=4'

# Each preset on the yard, with a trouble, and with values of it put back to what they replace.
PRESETS = {
    'indoor': ('none', ('blend=uniform opacity=0.4', 'smoothing=0', 'normalization=max')),
    'night': ('noise, sigma 12', ('smoothing=8',)),
    'retail-day': ('none', ('curve=linear', 'normalization=percentile')),
    'privacy': ('none', ('background=live',)),
}


def trouble_called(name):
    return next(t for t in troubles.TROUBLES if t.name == name)


def settings_of_preset(name):
    """Not `@preset`, which on a launch line comes after all properties."""
    file = configparser.ConfigParser()
    file.read(ROOT / 'gst/presets/GstMotionHeatmap.prs', encoding='utf-8')
    return ' '.join(f'{key}={value}' for key, value in file[name].items() if key[0] != '_')


def write_pictures(clips, directory):
    """Of each trouble the map without the cure and with it, of each preset that without its values."""
    pictures = [  # trouble, clip, the names of the files and their settings
        (
            called,
            of,
            {f'{name}-before': LOOKS, f'{name}-after': f'{LOOKS} {trouble_called(called).cure}'},
        )
        for name, (called, of) in PICTURES.items()
    ]
    for preset, (called, values) in PRESETS.items():
        settings = settings_of_preset(preset)
        files = {
            f'{preset}-{value.split()[0].replace("=", "-")}': f'{settings} {value}'
            for value in values
        }
        pictures.append((called, YARD_CLIP, {preset: settings, **files}))
    for called, of, files in pictures:
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, 'clip')
            prepare(of, clips[of], path, FRAMES)
            clip, _ = score.troubled(load(path), trouble_called(called))
            for name, settings in files.items():
                file = os.path.join(directory, f'{name}.jpg')
                score.write_picture(clip, settings, file)
                say(file)


# Reporting


def count_of(events):
    """In three digits."""
    if events < 9.95:
        return f'{events:.1f}'
    digits = max(0, int(math.log10(events)) - 2)
    return f'{round(events, -digits):,.0f}'


def short(properties):
    return f'`{properties.replace("=true", "")}`'


def missed_by(scores, trouble, clip):
    """Which of the scores of the cure are not what they have to be."""
    by_default = scores['defaults']
    by_default = by_default if isinstance(by_default, score.Score) else None
    return trouble.goal_for(clip).missed(scores['cure'], by_default)


def cell(result, trouble, missed=(False,) * 4):
    """The seconds for which it was blind are told where they have a goal."""
    if not isinstance(result, score.Score):
        return result
    shown = [
        count_of(result.false),
        '-' if math.isnan(result.kept) else f'{100 * result.kept:.1f} %',
        '-' if math.isnan(result.r) else f'{result.r:.3f}',
    ]
    if trouble.goal.blind < math.inf:
        shown.append(f'{result.blind:.1f} s')
    notes = [f'{name} {value:.1f}' for name, value in result.notes.items() if value]
    return ' / '.join(f'**{s}**' if m else s for s, m in zip(shown, missed)) + ''.join(
        f' ({note})' for note in notes
    )


def by_group(results, clips, group):
    title, text = GROUPS[group]
    rows = []
    for i, trouble in enumerate(troubles.TROUBLES):
        for clip in clips:
            scores = results.get((i, clip))
            if not scores or trouble.group != group:
                continue
            missed = (False,) * 4
            if isinstance(scores['cure'], score.Score):
                missed = missed_by(scores, trouble, clip)
            rows.append(
                [
                    trouble.name,
                    f'`{clip}`',
                    *(cell(scores[column], trouble) for column in ('defaults', 'mog2')),
                    short(trouble.cure),
                    cell(scores['cure'], trouble, missed),
                    f'{cell(scores["preset"], trouble)} (`{trouble.preset}`)',
                ]
            )
    return table(
        title,
        text,
        ['trouble', 'clip', 'defaults', '`mog2`', 'the cure', 'with it', 'preset'],
        rows,
    )


def goal_in_words(trouble):
    goal = trouble.goal
    left = {g.left for g in (goal, *trouble.goals.values()) if g.left < math.inf}
    words = [f'false {count_of(goal.false)}'] if goal.false < math.inf else []
    words += [f'of sway {100 * share:g} %' for share in left]
    words += [f'kept {100 * goal.kept:g} %', f'r {goal.r:g}']
    words += [f'blind {goal.blind:g} s'] if goal.blind < math.inf else []
    others = [f'{clip} {g.r:g}' for clip, g in trouble.goals.items() if g.r != goal.r]
    return ', '.join(words) + (f' ({", ".join(others)})' if others else '')


def scoreboard(results, clips):
    def worst(column):
        known = [s[column] for s in found.values()]
        scores = [s for s in known if isinstance(s, score.Score)]
        if not scores:
            return known[0]
        kept = [s.kept for s in scores if not math.isnan(s.kept)]
        r = [s.r for s in scores if not math.isnan(s.r)]
        return score.Score(
            max(s.false for s in scores),
            min(kept, default=math.nan),
            min(r, default=math.nan),
            max(s.blind for s in scores),
        )

    rows = []
    for i, trouble in enumerate(troubles.TROUBLES):
        found = {clip: results[i, clip] for clip in clips if (i, clip) in results}
        if not found:
            continue
        cured = {clip: s for clip, s in found.items() if isinstance(s['cure'], score.Score)}
        met = [clip for clip, s in cured.items() if not any(missed_by(s, trouble, clip))]
        told = '-'
        if cured:
            told = f'{len(met)} of {len(found)}'
            told = told if len(met) == len(found) else f'**{told}**'
        rows.append(
            [
                trouble.name,
                cell(worst('defaults'), trouble),
                short(trouble.cure),
                cell(worst('cure'), trouble),
                goal_in_words(trouble),
                told,
            ]
        )
    return table(
        'At a glance',
        'The worst of all clips, each score by itself, and on how many of them '
        'the cure is what it has to be.',
        ['trouble', 'defaults', 'the cure', 'with it', 'goal', 'met'],
        rows,
    )


def report(results, clips, frames, instead):
    by = '' if instead is None else f' The cure is `{instead}` instead of what is named.'
    parts = [
        f'The first {frames} frames of each file, {min(frames, DRAWN_FRAMES)} of each scene, '
        f'640 x 360. {Gst.version_string()}.{by} false / kept / r, and where light changes / blind.\n',
        scoreboard(results, clips),
    ]
    parts += [by_group(results, clips, group) for group in GROUPS]
    return '\n'.join(part for part in parts if part)


def find_clips(given):
    """Files by name, None if it is a scene that is drawn."""
    if given:
        return {os.path.basename(path): path for path in given}
    clips = dict.fromkeys(CLIPS)
    clips[YARD_CLIP] = os.environ.get('MOTIONHEATMAP_CLIP', '')
    # They are in the same package.
    clips[TREE_CLIP] = os.path.join(os.path.dirname(clips[YARD_CLIP]), TREE_CLIP)
    for name in (YARD_CLIP, TREE_CLIP):
        if not os.path.exists(clips[name]):
            say(
                f'no {name}: it is left out. MOTIONHEATMAP_CLIP names {YARD_CLIP}, and {TREE_CLIP} '
                'lies beside it.'
            )
            del clips[name]
    return clips


def main():
    parser = argparse.ArgumentParser(prog='tools/bench --truth', description=__doc__)
    parser.add_argument('--page', help='the page whose figures are written anew')
    parser.add_argument(
        '--quick', action='store_true', help='fewer frames; leaves the page as it is'
    )
    parser.add_argument(
        '--filter',
        metavar='REGEX',
        help='only what matches, by names like '
        '"camera/yard/shake, sigma 3"; leaves the page as it is',
    )
    parser.add_argument(
        '--clip',
        metavar='FILE',
        action='append',
        help='this video instead of the clips '
        'and scenes, any number of times; leaves the page as it is',
    )
    parser.add_argument(
        '--settings',
        metavar='PROPERTIES',
        help='these instead of each cure; leaves the page as it is',
    )
    parser.add_argument(
        '--pictures', metavar='DIRECTORY', help='write the pictures of docs/tuning.md there instead'
    )
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='processes')
    args = parser.parse_args()
    score.missing_properties('')
    clips = find_clips(args.clip)
    if args.pictures:
        write_pictures(clips, args.pictures)
        return
    names = {
        (i, clip): f'{trouble.group}/{clip}/{trouble.name}'
        for clip in clips
        for i, trouble in enumerate(troubles.TROUBLES)
        if wanted_of(clip, trouble)
    }
    try:
        wanted = [key for key, name in names.items() if re.search(args.filter or '', name)]
    except re.error as error:
        raise Failure(f'--filter: {error}') from error
    if not wanted:
        raise Failure('--filter: none of\n  ' + '\n  '.join(names.values()))
    frames = QUICK_FRAMES if args.quick else FRAMES
    begin = time.monotonic()
    results = run_all(clips, wanted, frames, args.jobs, args.settings)
    text = report(results, clips, frames, args.settings)
    print(text)
    say(f'{time.monotonic() - begin:.0f} s')
    if args.page and not (args.quick or args.filter or args.clip or args.settings):
        write_page(args.page, text)
    if any(FAILED in scores.values() for scores in results.values()):
        raise Failure('some pipelines failed, see above')


if __name__ == '__main__':
    try:
        main()
    except (Failure, score.Failure) as failure:
        sys.exit(f'error: {failure}')
    except KeyboardInterrupt:
        sys.exit(130)
