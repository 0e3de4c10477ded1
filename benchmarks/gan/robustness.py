"""Runs that are killed, and runs whose files are damaged.

    python -m benchmarks.gan.robustness [KILLS] [CORRUPTIONS] [SEED]

A run is killed (signal 9) at a random moment, half of the time in the write of a checkpoint, and
resumed: its state, metrics and best state must equal those of the uninterrupted run to the bit.
A file of a finished run is damaged at random: every use of it must be refused in our words, and a
run with a damaged picture must go on unchanged.
"""

import collections
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import gan
from benchmarks import results_io
from gan.errors import GanError
from gan.runs import checkpoint_file, folder
from gan.runs.comparison import finished_run
from gan.runs.config import Config
from gan.runs.run import run

RESULTS = results_io.RESULTS / "robustness.json"
KILLS, CORRUPTIONS, SEED = 30, 1000, 0
STATE_FILES = ("config.json", "metrics.jsonl", "checkpoint.pt", "best.pt")
TIMES = ("seconds", "steps_per_second")
MOMENTS = ("any", "half written", "not sealed", "after the rename")


def config(out: Path, /) -> Config:
    """A run of a second with four evaluations."""
    return Config(
        recipe="wgan-gp",
        data="twenty-five-gaussians",
        out=out,
        steps=40,
        evaluate_every=10,
        evaluation_size=30,
        changes={"batch_size": 32},
    )


def state(out: Path, name: str = "checkpoint.pt", /) -> dict[str, Any]:
    """The state of training in a checkpoint."""
    return dict(torch.load(out / name, weights_only=True)["training"])


def equal(first: Any, second: Any, /) -> bool:
    """Whether two states are equal to the bit."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(equal(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(equal, first, second))
    return bool(first == second)


def same_run(out: Path, whole: Path, /) -> bool:
    """Whether two folders hold the same run: state, best state and metrics without times."""
    metrics = [
        [{k: v for k, v in line.items() if k not in TIMES} for line in finished_run(path).metrics]
        for path in (out, whole)
    ]
    states = [equal(state(out, name), state(whole, name)) for name in STATE_FILES[2:]]
    return all(states) and metrics[0] == metrics[1]


def die() -> None:
    """End this process as a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_checkpoint(moment: str, number: int, rng: np.random.Generator, /) -> None:
    """Let this process die in or after the write of a checkpoint of this number, from 0."""
    write, seal = checkpoint_file.write_checkpoint, checkpoint_file.seal
    sealed, written = iter(range(1000)), iter(range(1000))

    def dying_seal(path: Path, files: dict[str, str], /) -> None:
        if next(sealed) == number and moment != MOMENTS[3]:
            if moment == MOMENTS[1]:
                content = path.read_bytes()
                path.write_bytes(content[: rng.integers(len(content))])
            die()
        seal(path, files)

    def dying_write(path: Path, state: dict[str, Any], files: dict[str, str], /) -> None:
        write(path, state, files)
        if next(written) == number and moment == MOMENTS[3]:
            die()

    setattr(checkpoint_file, "seal", dying_seal)  # noqa: B010  # typed as constants
    setattr(folder, "write_checkpoint", dying_write)  # noqa: B010


def killed(out: Path, moment: str, seconds: float, rng: np.random.Generator, /) -> None:
    """Run in another process, which is killed at a moment; again if it ends before it."""
    number = int(rng.integers(4))
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if moment != MOMENTS[0]:
            die_at_checkpoint(moment, number, rng)
        try:
            run(config(out))
        finally:
            os._exit(0)
    if moment == MOMENTS[0]:
        time.sleep(float(rng.uniform(0, seconds)))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        shutil.rmtree(out)
        killed(out, moment, seconds, rng)


def kill_trials(n: int, base: Path, rng: np.random.Generator, /) -> dict[str, Any]:
    """Kill and resume runs, and compare each with the uninterrupted one."""
    run(config(base / "first"))
    start = time.perf_counter()
    run(config(base / "whole"))
    seconds = time.perf_counter() - start
    counts: dict[str, list[int]] = {moment: [0, 0] for moment in MOMENTS}
    at_step: list[int] = []
    for i in range(n):
        moment = MOMENTS[0] if i % 2 == 0 else MOMENTS[1 + i // 2 % 3]
        out = base / f"killed{i}"
        killed(out, moment, seconds, rng)
        print(f"killed {i}, {moment}", file=sys.stderr, flush=True)
        at_step.append(folder.RunFolder(out).step())
        run(config(out), resume=True)
        counts[moment][0] += same_run(out, base / "whole")
        counts[moment][1] += 1
        shutil.rmtree(out)
    return {"equal_of": counts, "resumed_from_step": at_step}


def damage(content: bytes, rng: np.random.Generator, /) -> tuple[str, bytes]:
    """Damage a file's content at random: the kind of damage, and what it makes."""
    n = len(content)
    at, size = int(rng.integers(max(n, 1))), int(rng.integers(1, 65))
    noise = rng.bytes(size)
    kinds: dict[str, Callable[[], bytes]] = {
        "a bit": lambda: content[:at] + bytes([content[at] ^ 1 << size % 8]) + content[at + 1 :],
        "bytes": lambda: content[:at] + noise + content[at + size :],
        "inserted": lambda: content[:at] + noise + content[at:],
        "cut": lambda: content[:at],
        "missing": lambda: content[:at] + content[at + size :],
        "appended": lambda: content + noise,
        "zeros": lambda: content[:at] + bytes(size) + content[at + size :],
        "another": lambda: rng.bytes(n),
        "empty": lambda: b"",
        "a line twice": lambda: content + content[content.rfind(b"\n", 0, -1) + 1 :],
    }
    kind = str(rng.choice(list(kinds)))
    return kind, kinds[kind]() if n else noise


def uses(out: Path, name: str, /) -> dict[str, Callable[[], Any]]:
    """Uses of a run's folder that read a file, each with metrics as result."""
    resume = {"resume": lambda: run(config(out), resume=True).metrics}
    if name == "best.pt":
        return {"load best": lambda: list(gan.load(out, best=True).evaluations)}
    load = {"load": lambda: list(gan.load(out).evaluations)}
    if name in ("config.json", "metrics.jsonl"):
        return {**load, "compare": lambda: finished_run(out).metrics, **resume}
    return {**load, **resume}


def corruption_trials(n: int, whole: Path, rng: np.random.Generator, /) -> dict[str, Any]:
    """Damage files of a finished run, and use it."""
    names = [str(p.relative_to(whole)) for p in sorted(whole.rglob("*")) if p.is_file()]
    outcomes: collections.Counter[str] = collections.Counter()
    violations: list[str] = []
    expected = state(whole), finished_run(whole).metrics
    for _ in range(n):
        out = whole.with_name("damaged")
        shutil.copytree(whole, out)
        name = str(rng.choice(STATE_FILES if rng.random() < 0.8 else names))
        content = (out / name).read_bytes()
        kind, changed = damage(content, rng)
        if changed != content:
            (out / name).write_bytes(changed)
            for use, call in uses(out, name).items():
                outcome = _outcome(call, out, expected)
                outcomes[outcome.partition(":")[0]] += 1
                if not outcome.startswith(("refused", "unchanged")) or (
                    outcome == "unchanged" and name in ("config.json", *STATE_FILES[2:])
                ):
                    violations.append(f"{use}, {name}, {kind}: {outcome}")
        shutil.rmtree(out)
    return {"uses": dict(outcomes), "violations": violations}


def _outcome(
    call: Callable[[], Any], out: Path, expected: tuple[dict[str, Any], list[dict[str, Any]]]
) -> str:
    """Outcome of a use of a damaged run, whose state and metrics should be those expected."""
    try:
        metrics = call()
    except GanError as error:
        return f"refused: {error}"
    except Exception as error:  # noqa: BLE001  # counted
        return f"traceback: {type(error).__name__}: {error}"
    return "unchanged" if equal((state(out), metrics), expected) else "changed"


def main(kills: int = KILLS, corruptions: int = CORRUPTIONS, seed: int = SEED) -> int:
    """Kill, corrupt, print and store.

    Args:
        kills: Number of killed runs.
        corruptions: Number of damaged files.
        seed: Of the moments and the damage.

    Returns:
        The exit status: 1 if a run differs, or a damaged file was accepted.
    """
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder_name:
        base = Path(folder_name)
        kills_record = kill_trials(kills, base, rng)
        print(kills_record, flush=True)
        corruption_record = corruption_trials(corruptions, base / "whole", rng)
    print(corruption_record["uses"], *corruption_record["violations"], sep="\n")
    record = {"seed": seed, "kills": kills_record, "corruptions": corruption_record}
    command = f"python -m benchmarks.gan.robustness {kills} {corruptions} {seed}"
    results_io.save({**results_io.origin(), "command": command, **record}, RESULTS)
    equal_runs = all(same == total for same, total in kills_record["equal_of"].values())
    return int(not equal_runs or bool(corruption_record["violations"]))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
