"""A comparator: one framework, one workload, measured when a driver asks.

    peers.py --workload lenet5 --mode eager|channels-last|compile|jax --batch 128 --threads 2
    peers.py --workload matmul --mode eager|jax --size 1024

It builds the workload from the values of `hashed_values`, warms up (which compiles), and prints one line:

    {"ready": true, "framework": "torch 2.15.0", "losses": [loss of step 1, ..., loss of step 5]}

or, where the mode can't be run here, {"ready": false, "reason": "..."}, and exits with status 3.  Then it answers each
line of standard input:

    run N     {"seconds": time of N steps, "steps": N, "loss": loss of the last, 0 where a step has none}
    quit      ends; so does the end of the input

`apus bench WORKLOAD --serve` speaks the same.  Losses: lenet5, of the training steps 1...5 (cross-entropy, Adam with
rate 0.001); lenet5-inference, the cross-entropy of the batch, 5 times; matmul, the mean of the product's magnitudes.
A run goes on from the state in which the last one ended.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import warnings
from typing import Any

from workload import MODES, WORKLOADS, Options, Unavailable, Workload, parse_size

UNAVAILABLE_STATUS = 3


def parse_arguments() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description="Serves measurements of PyTorch and JAX to a driver.")
    parser.add_argument("--workload", choices=WORKLOADS, required=True)
    parser.add_argument("--mode", choices=MODES["lenet5"], required=True)
    parser.add_argument("--batch", type=int, default=128, help="examples in a step")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--size", type=parse_size, default=parse_size("1024"), help="N or ROWSxINNERxCOLUMNS")
    options = Options(**vars(parser.parse_args()))
    if options.mode not in MODES[options.workload]:
        parser.error(f"{options.workload} has no mode {options.mode}")
    return options


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
        say({"seconds": seconds, "steps": int(words[1]), "loss": loss})


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
