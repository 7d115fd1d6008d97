"""Compares Apus with PyTorch and JAX in one alternating run.

    .venv/bin/python Benchmarks/compare.py [--workload lenet5]... [--rounds 7] [--seconds 1] [--peers eager,jax]

Every program is started and warmed up once; then each runs for about a second in turn, while the others wait for a line
on their standard input: a slow spell of the machine meets them all.  A round in which other programs took more than a
twentieth of the machine is repeated, up to `--tries` times, and counted as disturbed where that doesn't help.  Large
models meet their peers in groups, as many as fit into memory; a ratio is always of times from the same rounds.

Each round gives one time per step; the table shows the median and, in brackets, the least.  The losses of the first
steps have to agree (see `peers.py` for the protocol and `hashed_values.py` for the data).  A mode that can't be run
here, or needs more than `--compile-limit` seconds to get ready, is listed with the reason; a workload that fails is
named at the end, with status 1.

Results go to results/latest.json after each row.  `--update` puts them into results.json and RESULTS.md too, beside the
rows that were not measured now; `--check` compares them with results.json, and ends with status 1 when a ratio has
fallen by more than a tenth.

The command of `--ours`, which defaults to `.build/release/apus bench`, is followed by
`WORKLOAD --serve --batch N --threads N [--size N]`, or by `WORKLOAD --once ...` for the time from start to end.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import report
import results
from program import Failure, Measurements, OneShot, Program, Server, stop_all
from results import OURS, Results, Row
from task import Task, make_tasks
from workload import MODES, WORKLOADS, Unavailable

HERE = Path(__file__).resolve().parent
LATEST = HERE / "results" / "latest.json"
COMMITTED = HERE / "results.json"
PAGE = HERE / "RESULTS.md"
LOSS_TOLERANCE = 1e-3
ALLOWED_FALL = 0.1
CHECKS = 3


def check_losses(ours: Measurements, peer: Measurements, name: str) -> None:
    """The first losses have to agree: otherwise the two programs don't do the same work."""
    if not ours.losses or not peer.losses:
        raise Failure(f"{name}: no losses to compare")
    for step, (a, b) in enumerate(zip(ours.losses, peer.losses), start=1):
        if not abs(a - b) <= LOSS_TOLERANCE * max(abs(a), abs(b)):
            raise Failure(f"{OURS} and {name} disagree: loss {step} is {a:.6g} against {b:.6g}")


def start_peers(task: Task, modes: list[str], ours: Program, missing: dict[str, str], limit: float) -> list[Program]:
    """The peers that can be run; those that can't are put into `missing` with the reason."""
    started: list[Program] = []
    try:
        for mode in modes:
            progress(f"{task.key}: warming up {mode}")
            command = task.peer_command(mode)
            try:
                if task.specification.kind == "start":
                    started.append(OneShot(mode, command))
                    continue
                peer = Server(mode, command, limit if mode == "compile" else None)
            except Unavailable as reason:
                missing[mode] = str(reason)
                continue
            started.append(peer)
            check_losses(ours.result, peer.result, mode)
    except BaseException:
        stop_all(started)
        raise
    return started


def measure(task: Task, options: argparse.Namespace) -> Row:
    """Starts the programs of a task, and alternates between them."""
    modes = [mode for mode in task.specification.modes if not options.peers or mode in options.peers]
    missing = {mode: "left out of this run" for mode in task.specification.modes if mode not in modes}
    found: dict[str, Measurements] = {}
    ours_beside: dict[str, list[float]] = {}
    progress(f"{task.key}: warming up {OURS}")
    command = task.our_command(options.ours)
    try:
        ours: Program = OneShot(OURS, command) if task.specification.kind == "start" else Server(OURS, command)
    except Unavailable as reason:
        raise Failure(f"{OURS}: {reason}") from reason
    try:
        ours.calibrate(options.seconds)
        step = task.specification.peers_at_once
        for group in [modes[first : first + step] for first in range(0, len(modes), step)]:
            peers = start_peers(task, group, ours, missing, options.compile_limit)
            before = len(ours.result.times)
            try:
                _alternate(task, [ours, *peers], peers, options)
            finally:
                stop_all(peers)
            for peer in peers:
                found[peer.name] = peer.result
                ours_beside[peer.name] = ours.result.times[before:]
    finally:
        ours.stop()
    if not found:
        raise Failure("no peer could be run: Benchmarks/setup.sh installs them")
    return results.make_row(task, {OURS: ours.result} | found, ours_beside, missing)


def _alternate(task: Task, programs: list[Program], peers: list[Program], options: argparse.Namespace) -> None:
    if not peers:
        return
    for peer in peers:
        peer.calibrate(options.seconds)
    for number in range(options.rounds):
        progress(f"{task.key}: round {number + 1} of {options.rounds}")
        for program in programs:
            program.measure(options.tries)


def has_fallen(new: Row, old: Row) -> bool:
    """Whether a ratio is more than a tenth below what was committed."""
    return bool(old["ratio"] and new["ratio"] and new["ratio"] < (1 - ALLOWED_FALL) * old["ratio"])


def measure_checked(task: Task, options: argparse.Namespace, old: Row | None) -> Row:
    """Measures; with `--check`, what has fallen is measured again, and the best of all counts."""
    row = measure(task, options)
    if not options.check or not old:
        return row
    for _ in range(CHECKS - 1):
        if not has_fallen(row, old):
            break
        progress(f"{task.key}: {row['ratio']:.2f} after {old['ratio']:.2f}; measuring again")
        row = max(row, measure(task, options), key=lambda row: row["ratio"])
    return row


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
    parser.add_argument("--tries", type=int, default=3, help="how often a disturbed round is repeated")
    parser.add_argument("--compile-limit", type=float, default=180, metavar="SECONDS", help="for torch.compile")
    parser.add_argument("--batch", type=int, help="default: each workload's own")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--size", action="append", help="of an operation, such as 32x512x2048; default: each one's own")
    parser.add_argument("--json", type=Path, default=LATEST, metavar="FILE", help="where the result is written")
    parser.add_argument("--update", action="store_true", help="write results.json and RESULTS.md")
    parser.add_argument("--check", action="store_true", help="compare with results.json")
    options = parser.parse_args()
    for mode in options.peers or []:
        if mode not in MODES:
            parser.error(f"--peers: {mode}: expected some of {', '.join(MODES)}")
    return options


def run(options: argparse.Namespace) -> bool:
    """Measures and reports everything; whether all went well."""
    committed = results.read(COMMITTED)
    old = {row["name"]: row for row in (committed or {}).get("rows", [])}
    if options.check and not committed:
        raise Failure(f"{COMMITTED.name} is missing: there is nothing to compare with")
    rows: list[Row] = []
    failures: list[str] = []
    settings = {"threads": options.threads, "rounds": options.rounds, "seconds_per_round": options.seconds}
    current: Results = {}
    for task in make_tasks(options.workload or list(WORKLOADS), options.size, options.batch, options.threads):
        try:
            rows.append(measure_checked(task, options, old.get(task.key)))
        except Failure as failure:
            failures.append(f"{task.key}: {failure}")
            progress(failures[-1])
            continue
        current = results.make(rows, settings)
        results.write(options.json, results.as_text(current))
        if options.update:
            update(current, committed)
    if rows:
        print(f"\nMilliseconds, median (least):\n\n{report.markdown(current)}\n{report.versions(current)}")
        for line in report.below_target(rows):
            print(f"below target: {line}")
        noisy = [row["name"] for row in rows if report.is_noisy(row)]
        if noisy:
            print(f"disturbed by other programs: {', '.join(noisy)}: measure again on a quiet machine")
    for failure in failures:
        print(f"failed: {failure}")
    fallen = [row for row in rows if options.check and row["name"] in old and has_fallen(row, old[row["name"]])]
    for row in fallen:
        print(f"fallen: {row['name']}: {row['ratio']:.2f}, was {old[row['name']]['ratio']:.2f}")
    return not failures and not fallen


def update(current: Results, committed: Results | None) -> None:
    """Writes what is checked in."""
    standard = [task.key for task in make_tasks(list(WORKLOADS), None, None, current["threads"])]
    merged = results.merged(committed, current, standard)
    results.write(COMMITTED, results.as_text(merged))
    results.write(PAGE, report.page(merged))


def main() -> int:
    options = parse_arguments()
    # Ended politely, it ends the programs that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return 0 if run(options) else 1
    except (Failure, OSError) as failure:
        progress(f"compare: {failure}")
        return 1
    except KeyboardInterrupt:
        progress("compare: interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
