"""A comparator: one framework, one workload, measured when a driver asks.

    peers.py --workload lenet5 --mode eager|channels-last|compile|jax --batch 128 --threads 2
    peers.py --workload matmul --mode eager|jax --size 1024

It builds the workload from the values of `hashed_values`, warms up (which compiles), and prints one line:

    {"ready": true, "framework": "torch 2.15.0", "losses": [loss of step 1, ..., loss of step 5]}

or, where the mode can't be run here, {"ready": false, "reason": "..."}, and exits with status 3.  Then it answers each
line of standard input:

    run N     {"seconds": time of N steps, "steps": N, "loss": loss of the last, 0 where a step has none,
               "peak_bytes": the most memory that the process has had resident, 0 where that isn't known}
    quit      ends; so does the end of the input

`apus bench WORKLOAD --serve` speaks the same.  Losses:

    training       of the steps 1...5 (mean cross-entropy; Adam with the rate of `workload.py`, beta 0.9 and 0.999)
    inference      the mean cross-entropy of the batch, once
    gpt-decode     the largest logit of each of the first 5 tokens; a step writes 256 tokens from token 0 on,
                   each the likeliest after those before, with an empty cache at first
    operations     the mean of the magnitudes of each result, in the order of `operations_torch.py`

A run goes on from the state in which the last one ended.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from workload import MODES, WORKLOADS, Options, Unavailable, Workload, parse_size

UNAVAILABLE_STATUS = 3


def parse_arguments() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Serves measurements of PyTorch and JAX to a driver.")
    parser.add_argument("--workload", choices=WORKLOADS, required=True)
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--batch", type=int, help="examples in a step")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--size", help="numbers with x between them")
    values = parser.parse_args()
    specification = WORKLOADS[values.workload]
    if values.mode not in specification.modes:
        parser.error(f"{values.workload} has no mode {values.mode}")
    size = values.size or specification.sizes[0]
    return Options(
        workload=values.workload,
        mode=values.mode,
        batch=values.batch or specification.batch,
        threads=values.threads,
        size=parse_size(size) if size else (),
    )


def limit_threads(count: int) -> None:
    """Has to come before a framework is loaded: both read the environment, and XLA counts the allowed processors."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["NPROC"] = str(count)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def load(options: Options) -> Workload:
    """The warm workload."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    name = "jax" if options.mode == "jax" else "torch"
    try:
        module = importlib.import_module(f"{name}_peer")
    except (ImportError, OSError, ValueError) as error:
        raise Unavailable(f"{name} can't be loaded: {str(error).splitlines()[0]}") from error
    return module.make(options)


def peak_bytes() -> int:
    """The most memory that this process has had resident so far."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def say(answer: dict[str, Any]) -> None:
    """One line to the driver."""
    print(json.dumps(answer), flush=True)


def serve(workload: Workload) -> None:
    """Answers the driver until it quits."""
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if len(words) != 2 or words[0] != "run" or not words[1].isdigit() or int(words[1]) < 1:
            say({"error": "expected `run N` or `quit`"})
            continue
        seconds, loss = workload.run(int(words[1]))
        say({"seconds": seconds, "steps": int(words[1]), "loss": loss, "peak_bytes": peak_bytes()})


def main() -> int:
    options = parse_arguments()
    warnings.filterwarnings("ignore")
    limit_threads(options.threads)
    try:
        workload = load(options)
    except Unavailable as reason:
        say({"ready": False, "reason": str(reason)})
        return UNAVAILABLE_STATUS
    say({"ready": True, "framework": workload.framework, "losses": workload.losses})
    serve(workload)
    return 0


if __name__ == "__main__":
    sys.exit(main())
