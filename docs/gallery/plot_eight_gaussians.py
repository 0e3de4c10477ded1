"""
Eight Gaussians through training
================================

Samples of a generator after 0, 60 and 360 steps of WGAN-GP, and the exact EMD to real points
beside what the critic certifies of it. ``gan train wgan-gp --data eight-gaussians`` trains for
longer.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import torch

import gan
from gan.networks import mlp_critic, mlp_generator

STEPS = 360
rng = torch.Generator().manual_seed(0)
data = gan.eight_gaussians()
recipe = replace(
    gan.WGAN_GP, penalty_weight=0.3, learning_rate=3e-3, critic_steps=2, average_rate=0.1
)
generator = mlp_generator(rng, (2,), hidden=[64, 64], noise_size=4)
critic = mlp_critic(rng, (2,), hidden=[64, 64])
training = gan.Training.start(generator, critic, recipe, steps=STEPS, rng=rng)

# %%
# The loop yields after each generator step, so that the caller decides what to measure and when:

real = data.sample(300, rng)
pictures, checks = {0: training.average.sample(300, rng)}, {}
for step in gan.train(training, real=data.sample):
    if step.number % 60 == 0:
        samples = training.average.sample(300, rng)
        checks[step.number] = gan.critic_gap(training.critic, real, samples)
    if step.number in (60, STEPS):
        pictures[step.number] = samples

figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
for axis, (number, samples) in zip(axes, pictures.items(), strict=False):
    axis.scatter(*real.T, s=4, color="0.75")
    axis.scatter(*samples.T, s=4)
    axis.set(title=f"step {number}", xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
for name in ("exact", "certified", "baseline"):
    axes[3].plot(list(checks), [getattr(check, name) for check in checks.values()], label=name)
axes[3].set(xlabel="generator step", title="EMD", ylim=(0, None))
axes[3].legend()
plt.show()
