"""Several processes compute the run of one; mixed precision computes it roughly and whole."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest
import torch
from torch import nn

from gan.__main__ import main
from gan.errors import LostProcessError, MisfitError
from gan.networks import Critic, plane_critic, plane_generator
from gan.networks.convolutional import convolutional_critic
from gan.recipes.input_gradient import input_gradient
from gan.recipes.penalties import gradient_norms, gradient_penalty
from gan.recipes.registry import WGAN_GP
from gan.runs.config import Config
from gan.runs.run import made
from gan.training.devices import Devices
from gan.training.loop import Training, train

SHARED = ["wgan-gp", "wgan-fd", "gan-noise", "wgan"]
SCRIPT = """
import copy
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from gan.runs.config import Config
from gan.runs.run import made
from gan.training.devices import join
from gan.training.loop import train

out, *recipes = sys.argv[1:]
for recipe in recipes:
    changes = {"critic_steps": 1}
    training, data = made(Config(recipe=recipe, steps=3, devices=2, changes=changes))
    training.devices = join(training.devices, strategy="ddp")
    steps, states, optimizers = [], [], []
    for step in train(training, real=data.sample):
        steps.append(asdict(step))
        states.append(copy.deepcopy(training.critic.state_dict()))
        optimizers.append(copy.deepcopy(training.critic_optimizer.state_dict()))
    found = {
        "steps": steps, "states": states, "optimizers": optimizers, "end": training.state_dict()
    }
    torch.save(found, Path(out) / f"{recipe}-{training.devices.rank}.pt")
"""
LONG = ["train", "wgan-gp", "--settings", "paper", "--devices", "2", "--strategy", "ddp"]
LONG += ["--steps", "100000", "--evaluate-every", "1", "--evaluation-size", "40"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """What two processes saw of some recipes, by recipe and rank."""
    folder = tmp_path_factory.mktemp("shared")
    script = folder / "script.py"
    script.write_text(SCRIPT)
    ran = subprocess.run(
        [sys.executable, script, folder, *SHARED], capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    found = {}
    for recipe in SHARED:
        for rank in (0, 1):
            path = folder / f"{recipe}-{rank}.pt"
            deadline = time.monotonic() + 60  # the first does not wait for the second to write
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            found[recipe, rank] = loaded(path)
    return found


def loaded(path):
    """A file of torch, also one that is being written."""
    for _ in range(100):
        try:
            return torch.load(path, weights_only=True)
        except (RuntimeError, EOFError):
            time.sleep(0.05)
    raise AssertionError(f"{path} is not complete")


@pytest.mark.parametrize("recipe", SHARED)
def test_two_processes_make_the_first_step_of_one(recipe, shared):
    config = Config(recipe=recipe, steps=3, changes={"critic_steps": 1})
    training, data = made(config)
    step = next(train(training, real=data.sample))
    other = shared[recipe, 0]["steps"][0]
    for name in ("critic_loss", "gap", "learning_rate", "noise"):
        # Sums of 256 terms in another order, of which rounding takes some units of 6e-8 each.
        assert other[name] == pytest.approx(asdict(step)[name], rel=1e-5, abs=1e-6), name
    mine, theirs = first_gradients(training.critic_optimizer.state_dict()), shared[recipe, 0]
    theirs = first_gradients(theirs["optimizers"][0])
    rounding = 1e-5 * max(float(gradient.abs().max()) for gradient in mine)
    for i, (name, weight) in enumerate(training.critic.named_parameters()):
        assert torch.allclose(theirs[i], mine[i], rtol=1e-5, atol=rounding), name
        # Adam divides by the gradient: where it is 0 but for rounding, the update has any size.
        sure = mine[i].abs() > 2 * rounding
        other_weight = shared[recipe, 0]["states"][0][name]
        assert sure.any() or name == "body.6.bias"  # all scores together: no loss sees it
        assert torch.allclose(other_weight[sure], weight[sure], rtol=1e-5, atol=1e-7), name


def first_gradients(state):
    """What an optimiser remembers of its first gradients: a multiple of each, or of its square."""
    return [part.get("exp_avg", part.get("square_avg")) for part in state["state"].values()]


@pytest.mark.parametrize("recipe", SHARED)
def test_all_processes_end_with_the_same_state(recipe, shared):
    first, second = (shared[recipe, rank] for rank in (0, 1))
    assert first["steps"] == second["steps"]
    for part in ("generator", "critic", "average"):
        mine, other = first["end"][part], second["end"][part]
        assert all(torch.equal(mine[name], other[name]) for name in mine)
    assert torch.equal(first["end"]["rng"], second["end"]["rng"])


def started(out, *more):
    command = [sys.executable, "-m", "gan", *LONG, "--out", str(out), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def lines(out):
    path = out / "metrics.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(condition, process):
    deadline = time.monotonic() + 200
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition(), process.communicate()


def children(process):
    """The processes that a process has started."""
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True)
    return [int(number) for number in found.stdout.split()]


def test_a_killed_worker_and_ctrl_c_leave_a_run_that_goes_on(tmp_path, capfd, monkeypatch):
    out = tmp_path / "run"
    killed = started(out)
    wait_for(lambda: lines(out), killed)
    (worker,) = children(killed)
    os.kill(worker, signal.SIGKILL)
    _, err = killed.communicate(timeout=120)
    assert killed.returncode == 1, err
    assert "gan: training stopped after step " in err
    assert "another process of this run is gone" in err
    assert "Traceback" not in err
    step = torch.load(out / "checkpoint.pt", weights_only=True)["training"]["step"]
    assert step >= 1

    resumed = started(out, "--resume")
    wait_for(lambda: json.loads((lines(out) or ['{"step": 0}'])[-1])["step"] > step, resumed)
    assert len(children(resumed)) == 1
    os.killpg(resumed.pid, signal.SIGINT)  # as a terminal does: to both
    said, err = resumed.communicate(timeout=120)  # until both have closed them
    assert resumed.returncode == 130, err
    assert said.startswith("stopped after step ")
    assert "Traceback" not in err
    end = torch.load(out / "checkpoint.pt", weights_only=True)["training"]["step"]
    assert end > step
    assert f"stopped after step {end} of 100000" in said
    assert [json.loads(line)["step"] for line in lines(out)] == list(range(1, end + 1))

    # The paper's learning rate is constant: a run of one step makes the first step of any.
    one = [*LONG, "--devices", "1", "--steps", "1", "--out", str(tmp_path / "one")]
    monkeypatch.setattr(sys, "argv", ["gan", *one])
    assert main() == 0
    capfd.readouterr()
    mine, other = (json.loads(lines(folder)[0]) for folder in (tmp_path / "one", out))
    for name in ("exact", "live_gap", "floor"):
        assert other[name] == pytest.approx(mine[name], rel=1e-5, abs=1e-5), name


def test_one_process_shares_with_nobody(rng):
    alone = Devices(torch.device("cpu"))
    points = torch.randn(5, 2, generator=rng)
    assert alone.share(points) is points
    tensors = [points, points[0]]
    assert alone.average(tensors) is tensors
    assert alone.agreed(True) is True
    assert alone.agreed(False) is False


@pytest.mark.parametrize("count", [2, 3])
def test_the_shares_of_all_processes_are_the_batch(count, rng):
    points = torch.randn(6, 2, generator=rng)
    shares = [Devices(torch.device("cpu"), rank, count).share(points) for rank in range(count)]
    assert {len(share) for share in shares} == {6 // count}
    assert torch.equal(torch.stack(shares, dim=1).flatten(0, 1), points)


def test_a_process_that_is_gone_is_named(monkeypatch):
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
def test_mixed_precision_trains_and_keeps_the_weights_in_full(
    recipe, tmp_path, monkeypatch, capfd
):
    tiny = ["--steps", "3", "--evaluate-every", "3", "--evaluation-size", "40"]
    for precision in ("32", "bf16-mixed"):
        out = ["--precision", precision, "--out", str(tmp_path / precision)]
        monkeypatch.setattr(sys, "argv", ["gan", "train", recipe, *tiny, *out])
        assert main() == 0
    capfd.readouterr()
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
    (mine,), (other,) = (
        [json.loads(line) for line in lines(tmp_path / name)] for name in ("32", "bf16-mixed")
    )
    assert mine["floor"] == other["floor"]
    assert other["exact"] == pytest.approx(mine["exact"], rel=0.05)


def autocast(*, enabled=True):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def all_active(rng):
    """A critic whose units are all active on the square: the product of its weights, no kinks."""
    critic = plane_critic(rng, width=64)
    with torch.no_grad():
        for layer in critic.body:
            if isinstance(layer, nn.Linear):
                layer.weight.abs_().mul_(2)  # no cancellation in the product, and slopes above 1
                layer.bias.abs_().add_(10)
    return critic


@pytest.mark.parametrize("scored_before", [False, True])
def test_mixed_precision_gives_the_penaltys_gradient_to_its_rounding(scored_before, rng):
    critic = all_active(rng)
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
def test_mixed_precision_loses_no_weights_gradient(make, shape, scored_before, rng):
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


def test_a_gradient_that_is_taken_first_does_not_cut_the_scores_after_it(rng):
    critic = plane_critic(rng, width=16)
    points = torch.randn(8, 2, generator=rng)
    with autocast():
        assert input_gradient(critic.body, points) is not None
        loss = critic(points).float().square().sum()
    gradients = torch.autograd.grad(loss, list(critic.parameters()))
    assert all(gradient.abs().max() > 0 for gradient in gradients)
