"""Results as plain values: what is written as JSON, and all that reports are made from."""

from __future__ import annotations

import datetime
import json
import math
import os
import platform
import statistics
from pathlib import Path
from typing import Any

import parameter_lists
from program import Measurements
from task import Task

OURS = "apus"

Row = dict[str, Any]
Results = dict[str, Any]


def make_row(
    task: Task, programs: dict[str, Measurements], ours_beside: dict[str, list[float]], missing: dict[str, str]
) -> Row:
    """A row; `ours_beside` has our times in the rounds in which a peer was measured."""
    ratios = {
        name: statistics.median(programs[name].times) / statistics.median(times) for name, times in ours_beside.items()
    }
    fastest = min(ratios, key=ratios.__getitem__, default=None)
    row: Row = {
        "name": task.key,
        "workload": task.workload,
        "kind": task.specification.kind,
        "size": task.size,
        "batch": task.batch,
        "threads": task.threads,
        "date": datetime.date.today().isoformat(),
        "instruction_set": programs[OURS].details.get("instruction_set"),
        "ratio": _rounded(ratios[fastest]) if fastest else None,
        "fastest_peer": fastest,
        "programs": {name: _program(measurements, task) for name, measurements in programs.items()},
        "not_run": missing,
    }
    if task.specification.kind == "training":
        peaks = [program.peak_bytes for name, program in programs.items() if name != OURS and program.peak_bytes]
        ours = programs[OURS].peak_bytes
        row["memory_ratio"] = _rounded(min(peaks) / ours) if peaks and ours else None
    if task.specification.kind == "decoding":
        row |= _bandwidth(programs[OURS])
    return row


def _program(measurements: Measurements, task: Task) -> dict[str, Any]:
    median = statistics.median(measurements.times)
    result: dict[str, Any] = {
        "framework": measurements.framework,
        "median_seconds": _rounded(median),
        "minimum_seconds": _rounded(min(measurements.times)),
        "seconds": [_rounded(time) for time in measurements.times],
        "disturbed_rounds": measurements.disturbed,
        "losses": measurements.losses,
    }
    if measurements.peak_bytes:
        result["peak_bytes"] = measurements.peak_bytes
    if task.work:
        result["gflops"] = _rounded(task.work / median / 1e9)
    return result


def _bandwidth(ours: Measurements) -> dict[str, Any]:
    """What share of the memory's bandwidth writing a text takes: all weights and half of the full cache for each token."""
    weights = sum(math.prod(p.shape) for p in parameter_lists.LISTS["gpt"]() if p.kind != "embedding")
    layers, context, width = parameter_lists.GPT_LAYERS, parameter_lists.GPT_CONTEXT, parameter_lists.GPT_WIDTH
    bytes_per_token = 4 * (weights + layers * context * width)
    measured = ours.details.get("bytes_per_second")
    rate = bytes_per_token * context / statistics.median(ours.times)
    return {
        "bytes_per_token": bytes_per_token,
        "bytes_per_second": measured,
        "share_of_bandwidth": _rounded(rate / measured) if measured else None,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def geometric_mean(values: list[float]) -> float | None:
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def geometric_means(rows: list[Row]) -> dict[str, float | None]:
    """Of the ratios of all models, for training and for inference."""
    return {
        kind: geometric_mean([row["ratio"] for row in rows if row["kind"] == kind and row["ratio"]])
        for kind in ("training", "inference")
    }


def machine(instruction_set: str | None) -> dict[str, Any]:
    """What the numbers depend on, and nothing that names the machine."""
    model = platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {"processor": model, "cores": os.cpu_count(), "instruction_set": instruction_set}


def make(rows: list[Row], options: dict[str, Any]) -> Results:
    """Rows with what they have in common."""
    instruction_set = next((row["instruction_set"] for row in rows if row["instruction_set"]), None)
    means = {kind: _rounded(mean) for kind, mean in geometric_means(rows).items() if mean}
    return {"machine": machine(instruction_set), **options, "geometric_means": means, "rows": rows}


def merged(old: Results | None, new: Results, order: list[str]) -> Results:
    """The new rows, and those of the old ones that were not measured again, if they are of the same machine."""
    rows = {row["name"]: row for row in (old or {}).get("rows", []) if old["machine"] == new["machine"]}
    rows |= {row["name"]: row for row in new["rows"]}
    known = [rows[name] for name in order if name in rows]
    means = {kind: _rounded(mean) for kind, mean in geometric_means(known).items() if mean}
    return new | {"rows": known, "geometric_means": means}


def read(path: Path) -> Results | None:
    """The results in a file; None if there is none."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def write(path: Path, text: str) -> None:
    """Writes beside, then renames: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    beside.write_text(text)
    beside.replace(path)


def as_text(results: Results) -> str:
    """JSON with one line for each program, so that a change of one row is a change of a few lines."""
    text = json.dumps(results | {"rows": []}, indent=2)
    rows = []
    for row in results["rows"]:
        programs = ",\n".join(f'        "{name}": {json.dumps(value)}' for name, value in row["programs"].items())
        head = json.dumps({key: value for key, value in row.items() if key != "programs"})
        rows.append(f'    {head[:-1]},\n      "programs": {{\n{programs}\n      }}\n    }}')
    return text.replace('"rows": []', '"rows": [\n' + ",\n".join(rows) + "\n  ]") + "\n"
