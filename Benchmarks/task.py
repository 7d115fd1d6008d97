"""One row of the table: what runs, and with which command."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from workload import WORKLOADS, Specification, parse_size, work

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Task:
    """A workload at one size."""

    workload: str
    batch: int
    threads: int
    size: str | None = None

    @property
    def specification(self) -> Specification:
        return WORKLOADS[self.workload]

    @property
    def key(self) -> str:
        """What the row is called in results and targets."""
        return f"{self.workload} {self.size}" if self.size else self.workload

    @property
    def work(self) -> float | None:
        """Floating-point operations in a step, where they are the point."""
        return work(self.workload, parse_size(self.size)) if self.size else None

    @property
    def model(self) -> str:
        return self.workload.removeprefix("start-")

    def _arguments(self) -> list[str]:
        common = ["--batch", str(self.batch), "--threads", str(self.threads)]
        return common + (["--size", self.size] if self.size else [])

    def our_command(self, ours: str) -> list[str]:
        """`ours` is a command line, which the workload follows."""
        how = "--once" if self.specification.kind == "start" else "--serve"
        return [*shlex.split(ours), self.model, how, *self._arguments()]

    def peer_command(self, mode: str) -> list[str]:
        """The same in another framework."""
        if self.specification.kind == "start":
            framework = "jax" if mode == "jax" else "torch"
            return [sys.executable, str(HERE / f"start_{framework}.py"), self.model, str(self.batch), str(self.threads)]
        return [
            sys.executable, str(HERE / "peers.py"), "--workload", self.workload, "--mode", mode, *self._arguments(),
        ]  # fmt: skip


def make_tasks(workloads: list[str], sizes: list[str] | None, batch: int | None, threads: int) -> list[Task]:
    """The rows to measure."""
    result = []
    for workload in workloads:
        specification = WORKLOADS[workload]
        for size in sizes or specification.sizes:
            size = size if specification.sizes[0] else None
            task = Task(workload, batch or specification.batch, threads, size)
            if task not in result:
                result.append(task)
    return result
