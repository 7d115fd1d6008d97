"""Compares Apus with PyTorch and JAX in one alternating run.

    .venv/bin/python Benchmarks/compare.py [--workload lenet5]... [--rounds 7] [--ours CMD] [--peers eager,jax]

Every program is started and warmed up once; then each runs for about a second in turn, while the others wait for a line
on their standard input: a slow spell of the machine meets them all.  A round in which other programs took more than a twentieth
of the machine is repeated, up to three times, and counted as disturbed where that doesn't help.  Each round gives one time per step; the table shows
the median and, in brackets, the least.  The losses of the first steps have to agree (see `peers.py` for the protocol and
`hashed_values.py` for the data).  A mode that can't be run here is listed with the reason; a program that fails ends
the comparison with status 1 and one line.

CMD, which defaults to `.build/release/apus bench`, is followed by `WORKLOAD --serve --batch N --threads N [--size N]`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, IO

from disturbance import Watch
from workload import MODES, WORKLOADS, Unavailable, parse_size

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "latest.json"
OURS = "apus"
LOSS_TOLERANCE = 1e-3
TRIES = 4


class Failure(Exception):
    """What went wrong, in one line."""


@dataclass(frozen=True)
class Task:
    """One row of the table."""

    workload: str
    batch: int
    threads: int
    size: str | None = None

    @property
    def label(self) -> str:
        return f"{self.workload} {self.size}" if self.size else f"{self.workload}, batch {self.batch}"

    @property
    def flops(self) -> float | None:
        """Floating-point operations in a step, for a matrix product."""
        if self.size is None:
            return None
        rows, inner, columns = parse_size(self.size)
        return 2.0 * rows * inner * columns

    def arguments(self) -> list[str]:
        common = ["--batch", str(self.batch), "--threads", str(self.threads)]
        return common + (["--size", self.size] if self.size else [])


@dataclass
class Program:
    """A program that answers `run N`, and the seconds per step that it took in each round."""

    name: str
    process: subprocess.Popen[str]
    errors: IO[str]
    framework: str = ""
    losses: list[float] = field(default_factory=list)
    steps: int = 1
    times: list[float] = field(default_factory=list)
    disturbed: int = 0

    @classmethod
    def start(cls, name: str, command: list[str]) -> Program:
        """Starts it and waits until it is warm."""
        errors = tempfile.TemporaryFile("w+")
        try:
            pipe = subprocess.PIPE
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, text=True)
        except OSError as error:
            raise Failure(f"{name}: {command[0]}: {error.strerror}") from error
        program = cls(name, process, errors)
        try:
            program._greet()
        except BaseException:
            program.stop()
            raise
        return program

    def _greet(self) -> None:
        answer = self._answer()
        if answer.get("ready") is not True:
            raise Unavailable(str(answer.get("reason", "no reason given")))
        self.framework, self.losses = answer["framework"], answer["losses"]

    def run(self, steps: int) -> float:
        """Seconds per step."""
        try:
            self.process.stdin.write(f"run {steps}\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failure(f"{self.name}: {self._last_words()}") from error
        answer = self._answer()
        if "seconds" not in answer:
            raise Failure(f"{self.name}: {answer.get('error', answer)}")
        return answer["seconds"] / answer["steps"]

    def calibrate(self, seconds: float) -> None:
        """Sets how many steps fill a round."""
        pilot = self.run(3)
        pilot = self.run(max(3, round(0.2 * seconds / pilot)))
        self.steps = max(1, round(seconds / pilot))

    def measure(self) -> None:
        """Adds the time of one round, repeated while other programs disturb it: the least disturbed try counts."""
        tries = []
        for _ in range(TRIES):
            with Watch(self.process.pid) as watch:
                seconds = self.run(self.steps)
            tries.append((watch.share, seconds))
            if not watch.was_disturbed:
                break
        self.disturbed += watch.was_disturbed
        self.times.append(min(tries)[1])

    def stop(self) -> None:
        """Ends it, kindly first."""
        try:
            self.process.communicate("quit\n", timeout=5)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.errors.close()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise Failure(f"{self.name}: {self._last_words()}")
        try:
            return json.loads(line)
        except json.JSONDecodeError as error:
            raise Failure(f"{self.name}: not a line of JSON: {line.strip()[:120]}") from error

    def _last_words(self) -> str:
        status = self.process.wait()
        self.errors.seek(0)
        lines = [line for line in self.errors.read().splitlines() if line.strip()]
        return f"ended with status {status}" + (f": {lines[-1].strip()}" if lines else "")


@dataclass
class Row:
    """What was measured for a task."""

    task: Task
    programs: dict[str, Program]
    missing: dict[str, str]

    def peers(self) -> list[Program]:
        return [program for name, program in self.programs.items() if name != OURS]

    def ratio(self) -> float | None:
        """The fastest peer's median over ours."""
        medians = [statistics.median(peer.times) for peer in self.peers()]
        return min(medians) / statistics.median(self.programs[OURS].times) if medians else None


def peer_command(task: Task, mode: str) -> list[str]:
    return [sys.executable, str(HERE / "peers.py"), "--workload", task.workload, "--mode", mode, *task.arguments()]


def our_command(task: Task, ours: str) -> list[str]:
    return [*shlex.split(ours), task.workload, "--serve", *task.arguments()]


def check_losses(ours: Program, peer: Program) -> None:
    """The first losses have to agree: otherwise the two programs don't do the same work."""
    count = min(len(ours.losses), len(peer.losses))
    if count == 0:
        raise Failure(f"{peer.name}: no losses to compare")
    for step, (a, b) in enumerate(zip(ours.losses, peer.losses), start=1):
        if not abs(a - b) <= LOSS_TOLERANCE * max(abs(a), abs(b)):
            raise Failure(f"{ours.name} and {peer.name} disagree: the loss of step {step} is {a:.6g} against {b:.6g}")


def measure(task: Task, options: argparse.Namespace) -> Row:
    """Starts all programs of a task, and alternates between them."""
    row = Row(task, {}, {})
    modes = [mode for mode in MODES[task.workload] if not options.peers or mode in options.peers]
    commands = {OURS: our_command(task, options.ours)} | {mode: peer_command(task, mode) for mode in modes}
    try:
        for name, command in commands.items():
            progress(f"{task.label}: warming up {name}")
            start(row, name, command)
        for program in row.programs.values():
            program.calibrate(options.seconds)
        for number in range(options.rounds):
            progress(f"{task.label}: round {number + 1} of {options.rounds}")
            for program in row.programs.values():
                program.measure()
    finally:
        for program in row.programs.values():
            program.stop()
    return row


def start(row: Row, name: str, command: list[str]) -> None:
    """Adds a program to the row, or the reason why it can't be run."""
    try:
        program = row.programs[name] = Program.start(name, command)
    except Unavailable as reason:
        if name == OURS:
            raise Failure(f"{name}: {reason}") from reason
        row.missing[name] = str(reason)
        return
    if name != OURS:
        check_losses(row.programs[OURS], program)


def table(rows: list[Row], columns: list[str]) -> str:
    """The Markdown table: milliseconds a step, median (least)."""
    lines = [" | ".join(["| workload", OURS, *columns, "fastest peer ÷ apus |"]), "|---" * (len(columns) + 3) + "|"]
    for row in rows:
        fastest = min((statistics.median(peer.times) for peer in row.peers()), default=None)
        cells = [cell(row, OURS, None), *(cell(row, name, fastest) for name in columns)]
        ratio = row.ratio()
        lines.append(" | ".join([f"| {row.task.label}", *cells, f"{ratio:.2f} |" if ratio else "– |"]))
    return "\n".join(lines)


def cell(row: Row, name: str, fastest: float | None) -> str:
    """Median and least milliseconds, with GFLOP/s where they are known; the fastest peer in bold."""
    if name in row.missing:
        return "not run"
    if name not in row.programs:
        return "–"
    times = row.programs[name].times
    median = statistics.median(times)
    text = f"{median * 1e3:.3f}"
    text = f"**{text}**" if median == fastest else text
    rate = f", {row.task.flops / median / 1e9:.1f} GFLOP/s" if row.task.flops else ""
    return f"{text} ({min(times) * 1e3:.3f}){rate}"


def as_json(rows: list[Row], options: argparse.Namespace) -> dict[str, Any]:
    """All that was measured."""
    return {
        "machine": {"architecture": platform.machine(), "cores": os.cpu_count(), "threads": options.threads},
        "rounds": options.rounds,
        "seconds_per_round": options.seconds,
        "rows": [
            {
                "workload": row.task.workload,
                "batch": row.task.batch,
                "size": row.task.size,
                "ratio": row.ratio(),
                "programs": {name: program_json(row, program) for name, program in row.programs.items()},
                "not_run": row.missing,
            }
            for row in rows
        ],
    }


def program_json(row: Row, program: Program) -> dict[str, Any]:
    median = statistics.median(program.times)
    result = {"framework": program.framework, "losses": program.losses, "steps_per_round": program.steps}
    result["disturbed_rounds"] = program.disturbed
    result |= {"median_seconds": median, "minimum_seconds": min(program.times), "seconds": program.times}
    return result | ({"gflops": row.task.flops / median / 1e9} if row.task.flops else {})


def write(path: Path, value: dict[str, Any]) -> None:
    """Writes beside, then renames: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    beside.write_text(json.dumps(value, indent=2) + "\n")
    beside.replace(path)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compares Apus with PyTorch and JAX in one alternating run.")
    parser.add_argument("--workload", choices=WORKLOADS, action="append", help="default: all")
    parser.add_argument("--ours", default=str(HERE.parent / ".build/release/apus") + " bench", metavar="CMD")
    parser.add_argument("--peers", type=lambda text: text.split(","), help="modes, separated by commas; default: all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="time of one program in one round")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--size", action="append", help="of the matrices, N or MxKxN; default: 128, 512, 1024")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the result is written")
    options = parser.parse_args()
    for mode in options.peers or []:
        if mode not in MODES["lenet5"]:
            parser.error(f"--peers: {mode}: expected some of {', '.join(MODES['lenet5'])}")
    return options


def tasks(options: argparse.Namespace) -> list[Task]:
    """The rows to measure."""
    result = []
    for workload in options.workload or WORKLOADS:
        sizes = (options.size or ["128", "512", "1024"]) if workload == "matmul" else [None]
        result += [Task(workload, options.batch, options.threads, size) for size in sizes]
    return result


def report(rows: list[Row]) -> None:
    """The table, the versions, and what wasn't run."""
    columns = [mode for mode in MODES["lenet5"] if any(mode in row.programs or mode in row.missing for row in rows)]
    print(f"\nMilliseconds a step, median (least):\n\n{table(rows, columns)}\n")
    versions = {program.framework for row in rows for program in row.programs.values()}
    print(f"{', '.join(sorted(versions))}; {rows[0].task.threads} threads")
    for row in rows:
        for name, reason in row.missing.items():
            print(f"{row.task.label}: {name} not run: {reason}")
    disturbed = sum(program.disturbed for row in rows for program in row.programs.values())
    if disturbed:
        rounds = sum(len(program.times) for row in rows for program in row.programs.values())
        print(f"{disturbed} of {rounds} rounds were disturbed by other programs: measure again on a quiet machine")


def main() -> int:
    options = parse_arguments()
    try:
        rows = [measure(task, options) for task in tasks(options)]
        write(options.json, as_json(rows, options))
        report(rows)
        if not all(row.peers() for row in rows):
            raise Failure("no peer could be run: Benchmarks/setup.sh installs them")
    except (Failure, OSError) as failure:
        progress(f"compare: {failure}")
        return 1
    except KeyboardInterrupt:
        progress("compare: interrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
