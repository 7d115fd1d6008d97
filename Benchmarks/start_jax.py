"""One training step of a new model, and the end: what a short program costs with JAX.

    start_jax.py mlp|lenet5 BATCH THREADS
"""

from __future__ import annotations

import json
import sys

import peers
from workload import Options

name, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
peers.limit_threads(threads)
peers.os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402  (the number of threads comes before)

import jax_peer  # noqa: E402

jax_peer.WARM_UP_STEPS = 1
workload = jax_peer.make(Options(name, "jax", batch, threads, ()))
print(json.dumps({"framework": f"jax {jax.__version__}", "losses": workload.losses}))
