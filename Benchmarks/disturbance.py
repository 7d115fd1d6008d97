"""How much of the machine other programs took while one was measured.

PyTorch's threads wait for each other by spinning: a second busy program can make a step of a small model 20 times
slower, which says nothing about PyTorch.  A round that was disturbed has to be repeated, or be told.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Self

STATISTICS = Path("/proc/stat")
LIMIT = 0.05


class Watch:
    """Counts the processors' time that went neither to one process nor to idling; knows nothing where there is no /proc.

    Without a process it is the children that ended meanwhile.
    """

    def __init__(self, process: int | None = None) -> None:
        self._own = Path(f"/proc/{process}/stat") if process else None
        self.share = 0.0

    def __enter__(self) -> Self:
        self._start = (time.perf_counter(), self._others())
        return self

    def __exit__(self, *_: object) -> None:
        ticks = self._others() - self._start[1]
        elapsed = (time.perf_counter() - self._start[0]) * (os.cpu_count() or 1)
        self.share = max(0.0, ticks / os.sysconf("SC_CLK_TCK") / elapsed)

    @property
    def was_disturbed(self) -> bool:
        return self.share > LIMIT

    def _others(self) -> float:
        """Ticks of all other programs, of interrupts, and of the machine's host, so far."""
        try:
            user, nice, system, _, _, *rest = map(int, STATISTICS.read_text().split("\n", 1)[0].split()[1:9])
            if self._own:
                own = float(sum(map(int, self._own.read_text().rpartition(")")[2].split()[11:13])))
            else:
                times = os.times()
                own = (times.children_user + times.children_system) * os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return 0
        return user + nice + system + sum(rest) - own
