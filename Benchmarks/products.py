"""Compares our matrix products with those of libraries that PyTorch and JAX do not use: OpenBLAS and BLIS.

    apt-get install libopenblas0-pthread libblis4-pthread
    .venv/bin/python Benchmarks/products.py [--rounds N] [--threads N]

For each shape of the table it asks `apus bench matmul --serve` and each library in turn, round after round, and prints
medians in GFLOP/s and the ratio to the best library as Markdown. Operands are the same everywhere; the first results
are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

import hashed_values
from workload import MATRICES, matrix_size, parse_size

APUS = Path(__file__).parent.parent / ".build/release/apus"
ROW_MAJOR, AS_IT_IS = 101, 111
LIBRARIES = {
    "OpenBLAS": ("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0", "openblas_set_num_threads"),
    "BLIS": ("/usr/lib/x86_64-linux-gnu/blis-pthread/libblis.so.4", "bli_thread_set_num_threads"),
}
SECONDS_PER_ROUND = 0.3


class Library:
    """A library with the C interface of BLAS, and the operands of one product."""

    def __init__(self, name: str, threads: int, rows: int, inner: int, columns: int) -> None:
        path, set_threads = LIBRARIES[name]
        library = ctypes.CDLL(path)
        getattr(library, set_threads)(ctypes.c_long(threads))
        self.product = library.cblas_sgemm
        self.left = hashed_values.tensor((rows, inner), 1, 1)
        self.right = hashed_values.tensor((inner, columns), 2, 1)
        self.result = np.empty((rows, columns), np.float32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (self.left, self.right, self.result)]
        one, zero = ctypes.c_float(1), ctypes.c_float(0)
        self.arguments = [ROW_MAJOR, AS_IT_IS, AS_IT_IS, rows, columns, inner, one, pointers[0], inner, pointers[1]]
        self.arguments += [columns, zero, pointers[2], columns]

    def run(self, steps: int) -> float:
        """The seconds that so many products take."""
        start = time.perf_counter()
        for _ in range(steps):
            self.product(*self.arguments)
        return time.perf_counter() - start


class Ours:
    """`apus bench matmul`, answering."""

    def __init__(self, size: str, threads: int) -> None:
        command = [str(APUS), "bench", "matmul", "--serve", "--size", size, "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.mean = self._answer()["losses"][0]

    def _answer(self) -> dict:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())

    def run(self, steps: int) -> float:
        """The seconds that so many products take."""
        assert self.process.stdin
        self.process.stdin.write(f"run {steps}\n")
        self.process.stdin.flush()
        return self._answer()["seconds"]

    def quit(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares matrix products with OpenBLAS and BLIS.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    values = parser.parse_args()
    print("| rows × inner × columns | apus | " + " | ".join(LIBRARIES) + " | apus ÷ best |")
    print("|---|---|" + "---|" * len(LIBRARIES) + "---|")
    for size in MATRICES:
        rows, inner, columns = matrix_size(parse_size(size))
        ours = Ours(size, values.threads)
        runners = {"apus": ours} | {name: Library(name, values.threads, rows, inner, columns) for name in LIBRARIES}
        for name in LIBRARIES:
            runners[name].run(3)
            mean = float(np.abs(runners[name].result).mean())
            if abs(mean - ours.mean) > 1e-4 * mean:
                raise SystemExit(f"{size}: {name} gives {mean}, apus {ours.mean}")
        steps = {name: max(1, round(SECONDS_PER_ROUND / (runner.run(20) / 20))) for name, runner in runners.items()}
        times: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(values.rounds):
            for name, runner in runners.items():
                times[name].append(runner.run(steps[name]) / steps[name])
        ours.quit()
        rates = {name: 2e-9 * rows * inner * columns / statistics.median(t) for name, t in times.items()}
        ratio = rates["apus"] / max(rates[name] for name in LIBRARIES)
        cells = " | ".join(f"{rate:.0f}" for rate in rates.values())
        print(f"| {rows} × {inner} × {columns} | {cells} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
