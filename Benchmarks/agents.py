"""The time that agents take for the same number of steps beside PyTorch, in one alternating run.

    make build && .venv/bin/pip install gymnasium==1.4.0
    .venv/bin/python Benchmarks/agents.py [--steps 50000] [--rounds 2] [--threads 1]

The PyTorch programs do what CleanRL's ppo.py and dqn.py do for CartPole-v1, with its numbers: the same networks, batches
and updates, Gymnasium's environments (PPO: four in a SyncVectorEnv), written again in the plain way.  Time is that of
acting and learning, without imports and without judgements.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path

import gymnasium
import numpy as np
import torch
from torch import nn

APUS = Path(__file__).resolve().parent.parent / ".build/release/apus"


def layer(inputs: int, outputs: int, gain: float = 2**0.5) -> nn.Linear:
    result = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(result.weight, gain)
    nn.init.zeros_(result.bias)
    return result


class Actor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.critic = nn.Sequential(layer(4, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1.0))
        self.actor = nn.Sequential(layer(4, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 2, 0.01))

    def forward(self, x: torch.Tensor, action: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        policy = torch.distributions.Categorical(logits=self.actor(x))
        action = policy.sample() if action is None else action
        return action, policy.log_prob(action), policy.entropy(), self.critic(x).flatten()


def ppo(steps: int, seed: int) -> float:
    torch.manual_seed(seed)
    copies, length = 4, 128
    worlds = gymnasium.vector.SyncVectorEnv(
        [lambda: gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))] * copies
    )
    agent = Actor()
    optimizer = torch.optim.Adam(agent.parameters(), lr=2.5e-4, eps=1e-5)
    seen = torch.zeros(length, copies, 4)
    actions, old, rewards, ends, values = (torch.zeros(length, copies) for _ in range(5))
    now, end = torch.tensor(worlds.reset(seed=seed)[0]), torch.zeros(copies)
    updates = steps // (copies * length)
    start = time.perf_counter()
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = 2.5e-4 * (1 - update / updates)
        for t in range(length):
            seen[t], ends[t] = now, end
            with torch.no_grad():
                action, old[t], _, values[t] = agent(now)
            actions[t] = action
            after, reward, over, cut, _ = worlds.step(action.numpy())
            rewards[t] = torch.tensor(reward)
            now, end = torch.tensor(after), torch.tensor(np.logical_or(over, cut), dtype=torch.float32)
        with torch.no_grad():
            last = agent.critic(now).flatten()
            advantages, running = torch.zeros_like(rewards), torch.zeros(copies)
            for t in reversed(range(length)):
                going = 1 - (end if t == length - 1 else ends[t + 1])
                after_value = last if t == length - 1 else values[t + 1]
                delta = rewards[t] + 0.99 * after_value * going - values[t]
                advantages[t] = running = delta + 0.99 * 0.95 * going * running
            returns = advantages + values
        flat = [x.reshape(copies * length, *x.shape[2:]) for x in (seen, actions, old, advantages, returns, values)]
        for _ in range(4):
            order = torch.randperm(copies * length)
            for part in order.split(128):
                x, a, o, adv, ret, val = (f[part] for f in flat)
                _, log_p, entropy, value = agent(x, a.long())
                ratio = (log_p - o).exp()
                adv = (adv - adv.mean()) / (adv.std() + 1e-8)
                policy = torch.max(-adv * ratio, -adv * ratio.clamp(0.8, 1.2)).mean()
                near = val + (value - val).clamp(-0.2, 0.2)
                critic = 0.5 * torch.max((value - ret) ** 2, (near - ret) ** 2).mean()
                loss = policy - 0.01 * entropy.mean() + 0.5 * critic
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
    return time.perf_counter() - start


def dqn(steps: int, seed: int) -> float:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    world = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("CartPole-v1"))

    def network() -> nn.Sequential:
        return nn.Sequential(nn.Linear(4, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 2))

    own, target = network(), network()
    target.load_state_dict(own.state_dict())
    optimizer = torch.optim.Adam(own.parameters(), lr=2.5e-4)
    size = 10_000
    kept = [np.zeros((size, 4), np.float32), np.zeros(size, np.int64), np.zeros(size, np.float32), np.zeros((size, 4), np.float32), np.zeros(size, np.float32)]
    now, _ = world.reset(seed=seed)
    start = time.perf_counter()
    for step in range(steps):
        share = max(0.05, 1 + step / (0.5 * steps) * (0.05 - 1))
        if random.random() < share:
            action = int(random.integers(2))
        else:
            action = int(own(torch.tensor(now)[None]).argmax(dim=1))
        after, reward, over, cut, _ = world.step(action)
        for place, value in zip(kept, (now, action, reward, after, over)):
            place[step % size] = value
        now = world.reset()[0] if over or cut else after
        if step <= 10_000:
            continue
        if step % 10 == 0:
            places = random.integers(0, min(step + 1, size), 128)
            x, a, r, y, d = (torch.tensor(k[places]) for k in kept)
            with torch.no_grad():
                goal = r + 0.99 * target(y).max(dim=1)[0] * (1 - d)
            loss = nn.functional.mse_loss(goal, own(x).gather(1, a[:, None]).squeeze())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if step % 500 == 0:
            target.load_state_dict(own.state_dict())
    return time.perf_counter() - start


def apus(recipe: str, steps: int, seed: int, threads: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [APUS, "train", recipe, "--steps", str(steps), "--seed", str(seed), "--threads", str(threads), "--out", f"{folder}/run"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"steps in ([\d.]+) s", text).group(1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for recipe, program in [("ppo-cartpole", ppo), ("dqn-cartpole", dqn)]:
        theirs = ours = np.inf
        for seed in range(arguments.rounds):
            theirs = min(theirs, program(arguments.steps, seed))
            ours = min(ours, apus(recipe, arguments.steps, seed, arguments.threads))
        print(f"{recipe:14} {arguments.steps:,} steps: PyTorch {theirs:.1f} s, Apus {ours:.1f} s, ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
