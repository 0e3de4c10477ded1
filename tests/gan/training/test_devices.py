"""Several processes compute the run of one; mixed precision agrees up to its rounding."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from torch import nn

from gan.errors import LostProcessError, MisfitError
from gan.networks import Critic, plane_critic, plane_generator
from gan.networks.convolutional import convolutional_critic
from gan.recipes.input_gradient import input_gradient
from gan.recipes.penalties import gradient_norms, gradient_penalty
from gan.recipes.registry import WGAN_GP
from gan.runs.config import Config
from gan.runs.run import initial_training, load_run
from gan.training.devices import Devices
from gan.training.loop import Training, train
from tests.tiny_training import same, untimed

RECIPES_IN_PARALLEL = ["wgan-gp", "wgan-fd", "gan-noise", "wgan"]
INTERRUPTED = {"steps": 8, "evaluate_every": 4, "evaluation_size": 20}
SCRIPT = """
import copy
import json
import os
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch

from gan import DATA
from gan.runs.config import Config
from gan.runs.run import initial_training, run
from gan.training.devices import launch
from gan.training.loop import train
from tests.tiny_training import batch_counter

out, interrupted, *recipes = sys.argv[1:]
out = Path(out)
for recipe in recipes:
    changes = {"critic_steps": 1}
    training, data = initial_training(Config(recipe=recipe, steps=3, devices=2, changes=changes))
    training.devices = launch(training.devices, strategy="ddp")
    steps, states, optimizers = [], [], []
    for step in train(training, real=data.sample):
        steps.append(asdict(step))
        states.append(copy.deepcopy(training.critic.state_dict()))
        optimizers.append(copy.deepcopy(training.critic_optimizer.state_dict()))
    seen = {
        "steps": steps, "states": states, "optimizers": optimizers, "end": training.state_dict()
    }
    torch.save(seen, out / f"{recipe}-{training.devices.rank}.pt")
rank = training.devices.rank


def config(name):
    settings = json.loads(interrupted)
    return Config(recipe="gan", devices=2, strategy="ddp", out=out / name, **settings)


assert run(config("whole")).finished
load_ring = DATA["eight-gaussians"]
for ranks in ("1", "01"):  # one process, and both, as by a terminal's Ctrl-C
    ring = load_ring(None)
    if str(rank) in ranks:
        sample = batch_counter(ring.sample, 6, lambda: os.kill(os.getpid(), signal.SIGINT))
        ring = replace(ring, sample=sample)
    DATA["eight-gaussians"] = lambda data_dir: ring
    result = run(config(f"stopped-{ranks}"))
    assert (result.finished, result.training.step) == (False, 6)
    DATA["eight-gaussians"] = load_ring
    assert run(config(f"stopped-{ranks}"), resume=True).finished
"""


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """Folder of the results of two processes, started as a launcher does it.

    It takes the 8 seconds in which both import torch, Lightning Fabric and POT.
    """
    folder = tmp_path_factory.mktemp("two_processes")
    script = folder / "script.py"
    script.write_text(SCRIPT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = str(Path(__file__).parents[3])
    launcher = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    launcher |= {"NODE_RANK": "0", "PYTHONPATH": root}
    processes = [
        subprocess.Popen(
            [sys.executable, script, folder, json.dumps(INTERRUPTED), *RECIPES_IN_PARALLEL],
            env={**os.environ, **launcher, "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    try:
        for process in processes:
            _, err = process.communicate(timeout=240)
            assert process.returncode == 0, err
    finally:
        for process in processes:
            process.kill()
    return folder


def loaded(folder, recipe, rank):
    return torch.load(folder / f"{recipe}-{rank}.pt", weights_only=True)


@pytest.mark.parametrize("recipe", RECIPES_IN_PARALLEL)
def test_two_processes_make_the_first_step_of_one(recipe, two_processes):
    config = Config(recipe=recipe, steps=3, changes={"critic_steps": 1})
    training, data = initial_training(config)
    step = next(train(training, real=data.sample))
    parallel = loaded(two_processes, recipe, 0)
    for name in ("critic_loss", "gap", "learning_rate", "noise"):
        # Sums of 256 terms in another order, of which rounding takes some units of 6e-8 each.
        expected = pytest.approx(asdict(step)[name], rel=1e-5, abs=1e-6)
        assert parallel["steps"][0][name] == expected, name
    gradients = first_gradients(training.critic_optimizer.state_dict())
    parallel_gradients = first_gradients(parallel["optimizers"][0])
    rounding = 1e-5 * max(float(gradient.abs().max()) for gradient in gradients)
    for i, (name, weight) in enumerate(training.critic.named_parameters()):
        assert torch.allclose(parallel_gradients[i], gradients[i], rtol=1e-5, atol=rounding), name
        # Adam divides by the gradient: where it is 0 but for rounding, the update has any size.
        certain = gradients[i].abs() > 2 * rounding
        parallel_weight = parallel["states"][0][name]
        assert certain.any() or name.endswith(".6.bias")  # no loss depends on a shift of scores
        assert torch.allclose(parallel_weight[certain], weight[certain], rtol=1e-5, atol=1e-7), (
            name
        )


def first_gradients(state):
    """First moments of an optimiser after one step: multiples of gradients or their squares."""
    return [part.get("exp_avg", part.get("square_avg")) for part in state["state"].values()]


@pytest.mark.parametrize("recipe", RECIPES_IN_PARALLEL)
def test_all_processes_end_with_the_same_state(recipe, two_processes):
    first, second = (loaded(two_processes, recipe, rank) for rank in (0, 1))
    assert first["steps"] == second["steps"]
    for part in ("generator", "critic", "average"):
        assert same(first["end"][part], second["end"][part])
    assert torch.equal(first["end"]["rng"], second["end"]["rng"])


def lines(out):
    path = out / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("ranks", ["1", "01"])
def test_an_interrupt_stops_both_processes_and_the_run_resumes_exactly(ranks, two_processes):
    whole, stopped = two_processes / "whole", two_processes / f"stopped-{ranks}"
    assert [line["step"] for line in lines(stopped)] == [4, 8]
    for line, expected in zip(lines(stopped), lines(whole), strict=True):
        assert untimed(line) == untimed(expected)
    states = [
        torch.load(folder / "checkpoint.pt", weights_only=True)["training"]
        for folder in (stopped, whole)
    ]
    assert same(*states)


def children(process):
    """Process ids of the children of a process."""
    listed = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True)
    return [int(number) for number in listed.stdout.split()]


def test_the_loss_of_a_process_leaves_the_state_after_the_last_step(gan, tmp_path):
    """The command starts the second process itself, so that both take 9 seconds to import."""
    budget = ["--evaluate-every", "1", "--evaluation-size", "20"]
    paper = ["train", "wgan-gp", "--settings", "paper", *budget]
    out = tmp_path / "run"
    command = [*paper, "--devices", "2", "--strategy", "ddp", "--steps", "100000", "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "gan", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 200
        while not (out / "checkpoint.pt").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for worker in children(process):
            os.kill(worker, signal.SIGKILL)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1, err
    assert "gan: training stopped after step " in err
    assert "another process of this run is gone" in err
    assert "Traceback" not in err
    loaded_run = load_run(out)
    assert loaded_run.training.step >= 1
    assert f"training stopped after step {loaded_run.training.step}: " in err
    steps = [line["step"] for line in lines(out)]
    assert steps == [*range(1, loaded_run.training.step + 1)]

    # The paper's learning rate is constant: a run of one step makes the first step of any.
    one = tmp_path / "one"
    assert gan(*paper, "--devices", "1", "--steps", "1", "--out", one)[0] == 0
    for name in ("exact", "gap", "floor"):
        expected = pytest.approx(lines(one)[0][name], rel=1e-5, abs=1e-5)
        assert lines(out)[0][name] == expected, name


def test_a_single_process_has_the_whole_batch(rng):
    alone = Devices(torch.device("cpu"))
    points = torch.randn(5, 2, generator=rng)
    assert alone.shard(points) is points
    tensors = [points, points[0]]
    assert alone.average(tensors) is tensors
    assert alone.any_rank(True) is True
    assert alone.any_rank(False) is False


@pytest.mark.parametrize("count", [2, 3])
def test_the_shards_of_all_processes_are_the_batch(count, rng):
    points = torch.randn(6, 2, generator=rng)
    shards = [Devices(torch.device("cpu"), rank, count).shard(points) for rank in range(count)]
    assert {len(shard) for shard in shards} == {6 // count}
    assert torch.equal(torch.stack(shards, dim=1).flatten(0, 1), points)


def test_the_loss_of_another_process_is_an_error_with_its_reason(monkeypatch):
    def gone(tensor):
        raise RuntimeError("Connection closed by peer\nadvice")

    monkeypatch.setattr(torch.distributed, "all_reduce", gone)
    devices = Devices(torch.device("cpu"), 0, 2)
    with pytest.raises(
        LostProcessError, match=r"another process .* gone \(Connection closed by peer\)$"
    ):
        devices.average([torch.zeros(2)])


def test_a_batch_that_cannot_be_shared_is_refused(rng):
    devices = Devices(torch.device("cpu"), 0, 3)
    players = plane_generator(rng), plane_critic(rng)
    with pytest.raises(MisfitError, match="`batch_size` 64 cannot be shared equally by 3"):
        Training.start(*players, WGAN_GP, steps=1, rng=rng, devices=devices)
    recipe = replace(WGAN_GP, batch_size=63)
    assert Training.start(*players, recipe, steps=1, rng=rng, devices=devices).devices is devices


@pytest.mark.parametrize("recipe", ["wgan-gp", "gan-noise"])
def test_mixed_precision_trains_and_keeps_the_weights_in_full(recipe, gan, tmp_path):
    tiny = ["--steps", "3", "--evaluate-every", "3", "--evaluation-size", "40"]
    tiny += ["--settings", "quick"]
    for precision in ("32", "bf16-mixed"):
        out = ["--precision", precision, "--out", tmp_path / precision]
        assert gan("train", recipe, *tiny, *out)[0] == 0
    full, mixed = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["training"]
        for name in ("32", "bf16-mixed")
    )
    for part in ("generator", "critic", "average"):
        for name, weight in mixed[part].items():
            assert weight.dtype == torch.float32
            # Three steps of Adam move a weight by 3 rates at most, the critic's by 15.
            assert (weight - full[part][name]).abs().max() <= 2 * 15 * 2e-3
        assert any(
            not torch.equal(mixed[part][name], weight) for name, weight in full[part].items()
        )
    (full_line,), (mixed_line,) = (lines(tmp_path / name) for name in ("32", "bf16-mixed"))
    assert full_line["floor"] == mixed_line["floor"]
    assert mixed_line["exact"] == pytest.approx(full_line["exact"], rel=0.05)


def autocast(*, enabled=True):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def critic_without_kinks(rng):
    """A critic whose units are all active on the square: the product of its weights, no kinks."""
    critic = plane_critic(rng, width=64)
    with torch.no_grad():
        for layer in critic.body:  # type: ignore[attr-defined]
            if isinstance(layer, nn.Linear):
                layer.weight.abs_().mul_(2)  # no cancellation in the product, and slopes above 1
                layer.bias.abs_().add_(10)
    return critic


@pytest.mark.parametrize("scored_before", [False, True])
def test_mixed_precision_gives_the_penaltys_gradient_to_its_rounding(scored_before, rng):
    critic = critic_without_kinks(rng)
    real, generated = torch.rand(2, 64, 2, generator=rng)
    mix = torch.rand(64, generator=rng)

    def gradients(*, mixed):
        with autocast(enabled=mixed):
            if scored_before:
                critic(real)
            slopes = gradient_norms(critic, real, generated, mix).float()
            assert slopes.min() > 2
            penalty = gradient_penalty(slopes)
        weights = [part.weight for part in critic.body if isinstance(part, nn.Linear)]
        return torch.autograd.grad(penalty, weights)

    for full, mixed in zip(gradients(mixed=False), gradients(mixed=True), strict=True):
        assert mixed.dtype == torch.float32
        # Four products there and four back, each of rounded factors, rounded: 24 roundings of
        # 2^-9, doubled by (slope - 1) at slopes of 2.
        assert (mixed - full).norm() <= 2 * 24 * 2**-9 * full.norm()


CRITICS = {
    "plane": (plane_critic, (2,)),
    "images": (lambda rng: convolutional_critic(rng, (1, 28, 28), channels=4), (1, 28, 28)),
    "unknown layers": (
        lambda rng: convolutional_critic(rng, (1, 28, 28), channels=4, norm="layer"),
        (1, 28, 28),
    ),
}


@pytest.mark.parametrize("scored_before", [False, True])
@pytest.mark.parametrize(("make", "shape"), CRITICS.values(), ids=CRITICS)
def test_no_weight_lacks_a_gradient_in_mixed_precision(make, shape, scored_before, rng):
    # Autocast keeps the rounded copy of a weight: one that was made without a graph would cut it.
    critic = make(rng)
    assert isinstance(critic, Critic)
    points, others = torch.randn(2, 32, *shape, generator=rng)
    with autocast():
        if scored_before:
            critic(points)
        slopes = gradient_norms(critic, points, others, torch.rand(32, generator=rng))
        loss = gradient_penalty(slopes.float())
    weights = [weight for name, weight in critic.named_parameters() if name.endswith("weight")]
    for gradient in torch.autograd.grad(loss, weights):
        assert gradient.abs().max() > 0


def test_scores_after_an_input_gradient_have_gradients_of_all_weights(rng):
    critic = plane_critic(rng, width=16)
    points = torch.randn(8, 2, generator=rng)
    with autocast():
        assert input_gradient(critic.body, points) is not None
        loss = critic(points).float().square().sum()
    gradients = torch.autograd.grad(loss, list(critic.parameters()))
    assert all(gradient.abs().max() > 0 for gradient in gradients)
