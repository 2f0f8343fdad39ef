#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cuts runs into slices, as several machines would, and merges them: by hand, by GNU parallel, by
Slurm, as the container of a Kubernetes Job, and with slices that are killed on the way."""
import concurrent.futures
import contextlib
import importlib.util
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "real"))
import clip  # pylint: disable=wrong-import-position

TOOL, READER = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
EXAMPLES = READER.parent
spec = importlib.util.spec_from_file_location("reader", READER)
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)

N = 5  # slices
FRAMES = 300
# Frames that are told by later ones, and a key frame every five seconds.
H264 = "x264enc bframes=3 key-int-max=50 pass=qual quantizer=23 speed-preset=veryfast"
MPEG4 = "avenc_mpeg4 max-bframes=2 gop-size=50 bitrate=4000000"
# On the system's clock, or of what a run keeps beside the heat.
NOT_HEAT = ("first-time", "last-time", "attachments")


def run(*args, code=0, **options):
    result = subprocess.run(
        list(map(str, args)), capture_output=True, text=True, timeout=120, check=False, **options
    )
    assert result.returncode == code, (args, result.returncode, result.stdout, result.stderr)
    return result


def has_element(name):
    return subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode == 0


def encode(path, source, encoder, muxer):
    run(
        "gst-launch-1.0",
        "-q",
        *f"{source} ! {encoder} ! {muxer} ! filesink".split(),
        f"location={path}",
    )


def clip_source(frames):
    return (
        f"filesrc location={clip.CLIP} ! decodebin ! identity eos-after={frames + 1} ! videoconvert"
        " ! videoscale ! video/x-raw,format=I420,width=384,height=288"
    )


def heat(path):
    state = reader.read_state(path)
    return {name: value for name, value in state.items() if name not in NOT_HEAT}


def told(path):
    """What a JSON file tells; its title is the name of what was asked for."""
    return json.loads(path.read_text()) | {"title": ""}


def slice_path(folder, number):
    return folder / f"slice-{number}.state"


def make_slice(folder, video, number, n=N, *options):
    state = slice_path(folder, number)
    run(TOOL, video, "--quiet", "--slice", f"{number}/{n}", "--state", state, *options)
    return state


def make_slices(folder, video, n, *options):
    with concurrent.futures.ThreadPoolExecutor(2) as machines:
        return list(
            machines.map(
                lambda number: make_slice(folder, video, number, n, *options), range(1, n + 1)
            )
        )


class Scaling(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.base = pathlib.Path(folder.name)
        cls.base.chmod(0o755)  # the daemons of Slurm want to see into it
        cls.has_x264 = has_element("x264enc")
        encoder = H264 + " ! h264parse" if cls.has_x264 else MPEG4
        cls.video = cls.base / "two people.mp4"
        encode(cls.video, clip_source(FRAMES), encoder, "mp4mux")
        cls.whole = cls.base / "whole.state"
        run(TOOL, cls.video, "--quiet", "--state", cls.whole, "--json", cls.base / "whole.json",
            "-o", cls.base / "whole.png")  # fmt: skip
        cls.slices = cls.base / "slices"
        cls.slices.mkdir()
        make_slices(cls.slices, cls.video, N)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=self.base)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)

    def merge(self, states):
        out = self.folder / "all.state"
        out.unlink(missing_ok=True)
        run(TOOL, "merge", *states, "--quiet", "--state", out, "--json", self.folder / "all.json")
        return out

    def assert_whole(self, states, whole=None, whole_json=None):
        out = self.merge(states)
        self.assertEqual(heat(out), heat(whole or self.whole))
        self.assertEqual(
            told(self.folder / "all.json"), told(whole_json or self.base / "whole.json")
        )

    def assert_refused(self, states, message):
        result = run(TOOL, "merge", *states, "-o", self.folder / "all.png", code=1)
        self.assertIn(message, result.stderr)
        self.assertFalse((self.folder / "all.png").exists())

    def five(self):
        return [slice_path(self.slices, number) for number in range(1, N + 1)]

    def test_slices_add_up_to_the_whole_in_any_order(self):
        states = self.five()
        self.assertEqual(heat(self.whole)["frames"], FRAMES)
        for order in (states, states[::-1], random.Random(1).sample(states, N)):
            self.assert_whole(order)

    def test_what_was_merged_is_a_state_like_another(self):
        whole = self.merge(self.five()).rename(self.folder / "five.state")
        self.assert_whole([whole])
        self.assert_refused([whole, self.five()[0]], "it holds no whole slice; others are slices")
        self.assert_refused([whole, self.whole], "two people.mp4: what begins at")

    def test_names_what_is_missing_or_twice(self):
        states = self.five()
        self.assert_refused(states[:2] + states[3:], "slice 3/5 is missing")
        self.assert_refused(states[1:3], "slices 1/5, 4/5, 5/5 are missing")
        self.assert_refused(states + states[:1], "slice 1/5 is there twice")

    def test_refuses_slices_of_other_runs(self):
        states = self.five()
        other = make_slice(self.folder, self.video, 1, 4)
        self.assert_refused([other, *states[1:]], "it is one of")
        other = make_slice(self.folder, self.video, 2, N, "--threshold", "40")
        self.assert_refused([*states[:1], other, *states[2:]], "threshold is 40")
        copy = shutil.copy(self.video, self.folder / "copy.mp4")
        other = make_slice(self.folder, copy, 3)
        self.assert_refused([*states[:2], other, *states[3:]], "is in no slice: was the same file")
        # Nor does one go on with another one's state.
        result = run(TOOL, self.video, "--slice", "2/5", "--state", other, code=1)
        self.assertIn("it holds slice 3/5", result.stderr)

    def test_settings_need_not_be_told_again(self):
        options = ("--zones", "left: 0,0 0.5,0 0.5,1 0,1", "--threshold", "40")
        whole = self.folder / "whole.state"
        whole_json = self.folder / "whole.json"
        run(TOOL, self.video, *options, "--quiet", "--state", whole, "--json", whole_json,
            "-o", self.folder / "whole.png")  # fmt: skip
        states = make_slices(self.folder, self.video, 2, *options)
        self.assert_whole(states, whole, whole_json)
        self.assertEqual(told(whole_json)["zones"][0]["name"], "left")

    def test_cuts_run_through_several_files(self):
        second = self.base / "two people (2).mp4"
        if not second.exists():
            shutil.copy(self.video, second)
        whole, whole_json = self.folder / "whole.state", self.folder / "whole.json"
        run(TOOL, self.video, second, "--quiet", "--state", whole, "--json", whole_json,
            "-o", self.folder / "whole.png")  # fmt: skip
        states = make_slices(self.folder, self.video, 3, second)
        self.assert_whole(states, whole, whole_json)

    def test_a_slice_may_have_no_frame(self):
        video = self.folder / "slow.mkv"
        source = "videotestsrc pattern=ball num-buffers=3 ! video/x-raw,format=I420,framerate=1/1"
        encode(video, source, "jpegenc", "matroskamux")
        whole, whole_json = self.folder / "whole.state", self.folder / "whole.json"
        run(TOOL, video, "--quiet", "--state", whole, "--json", whole_json,
            "-o", self.folder / "whole.png")  # fmt: skip
        states = make_slices(self.folder, video, 7)
        self.assertEqual([reader.read_state(state)["frames"] for state in states].count(0), 4)
        self.assert_whole(states, whole, whole_json)

    def test_a_file_that_cannot_be_entered_in_the_middle_is_never_wrong(self):
        if not self.has_x264:
            self.skipTest("no x264enc: Debian's package gstreamer1.0-plugins-ugly has it")
        video = self.folder / "refresh.mkv"
        # No frame but the first one is complete by itself.
        encode(video, clip_source(200), H264 + " intra-refresh=true ! h264parse", "matroskamux")
        whole, whole_json = self.folder / "whole.state", self.folder / "whole.json"
        run(TOOL, video, "--quiet", "--state", whole, "--json", whole_json,
            "-o", self.folder / "whole.png")  # fmt: skip
        states = [slice_path(self.folder, number) for number in (1, 2)]
        for number, state in enumerate(states, 1):
            subprocess.run(
                [TOOL, video, "--quiet", "--slice", f"{number}/2", "--state", state],
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )
        # What is entered depends on the index; either it went well, or the merge says that it did not.
        merged = self.folder / "merged.state"
        result = subprocess.run(
            [TOOL, "merge", *states, "--quiet", "--state", merged],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if merged.exists():
            self.assertEqual(heat(merged), heat(whole))
        else:
            self.assertIn("entered exactly in the middle (--no-seek", result.stderr)
        for state in states:
            state.unlink()
        self.assert_whole(make_slices(self.folder, video, 2, "--no-seek"), whole, whole_json)

    def stop(self, video, slice_of, state, how, delay):
        """Starts a slice and stops it after a while."""
        with subprocess.Popen(
            [TOOL, video, "--quiet", "--slice", slice_of, "--state", state],
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(delay)
            process.send_signal(how)
        return process.returncode

    def test_a_slice_that_was_killed_gives_the_same_bits(self):
        state = slice_path(self.folder, 3)
        for delay in (0.1, 0.2, 0.3, 0.4):
            self.stop(self.video, f"3/{N}", state, signal.SIGKILL, delay)
        make_slice(self.folder, self.video, 3)
        again, finished = reader.read_state(state), reader.read_state(self.five()[2])
        # Its times are those of the later run.
        for name in ("first-time", "last-time"):
            del again[name], finished[name]
        self.assertEqual(again, finished)

    def test_a_slice_that_was_stopped_goes_on(self):
        state, partial = slice_path(self.folder, 1), self.folder / "partial.state"
        first, second = make_slices(self.base, clip.CLIP, 2)
        for delay in itertools.count(0.25, 0.1):
            code = self.stop(clip.CLIP, "1/2", state, signal.SIGTERM, delay)
            if code == 0:
                self.skipTest("it was not stopped in its midst")
            if state.exists():
                break
        self.assertEqual(code, 130)
        self.assertLess(reader.read_state(state)["frames"], reader.read_state(first)["frames"])
        shutil.copy(state, partial)
        self.assert_refused([partial, second], "it holds no whole slice")
        self.assertEqual(make_slice(self.folder, clip.CLIP, 1, 2), state)
        self.assertEqual(heat(state), heat(first))
        whole = self.merge([first, second]).rename(self.folder / "whole.state")
        whole_json = (self.folder / "all.json").rename(self.folder / "whole.json")
        self.assert_whole([state, second], whole, whole_json)
        # Run once more it finds nothing to be done.
        make_slice(self.folder, clip.CLIP, 1, 2)
        self.assert_whole([state, second], whole, whole_json)

    def test_gnu_parallel(self):
        if not shutil.which("parallel"):
            self.skipTest("no parallel: Debian's package parallel has it")
        command = (
            f"{TOOL} --quiet --slice {{}}/{N} --state {self.folder}/slice-{{}}.state '{self.video}'"
        )
        run("parallel", "--will-cite", "--jobs", 2, "--halt", "soon,fail=1", command, ":::",
            *range(1, N + 1), env=os.environ | {"HOME": str(self.folder)})  # fmt: skip
        self.assert_whole(sorted(self.folder.glob("slice-*.state")))

    def test_slurm(self):
        with Slurm(self.folder) as slurm:
            # Its first task is killed at once, as on a node that fails, and queued again.
            job = slurm.start(EXAMPLES / "slices.sbatch", self.folder, self.video)
            slurm.kill_and_requeue(f"{job}_1")
            slurm.wait(job)
        log = (self.folder / "log-1").read_text()
        self.assertIn("DUE TO JOB REQUEUE", log)
        self.assert_whole(sorted(self.folder.glob("slice-*.state")))

    def test_kubernetes_manifest(self):
        manifest = load_manifest()
        try:
            from kubernetes import client  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no kubernetes in Python: Debian's package python3-kubernetes has it")
        self.assertEqual((manifest["apiVersion"], manifest["kind"]), ("batch/v1", "Job"))
        check_type(client, manifest, "V1Job", "")
        # The check itself notices what is wrong.
        for change in ({"completion": 3}, {"completions": "3"}, {"template": None}):
            wrong = manifest | {"spec": manifest["spec"] | change}
            with self.assertRaises((TypeError, ValueError)):
                check_type(client, wrong, "V1Job", "")

    def test_kubernetes_container(self):
        spec = load_manifest()["spec"]
        container = spec["template"]["spec"]["containers"][0]
        slices = int({env["name"]: env["value"] for env in container["env"]}["SLICES"])
        self.assertEqual((spec["completions"], spec["completionMode"]), (slices, "Indexed"))
        # What differs here: where the volumes are and, to be done sooner, how many slices.
        recordings = self.folder / "recordings"
        recordings.mkdir()
        (recordings / "lobby").symlink_to(self.video)
        *shell, script = container["command"]
        script = script.replace("/heat/", f"{self.folder}/").replace("/recordings", str(recordings))
        path = f"{TOOL.parent}:{os.environ['PATH']}"
        for index in range(3):
            env = os.environ | {"PATH": path, "SLICES": "3", "JOB_COMPLETION_INDEX": str(index)}
            run(*shell, script, env=env)
        self.assertEqual(
            heat(self.merge(sorted(self.folder.glob("slice-*.state")))), heat(self.whole)
        )


def load_manifest():
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise unittest.SkipTest(
            "no yaml in Python: Debian's package python3-yaml has it"
        ) from error
    return yaml.safe_load((EXAMPLES / "slices-job.yaml").read_text())


def check_type(client, value, kind, path):
    """Throws unless the value is what the API's own description says, with no field that it lacks."""
    plain = {"str": str, "int": int, "bool": bool, "float": float, "object": object}
    if kind in plain:
        if not isinstance(value, plain[kind]) or (kind == "int" and isinstance(value, bool)):
            raise TypeError(f"{path}: {value!r} is no {kind}")
    elif kind.startswith("list["):
        for i, item in enumerate(value):
            check_type(client, item, kind[5:-1], f"{path}[{i}]")
    elif kind.startswith("dict("):
        for name, item in value.items():
            check_type(client, name, "str", path)
            check_type(client, item, kind[5:-1].split(", ")[1], f"{path}.{name}")
    elif not isinstance(value, dict):
        raise TypeError(f"{path}: {value!r} is no {kind}")
    else:
        model = getattr(client, kind)
        names = {name: field for field, name in model.attribute_map.items()}
        for name, item in value.items():
            if name not in names:
                raise TypeError(f"{path}: {kind} has no {name}")
            check_type(client, item, model.openapi_types[names[name]], f"{path}.{name}")
        model(**{names[name]: item for name, item in value.items()})  # what must be there is


class Slurm:
    """A cluster of one node, this machine, with daemons and a configuration of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        self.env = os.environ | {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{TOOL.parent}:{os.environ['PATH']}:/usr/sbin",
        }
        for program in ("munged", "slurmctld", "slurmd", "sbatch", "srun"):
            if not shutil.which(program, path=self.env["PATH"]):
                raise unittest.SkipTest(f"no {program}: Debian's slurm-wlm and munge have them")
        if os.getuid() != 0:
            raise unittest.SkipTest("only root can start slurmd")

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self.stop)
            self.configure()
            self.launch("munged", "--foreground", f"--socket={self.folder}/munge.socket",
                        f"--key-file={self.folder}/munge.key", f"--pid-file={self.folder}/munge.pid",
                        f"--log-file={self.folder}/munge.log",
                        f"--seed-file={self.folder}/munge.seed")  # fmt: skip
            self.wait_until((self.folder / "munge.socket").exists, "munged")
            self.launch("slurmctld", "-D", "-i")
            self.launch("slurmd", "-D")
            self.wait_until(self.is_idle, "slurmd")
            stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stop()

    def configure(self):
        key = self.folder / "munge.key"
        key.write_bytes(random.randbytes(128))
        key.chmod(0o600)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        host = socket.gethostname().split(".")[0]
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            ports = one.getsockname()[1], two.getsockname()[1]
        (self.folder / "slurm.conf").write_text(
            f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={self.folder}/munge.socket
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0
MailProg=/bin/true
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=2048 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
"""
        )

    def launch(self, *command):
        with open(self.folder / f"{command[0]}.out", "wb") as out:
            self.daemons.append(
                subprocess.Popen(command, env=self.env, stdout=out, stderr=out)
            )  # pylint: disable=consider-using-with

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *command):
        result = subprocess.run(
            list(map(str, command)),
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return result.stdout.strip() if result.returncode == 0 else None

    def is_idle(self):
        return self.call("sinfo", "--noheader", "--format=%T") == "idle"

    def wait_until(self, condition, program):
        """Where a daemon does not start, what it says is why nothing is tested."""
        for _ in range(100):
            if condition():
                return
            if any(daemon.poll() is not None for daemon in self.daemons):
                break
            time.sleep(0.1)
        said = (self.folder / f"{program}.out").read_text(errors="replace").strip()
        raise unittest.SkipTest(f"{program} does not start here: {said[-300:]}")

    def start(self, script, folder, video):
        job = self.call("sbatch", "--parsable", f"--array=1-{N}", "--mem=100M", "--output",
                        f"{folder}/log-%a", script, folder, video)  # fmt: skip
        assert job, "sbatch failed"
        return job

    def queue(self, *options):
        return self.call("squeue", "--noheader", "--array", *options)

    def wait_for(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.queue()
            time.sleep(0.05)

    def wait_for_state(self, task, state):
        self.wait_for(lambda: self.queue("--format=%T", "--jobs", task) == state)

    def runs_a_step(self, task):
        """Whether srun has begun: before that a task that is killed leaves no trace of it."""
        steps = self.call("squeue", "--noheader", "--steps", "--format=%i", "--jobs", task)
        return any(step.endswith(".0") for step in (steps or "").split())

    def kill_and_requeue(self, task):
        self.wait_for(lambda: self.runs_a_step(task))
        assert self.call("scontrol", "requeue", task) is not None
        # Slurm would let it wait for two minutes.
        self.wait_for_state(task, "PENDING")
        assert self.call("scontrol", "update", f"JobId={task}", "StartTime=now") is not None

    def wait(self, job):
        deadline = time.monotonic() + 60
        while self.queue("--jobs", job):
            assert time.monotonic() < deadline, self.queue()
            time.sleep(0.2)


if __name__ == "__main__":
    clip.skip_without_clip()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
