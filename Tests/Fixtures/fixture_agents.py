"""What agents learn by, by PyTorch in double precision: advantages, the losses of PPO and of DQN and their gradients
(agents.json).  The lines are those of CleanRL's ppo.py and dqn.py, written again.

    .venv/bin/python Tests/Fixtures/fixture_agents.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

BATCH, ACTIONS, STEPS, COPIES = 12, 3, 10, 2


def advantages(generator: torch.Generator) -> dict[str, Any]:
    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float32).double()

    rewards, values, last = normal(STEPS, COPIES), normal(STEPS, COPIES), normal(COPIES)
    # dones[t] says that an episode ended with the step before t, as CleanRL has it.
    dones = (torch.rand(STEPS + 1, COPIES, generator=generator) < 0.25).double()
    result = {}
    for discount, decay in [(0.99, 0.95), (0.9, 1.0), (1.0, 0.0)]:
        found = torch.zeros_like(rewards)
        running = torch.zeros(COPIES, dtype=torch.float64)
        for t in reversed(range(STEPS)):
            going = 1.0 - dones[t + 1]
            after = last if t == STEPS - 1 else values[t + 1]
            delta = rewards[t] + discount * after * going - values[t]
            found[t] = running = delta + discount * decay * going * running
        result[f"{discount} {decay}"] = found.tolist()
    return {
        "rewards": rewards.tolist(), "values": values.tolist(), "last": last.tolist(),
        "ends": dones[1:].bool().tolist(), "advantages": result,
    }


def proximal(generator: torch.Generator) -> list[dict[str, Any]]:
    cases = []
    for clip, clips_values, normalizes, entropy_weight, value_weight in [
        (0.2, True, True, 0.01, 0.5), (0.1, False, True, 0.0, 1.0), (0.3, True, False, 0.1, 0.25), (None, False, False, 0.01, 0.5),
    ]:
        logits = torch.randn(BATCH, ACTIONS, generator=generator).double().requires_grad_()
        values = torch.randn(BATCH, generator=generator).double().requires_grad_()
        actions = torch.randint(ACTIONS, (BATCH,), generator=generator)
        old_logits = logits.detach() + 0.4 * torch.randn(BATCH, ACTIONS, generator=generator)
        old = torch.distributions.Categorical(logits=old_logits).log_prob(actions).float().double()
        given = torch.randn(BATCH, generator=generator).double()
        old_values = (values.detach() + 0.3 * torch.randn(BATCH, generator=generator)).float().double()
        returns = (given + old_values).float().double()

        policy = torch.distributions.Categorical(logits=logits)
        log_ratio = policy.log_prob(actions) - old
        ratio = log_ratio.exp()
        weights = (given - given.mean()) / (given.std() + 1e-8) if normalizes else given
        if clip is None:
            policy_loss = (-weights * policy.log_prob(actions)).mean()
        else:
            policy_loss = torch.max(-weights * ratio, -weights * torch.clamp(ratio, 1 - clip, 1 + clip)).mean()
        if clips_values:
            near = old_values + torch.clamp(values - old_values, -clip, clip)
            value_loss = 0.5 * torch.max((values - returns) ** 2, (near - returns) ** 2).mean()
        else:
            value_loss = 0.5 * ((values - returns) ** 2).mean()
        entropy = policy.entropy().mean()
        loss = policy_loss - entropy_weight * entropy + value_weight * value_loss
        loss.backward()
        cases.append(
            {
                "clip": clip, "clips_values": clips_values, "normalizes": normalizes, "entropy_weight": entropy_weight,
                "value_weight": value_weight, "logits": logits.detach().flatten().tolist(), "values": values.detach().tolist(),
                "actions": actions.tolist(), "old": old.tolist(), "advantages": given.tolist(), "returns": returns.tolist(),
                "old_values": old_values.tolist(), "loss": loss.item(), "policy": policy_loss.item(),
                "value": value_loss.item(), "entropy": entropy.item(),
                "divergence": ((ratio - 1) - log_ratio).mean().item(),
                "logits_gradient": logits.grad.flatten().tolist(), "values_gradient": values.grad.tolist(),
            }
        )
    return cases


def deep_q(generator: torch.Generator) -> list[dict[str, Any]]:
    cases = []
    for is_double, is_huber, is_weighted in [(False, False, False), (True, False, True), (True, True, False)]:
        own = (2 * torch.randn(BATCH, ACTIONS, generator=generator)).double().requires_grad_()
        target = torch.randn(BATCH, ACTIONS, generator=generator).double()
        choosing = torch.randn(BATCH, ACTIONS, generator=generator).double()
        actions = torch.randint(ACTIONS, (BATCH,), generator=generator)
        rewards = torch.randn(BATCH, generator=generator).double()
        terminated = (torch.rand(BATCH, generator=generator) < 0.3).double()
        weights = torch.rand(BATCH, generator=generator).double() if is_weighted else torch.ones(BATCH).double()
        with torch.no_grad():
            best = target.gather(1, choosing.argmax(1, keepdim=True))[:, 0] if is_double else target.max(dim=1)[0]
            goals = rewards + 0.97 * best * (1 - terminated)
        chosen = own.gather(1, actions[:, None])[:, 0]
        each = torch.nn.functional.huber_loss if is_huber else torch.nn.functional.mse_loss
        loss = (weights * each(chosen, goals, reduction="none")).mean()
        loss.backward()
        cases.append(
            {
                "double": is_double, "huber": is_huber, "own": own.detach().flatten().tolist(),
                "target": target.flatten().tolist(), "choosing": choosing.flatten().tolist(), "actions": actions.tolist(),
                "rewards": rewards.tolist(), "terminated": terminated.tolist(), "weights": weights.tolist(),
                "goals": goals.tolist(), "loss": loss.item(), "gradient": own.grad.flatten().tolist(),
            }
        )
    return cases


def main() -> None:
    generator = torch.Generator().manual_seed(3)
    result = {
        "versions": {"torch": torch.__version__}, "batch": BATCH, "actions": ACTIONS,
        "advantages": advantages(generator), "proximal": proximal(generator), "deep_q": deep_q(generator),
    }
    (Path(__file__).parent / "agents.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
