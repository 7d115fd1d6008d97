"""Compares Apus with its peers on one machine in one run.

Each program builds its workload and warms up; then they take turns, one round each, while the others wait for input. The
table shows medians (and minima) of milliseconds a step, and the time of the fastest peer divided by ours. Programs that do
not compute the same losses are not compared.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = {
    "lenet5": ["eager", "channels-last", "compile", "jax"],
    "lenet5-inference": ["eager", "channels-last", "compile", "jax"],
    "matmul": ["eager", "jax"],
}


class Failure(Exception):
    """Something that ends the comparison, told in one line."""


@dataclass
class Contestant:
    """A program that measures itself on request."""

    label: str
    command: list[str]
    times: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    framework: str = ""
    process: subprocess.Popen | None = None
    steps: int = 1

    def start(self) -> None:
        """Starts the program and waits until it is warm."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        ready = self.read()
        self.losses, self.framework = ready["losses"], ready["framework"]

    def read(self) -> dict:
        """The next answer."""
        line = self.process.stdout.readline()
        if not line:
            errors = self.process.stderr.read().strip().splitlines()
            raise Failure(f"{self.label} ended: {errors[-1] if errors else 'it said nothing'}")
        return json.loads(line)

    def run(self, steps: int) -> float:
        """Seconds a step, over so many steps."""
        self.process.stdin.write(f"run {steps}\n")
        self.process.stdin.flush()
        return self.read()["seconds"] / steps

    def calibrate(self, seconds: float) -> None:
        """Chooses how many steps make a round."""
        self.run(2)
        self.steps = max(1, round(seconds / max(self.run(3), 1e-6)))

    def stop(self) -> None:
        """Ends the program."""
        if self.process and self.process.poll() is None:
            self.process.stdin.write("quit\n")
            self.process.stdin.flush()
            self.process.wait(timeout=60)

    @property
    def median(self) -> float:
        """Milliseconds a step."""
        return statistics.median(self.times) * 1e3

    @property
    def minimum(self) -> float:
        """Milliseconds a step."""
        return min(self.times) * 1e3


def compare(workload: str, arguments: argparse.Namespace, extra: list[str]) -> dict:
    """Measures one workload; returns its row."""
    own = [*arguments.ours.split(), workload, "--serve", "--threads", str(arguments.threads), *extra]
    contestants = [Contestant("Apus", own)]
    for mode in PEERS[workload]:
        command = [sys.executable, str(ROOT / "Benchmarks/peers.py"), "--workload", workload, "--mode", mode]
        contestants.append(Contestant(mode, [*command, "--threads", str(arguments.threads), *extra]))
    skipped = {}
    for contestant in list(contestants):
        try:
            contestant.start()
        except Failure as failure:
            if contestant.label == "Apus":
                raise
            skipped[contestant.label] = str(failure)
            contestants.remove(contestant)
    ours, peers = contestants[0], contestants[1:]
    if not peers:
        raise Failure(f"{workload}: no peer could be run: {skipped}")
    for peer in peers:
        for step, (a, b) in enumerate(zip(ours.losses, peer.losses)):
            if abs(a - b) > 1e-3 * max(abs(b), 1e-3):
                raise Failure(f"{workload}: step {step}: our loss {a}, {peer.framework}'s {b}: not the same computation")
    for contestant in contestants:
        contestant.calibrate(arguments.seconds)
    for _ in range(arguments.rounds):
        for contestant in contestants:
            contestant.times.append(contestant.run(contestant.steps))
    for contestant in contestants:
        contestant.stop()
    return {
        "workload": " ".join([workload, *extra]),
        "ours": {"median": ours.median, "minimum": ours.minimum},
        "peers": {p.framework: {"median": p.median, "minimum": p.minimum} for p in peers},
        "ratio": min(p.median for p in peers) / ours.median,
        "ratio_of_minima": min(p.minimum for p in peers) / ours.minimum,
        "not_run": skipped,
    }


def show(row: dict) -> str:
    """The row in Markdown."""
    peers = "; ".join(f"{name} {t['median']:.3f} ({t['minimum']:.3f})" for name, t in row["peers"].items())
    return (
        f"| {row['workload']} | {row['ours']['median']:.3f} ({row['ours']['minimum']:.3f}) | {peers} "
        f"| **{row['ratio']:.2f}** ({row['ratio_of_minima']:.2f}) |"
    )


def main() -> int:
    """Runs the comparison; 0 when all of it ran."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workload", choices=list(PEERS), help="one workload (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.7, help="length of a round")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ours", default=".build/release/apus bench", help="our command")
    arguments = parser.parse_args()

    rows = []
    print("| workload | Apus, ms: median (least) | peers, ms: median (least) | fastest peer ÷ ours: medians (minima) |")
    print("|---|---|---|---|", flush=True)
    try:
        for workload in [arguments.workload] if arguments.workload else PEERS:
            sizes = [["--size", str(n)] for n in (256, 512, 1024)] if workload == "matmul" else [[]]
            for extra in sizes:
                rows.append(compare(workload, arguments, extra))
                print(show(rows[-1]), flush=True)
    except Failure as failure:
        print(f"make bench: {failure}", file=sys.stderr)
        return 1
    for row in rows:
        for label, reason in row["not_run"].items():
            print(f"not run: {row['workload']}, {label}: {reason}")
    results = ROOT / "Benchmarks/results"
    results.mkdir(exist_ok=True)
    (results / "latest.json").write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
