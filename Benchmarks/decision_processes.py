"""Sweeps of value iteration a second beside pymdptoolbox's and quantecon's, over the same slippery lake, in one
alternating run.

    make build && pip install pymdptoolbox quantecon
    python Benchmarks/decision_processes.py [--sides 100,300,1000] [--rounds 3] [--threads 2]

Theirs are one call of each library's own Bellman operator, from the same sparse matrices in double precision; the first
values after three sweeps are checked against Apus'.  Libraries that are not installed are left out.  With --large N
Apus alone sweeps a lake of N x N cells, beside the rate of a copy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import scipy.sparse

APUS = Path(__file__).resolve().parent.parent / ".build/release/apus"
DISCOUNT = 0.99


def lake(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Successors [cells, 4, 3], expected rewards [cells, 4] and where it ends [cells]: SlipperyLake.swift's."""
    count = rows * columns
    cell = np.arange(count)
    z = cell.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    ends = (z ^ (z >> np.uint64(31))) % np.uint64(10) == 0
    ends[0], ends[-1] = False, True
    row, column = cell // columns, cell % columns
    around = np.stack(
        [
            np.where(column > 0, cell - 1, cell), np.where(row < rows - 1, cell + columns, cell),
            np.where(column < columns - 1, cell + 1, cell), np.where(row > 0, cell - columns, cell),
        ],
        axis=1,
    )
    successors = np.stack([around[:, [(a + 3) % 4, a, (a + 1) % 4]] for a in range(4)], axis=1)
    rewards = (successors == count - 1).sum(axis=2) / 3.0
    rewards[ends] = 0
    return successors, rewards, ends


def matrices(successors: np.ndarray, ends: np.ndarray) -> list[scipy.sparse.csr_matrix]:
    """For each action what follows; ends lead to themselves, as these libraries want it."""
    count = len(ends)
    result = []
    for action in range(4):
        to = np.where(ends[:, None], np.arange(count)[:, None], successors[:, action])
        rows = np.repeat(np.arange(count), 3)
        matrix = scipy.sparse.csr_matrix((np.full(3 * count, 1 / 3.0), (rows, to.ravel())), shape=(count, count))
        result.append(matrix)
    return result


class Toolbox:
    name = "pymdptoolbox"

    def __init__(self, transitions: list[scipy.sparse.csr_matrix], rewards: np.ndarray):
        import mdptoolbox.mdp
        import mdptoolbox.util

        # Its check of the input makes dense matrices of the sparse ones.
        mdptoolbox.util.check = lambda transitions, rewards: None
        self.solver = mdptoolbox.mdp.ValueIteration(transitions, rewards, DISCOUNT, max_iter=1)

    def begin(self) -> None:
        self.values = np.zeros(self.solver.S)

    def sweep(self) -> None:
        self.solver.V = self.values
        _, self.values = self.solver._bellmanOperator()


class QuantEcon:
    name = "quantecon"

    def __init__(self, transitions: list[scipy.sparse.csr_matrix], rewards: np.ndarray):
        import quantecon.markov

        count = len(rewards)
        states, actions = np.repeat(np.arange(count), 4), np.tile(np.arange(4), count)
        stacked = scipy.sparse.vstack(transitions).tocsr()[np.arange(4 * count).reshape(4, count).T.ravel()]
        self.process = quantecon.markov.DiscreteDP(rewards.ravel(), stacked, DISCOUNT, states, actions)

    def begin(self) -> None:
        self.values = np.zeros(self.process.num_states)

    def sweep(self) -> None:
        self.values = self.process.bellman_operator(self.values)


class Apus:
    def __init__(self, rows: int, columns: int, threads: int, single: bool):
        name = "value-iteration-single" if single else "value-iteration"
        command = [APUS, "bench", name, "--serve", "--size", f"{rows}x{columns}", "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.greeting = json.loads(self.process.stdout.readline())

    def seconds(self, sweeps: int) -> float:
        self.process.stdin.write(f"run {sweeps}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["seconds"] / sweeps

    def quit(self) -> None:
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait()


def timed(peer: Toolbox | QuantEcon, least: float = 1.0) -> float:
    peer.sweep()
    start, sweeps = time.perf_counter(), 0
    while time.perf_counter() - start < least or sweeps < 3:
        peer.sweep()
        sweeps += 1
    return (time.perf_counter() - start) / sweeps


def compare(side: int, rounds: int, threads: int) -> None:
    successors, rewards, ends = lake(side, side)
    transitions = matrices(successors, ends)
    peers = []
    for make in (Toolbox, QuantEcon):
        try:
            peers.append(make(transitions, rewards))
        except ImportError as error:
            print(f"without {make.name}: {error}")
    own = {single: Apus(side, side, threads, single) for single in (False, True)}
    for peer in peers:
        peer.begin()
        changes, before = [], peer.values
        for _ in range(5):
            peer.sweep()
            changes.append(float(np.max(np.abs(peer.values - before))))
            before = peer.values
        assert np.allclose(changes, own[False].greeting["losses"], atol=1e-12), (peer.name, changes, own[False].greeting)
    best: dict[str, float] = {}
    for _ in range(rounds):
        for peer in peers:
            best[peer.name] = min(best.get(peer.name, np.inf), timed(peer))
        for single, apus in own.items():
            pilot = apus.seconds(3)
            name = "Apus, single precision" if single else "Apus"
            best[name] = min(best.get(name, np.inf), apus.seconds(max(3, int(0.7 / pilot))))
    for apus in own.values():
        apus.quit()
    print(f"{side} x {side} cells ({side * side:,} states, 4 actions), {threads} threads:")
    for name, seconds in best.items():
        ratio = seconds / best["Apus"]
        print(f"  {name:24} {1 / seconds:10,.1f} sweeps/s   {ratio:6.2f} times the time of Apus")


def large(side: int, threads: int) -> None:
    for single in (False, True):
        apus = Apus(side, side, threads, single)
        seconds = min(apus.seconds(5) for _ in range(3))
        rate = apus.greeting["bytes"] / seconds / 1e9
        apus.quit()
        kind = "single" if single else "double"
        print(f"{side * side:,} states, 4 actions, {kind}: {1 / seconds:.2f} sweeps/s, {rate:.1f} GB/s of {threads} threads")
    source = np.ones(1 << 28)
    target = np.empty_like(source)
    half = len(source) // 2

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(lambda part: np.copyto(target[part], source[part]), [slice(0, half), slice(half, None)]))
            times.append(time.perf_counter() - start)
        start = time.perf_counter()
        list(pool.map(lambda part: source[part].sum(), [slice(0, half), slice(half, None)]))
        read = time.perf_counter() - start
    print(f"a copy by two threads: {2 * source.nbytes / min(times) / 1e9:.1f} GB/s; a sum: {source.nbytes / read / 1e9:.1f} GB/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", default="100,300,1000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--large", type=int)
    arguments = parser.parse_args()
    if arguments.large:
        return large(arguments.large, arguments.threads)
    for side in map(int, arguments.sides.split(",")):
        compare(side, arguments.rounds, arguments.threads)


if __name__ == "__main__":
    main()
