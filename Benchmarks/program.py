"""The programs that are compared: started once and asked again and again, or started anew each time."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import IO, Any

from disturbance import Watch
from workload import Unavailable


class Failure(Exception):
    """What went wrong, in one line."""


@dataclass
class Measurements:
    """The seconds that a step took in each round, and what else a program says."""

    times: list[float] = field(default_factory=list)
    disturbed: int = 0
    framework: str = ""
    losses: list[float] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    peak_bytes: int = 0

    def add(self, tries: list[tuple[float, float]], was_disturbed: bool) -> None:
        """A round's tries (disturbance, seconds): the least disturbed one counts."""
        self.disturbed += was_disturbed
        self.times.append(min(tries)[1])


def _last_words(name: str, status: int, errors: IO[str]) -> Failure:
    errors.seek(0)
    lines = [line for line in errors.read().splitlines() if line.strip()]
    return Failure(f"{name}: ended with status {status}" + (f": {lines[-1].strip()}" if lines else ""))


class Server:
    """A program that answers `run N`."""

    def __init__(self, name: str, command: list[str], limit: float | None = None) -> None:
        """Starts it and waits until it is warm, for `limit` seconds at most."""
        self.name = name
        self.result = Measurements()
        self._steps = 1
        self._errors = tempfile.TemporaryFile("w+")
        pipe = subprocess.PIPE
        try:
            # A session of its own: compilers have helpers, which have to end with it.
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=self._errors, text=True, start_new_session=True
            )
        except OSError as error:
            raise Failure(f"{name}: {command[0]}: {error.strerror}") from error
        self._is_late = False
        timer = threading.Timer(limit, self._give_up) if limit else None
        if timer:
            timer.start()
        try:
            self._greet()
        except BaseException as error:
            self.stop()
            if self._is_late and isinstance(error, Failure):
                raise Unavailable(f"was not ready after {limit:.0f} s") from error
            raise
        finally:
            if timer:
                timer.cancel()

    def _give_up(self) -> None:
        self._is_late = True
        self._kill()

    def _greet(self) -> None:
        answer = self._answer()
        if answer.pop("ready", None) is not True:
            raise Unavailable(str(answer.get("reason", "no reason given")))
        self.result.framework, self.result.losses = answer.pop("framework"), answer.pop("losses")
        self.result.details = answer

    def _run(self, steps: int) -> float:
        """Seconds per step."""
        try:
            self._process.stdin.write(f"run {steps}\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _last_words(self.name, self._process.wait(), self._errors) from error
        answer = self._answer()
        if "seconds" not in answer:
            raise Failure(f"{self.name}: {answer.get('error', answer)}")
        self.result.peak_bytes = answer.get("peak_bytes", 0)
        return answer["seconds"] / answer["steps"]

    def calibrate(self, seconds: float) -> None:
        """Sets how many steps fill a round."""
        pilot = self._run(1)
        if pilot < seconds / 2:
            pilot = self._run(max(2, round(0.2 * seconds / pilot)))
        self._steps = max(1, round(seconds / pilot))

    def measure(self, tries: int) -> None:
        """Adds the time of one round, repeated while other programs disturb it."""
        taken = []
        for _ in range(tries):
            with Watch(self._process.pid) as watch:
                seconds = self._run(self._steps)
            taken.append((watch.share, seconds))
            if not watch.was_disturbed:
                break
        self.result.add(taken, watch.was_disturbed)

    def stop(self) -> None:
        """Ends it, kindly first."""
        try:
            self._process.communicate("quit\n", timeout=5)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            pass
        self._kill()
        self._process.wait()
        self._errors.close()

    def _kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise _last_words(self.name, self._process.wait(), self._errors)
        try:
            return json.loads(line)
        except json.JSONDecodeError as error:
            raise Failure(f"{self.name}: not a line of JSON: {line.strip()[:120]}") from error


class OneShot:
    """A program that does one thing, prints one line of JSON with its losses, and ends: timed from its start to its end."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.result = Measurements()
        self._command = command
        # The first run reads the files from the disk.
        self._run()

    def calibrate(self, seconds: float) -> None:
        """A round is one run."""

    def _run(self) -> float:
        with tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            try:
                done = subprocess.run(self._command, stdout=subprocess.PIPE, stderr=errors, text=True)
            except OSError as error:
                raise Failure(f"{self.name}: {self._command[0]}: {error.strerror}") from error
            seconds = time.perf_counter() - start
            if done.returncode != 0:
                raise _last_words(self.name, done.returncode, errors)
        try:
            answer = json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise Failure(f"{self.name}: not a line of JSON: {done.stdout.strip()[:120]}") from error
        self.result.framework, self.result.losses = answer.pop("framework"), answer.pop("losses")
        self.result.details = answer
        if not all(math.isfinite(loss) for loss in self.result.losses):
            raise Failure(f"{self.name}: a loss is not finite")
        return seconds

    def measure(self, tries: int) -> None:
        """Adds the time of one run, repeated while other programs disturb it."""
        taken = []
        for _ in range(tries):
            with Watch() as watch:
                seconds = self._run()
            taken.append((watch.share, seconds))
            if not watch.was_disturbed:
                break
        self.result.add(taken, watch.was_disturbed)

    def stop(self) -> None:
        """It has ended."""


Program = Server | OneShot


def stop_all(programs: list[Program]) -> None:
    for program in programs:
        program.stop()
