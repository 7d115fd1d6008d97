"""Decision processes and environments as Gymnasium has them, and Jack's car rental by NumPy (decisions.json,
environments.json).

    .venv/bin/pip install gymnasium==1.4.0
    .venv/bin/python Tests/Fixtures/fixture_decisions.py

Of each state and action of a model: [probability, next state or -1 where the episode is over, reward] for each outcome.
Values are those of value iteration on these tables in double precision, until they change no more.  Of each
environment: episodes as the states before and after each step, the actions and the rewards.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

HERE = Path(__file__).parent
MODELS = {
    "frozen-lake": ("FrozenLake-v1", {}, 0.99),
    "frozen-lake-8x8": ("FrozenLake8x8-v1", {}, 0.99),
    "cliff-walking": ("CliffWalking-v1", {}, 1.0),
    "taxi": ("Taxi-v4", {}, 0.99),
}
STEPS = 1000


def table(name: str, options: dict[str, Any]) -> list[list[list[list[float]]]]:
    p = gymnasium.make(name, **options).unwrapped.P
    return [
        [[[float(q), -1 if over else int(s), float(r)] for q, s, r, over in p[state][action]] for action in sorted(p[state])]
        for state in sorted(p)
    ]


def optimal(rows: list[list[list[list[float]]]], discount: float) -> list[float]:
    values = np.zeros(len(rows))
    for _ in range(100_000):
        best = np.array(
            [
                max(sum(q * (r + (discount * values[int(s)] if s >= 0 else 0)) for q, s, r in outcomes) for outcomes in actions)
                for actions in rows
            ]
        )
        if np.max(np.abs(best - values)) < 1e-15:
            break
        values = best
    return [float(v) for v in values]


def car_rental(discount: float = 0.9) -> dict[str, Any]:
    """Sutton & Barto, example 4.2, with Poisson's distributions summed up to 80 cars."""
    most = 20

    def poisson(n: int, mean: float) -> float:
        return math.exp(-mean + n * math.log(mean) - math.lgamma(n + 1))

    def day(wanted: float, returned: float) -> tuple[np.ndarray, np.ndarray]:
        income, chances = np.zeros(most + 1), np.zeros((most + 1, most + 1))
        for cars in range(most + 1):
            for want in range(80):
                rented = min(cars, want)
                p = poisson(want, wanted)
                income[cars] += p * 10 * rented
                for back in range(80):
                    chances[cars, min(most, cars - rented + back)] += p * poisson(back, returned)
        return income, chances

    (income1, chances1), (income2, chances2) = day(3, 3), day(4, 2)
    count = most + 1

    def backup(i: int, j: int, moved: int, values: np.ndarray) -> float:
        a, b = min(most, i - moved), min(most, j + moved)
        return -2 * abs(moved) + income1[a] + income2[b] + discount * chances1[a] @ values @ chances2[b]

    values = np.zeros((count, count))
    for _ in range(1000):
        new = np.array(
            [[max(backup(i, j, m, values) for m in range(-min(j, 5), min(i, 5) + 1)) for j in range(count)] for i in range(count)]
        )
        done = np.max(np.abs(new - values)) < 1e-11
        values = new
        if done:
            break
    policy = [
        [max(range(-min(j, 5), min(i, 5) + 1), key=lambda m: backup(i, j, m, values)) for j in range(count)]
        for i in range(count)
    ]
    return {"discount": discount, "values": values.ravel().tolist(), "policy": [m for row in policy for m in row]}


def swing(name: str, state: np.ndarray, random: np.random.Generator) -> Any:
    """Half the time at random, half so that it comes further than at random."""
    is_random = random.random() < 0.5
    if name == "CartPole-v1":
        return int(random.integers(2)) if is_random else int(state[2] + state[3] > 0)
    if name == "MountainCar-v0":
        return int(random.integers(3)) if is_random else (2 if state[1] >= 0 else 0)
    if name == "MountainCarContinuous-v0":
        return float(random.uniform(-1.5, 1.5)) if is_random else (1.0 if state[1] >= 0 else -1.0)
    if name == "Acrobot-v1":
        return int(random.integers(3)) if is_random else (0 if state[2] > 0 else 2)
    return float(random.uniform(-3, 3))


def episodes(name: str) -> list[dict[str, Any]]:
    environment = gymnasium.make(name)
    random = np.random.default_rng(7)
    result: list[dict[str, Any]] = []
    steps, seed = 0, 0

    def numbers(values: Any) -> list[float]:
        return [round(float(x), 12) for x in values]

    while steps < STEPS:
        environment.reset(seed=seed)
        seed += 1
        episode: dict[str, Any] = {"states": [numbers(environment.unwrapped.state)], "actions": [], "rewards": []}
        over = cut = False
        while not (over or cut) and steps < STEPS:
            action = swing(name, environment.unwrapped.state, random)
            given = np.array([action], dtype=np.float32) if isinstance(action, float) else action
            seen, reward, over, cut, _ = environment.step(given)
            episode["states"].append(numbers(environment.unwrapped.state))
            episode["actions"].append(float(given[0]) if isinstance(action, float) else action)
            episode["rewards"].append(round(float(reward), 12))
            steps += 1
        result.append(episode | {"terminated": bool(over), "observation": numbers(seen)})
    return result


def main() -> None:
    versions = {"gymnasium": gymnasium.__version__, "numpy": np.__version__}
    models: dict[str, Any] = {"versions": versions}
    for name, (gym_name, options, discount) in MODELS.items():
        rows = table(gym_name, options)
        models[name] = {"discount": discount, "outcomes": rows, "values": optimal(rows, discount)}
    models["car-rental"] = car_rental()
    (HERE / "decisions.json").write_text(json.dumps(models, separators=(",", ":")) + "\n")
    names = ["CartPole-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Acrobot-v1", "Pendulum-v1"]
    worlds: dict[str, Any] = {"versions": versions} | {name: episodes(name) for name in names}
    (HERE / "environments.json").write_text(json.dumps(worlds, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
