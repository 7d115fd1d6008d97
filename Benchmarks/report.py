"""The tables in Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from results import OURS, Results, Row, geometric_means
from workload import MODES

TARGETS: dict[str, Any] = json.loads((Path(__file__).parent / "targets.json").read_text())
BELOW, NOISY = "▼", "~"
TITLES = {
    "training": "Training, one step",
    "inference": "Inference, one batch",
    "decoding": "Writing a text with the key–value cache, one token",
    "operation": "Single operations",
    "start": "From the start of the process to its end after one training step",
}
TOKENS = 256


def target(row: Row) -> float:
    """The ratio that a row has to reach."""
    return TARGETS["ratios"].get(row["name"], TARGETS["other_ratios"])


def is_below(row: Row) -> bool:
    return row["ratio"] is not None and row["ratio"] < target(row)


def is_noisy(row: Row) -> bool:
    """Whether other programs disturbed most rounds of a program."""
    return any(2 * program["disturbed_rounds"] > len(program["seconds"]) for program in row["programs"].values())


def markdown(results: Results) -> str:
    """All tables, one for each kind of row."""
    rows = results["rows"]
    parts = []
    for kind, title in TITLES.items():
        of_kind = [row for row in rows if row["kind"] == kind]
        if of_kind:
            parts.append(f"## {title}\n\n{_table(of_kind)}\n{_mean(kind, rows)}{_bandwidth(of_kind)}")
    memory = [row for row in rows if row.get("memory_ratio")]
    if memory:
        parts.append(f"## Peak memory in training, MB\n\n{_memory_table(memory)}\n")
    if any(row["not_run"] for row in rows):
        parts.append("## Not run\n\n" + "\n".join(_reasons(rows)) + "\n")
    return "\n".join(parts)


def _reasons(rows: list[Row]) -> list[str]:
    """One line for each mode and reason, with the rows it holds for."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for name, reason in row["not_run"].items():
            found.setdefault((name, reason), []).append(row["name"])
    return [f"- {name} {reason}: {', '.join(names)}" for (name, reason), names in found.items()]


def _columns(rows: list[Row]) -> list[str]:
    return [mode for mode in MODES if any(mode in row["programs"] or mode in row["not_run"] for row in rows)]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _heading(cells: list[str]) -> list[str]:
    return [_line(cells), "|---" * len(cells) + "|"]


def _verdict(value: float | None, wanted: float) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" + (f" {BELOW}" if value < wanted else "")


def _table(rows: list[Row]) -> str:
    """Median and least milliseconds; the fastest peer in bold."""
    columns = _columns(rows)
    unit = 1e3 / TOKENS if rows[0]["kind"] == "decoding" else 1e3
    lines = _heading(["workload", OURS, *columns, "fastest peer ÷ apus", "target"])
    for row in rows:
        cells = [_cell(row, name, unit) for name in (OURS, *columns)]
        name = row["name"] + ("" if row["size"] or row["batch"] == 1 else f", batch {row['batch']}")
        name = f"{name} {NOISY}" if is_noisy(row) else name
        lines.append(_line([name, *cells, _verdict(row["ratio"], target(row)), f"{target(row):g}"]))
    return "\n".join(lines) + "\n"


def _cell(row: Row, name: str, unit: float) -> str:
    if name in row["not_run"]:
        return "not run"
    if name not in row["programs"]:
        return ""
    program = row["programs"][name]
    text = f"{program['median_seconds'] * unit:.4g}"
    text = f"**{text}**" if name == row["fastest_peer"] else text
    rate = f", {program['gflops']:.0f} GFLOP/s" if "gflops" in program else ""
    if row["kind"] == "decoding":
        rate = f", {TOKENS / program['median_seconds']:.0f} tokens/s"
    return f"{text} ({program['minimum_seconds'] * unit:.4g}){rate}"


def _mean(kind: str, rows: list[Row]) -> str:
    mean = geometric_means(rows).get(kind)
    if mean is None:
        return ""
    wanted = TARGETS["geometric_means"][kind]
    return f"\nGeometric mean {_verdict(mean, wanted)}, target {wanted:g}.\n"


def _bandwidth(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        if row.get("share_of_bandwidth"):
            wanted = TARGETS["share_of_bandwidth"]
            mark = f" {BELOW}" if row["share_of_bandwidth"] < wanted else ""
            lines.append(
                f"\n{row['name']}: {row['bytes_per_token'] / 1e6:.1f} MB are read for each token, which is "
                f"{row['share_of_bandwidth']:.0%}{mark} of the bandwidth measured ({row['bytes_per_second'] / 1e9:.1f} GB/s, "
                f"a copy of 128 MB); target {wanted:.0%}.\n"
            )
    return "".join(lines)


def _memory_table(rows: list[Row]) -> str:
    columns = _columns(rows)
    lines = _heading(["workload", OURS, *columns, "smallest peer ÷ apus", "target"])
    for row in rows:
        sizes = [row["programs"].get(name, {}).get("peak_bytes") for name in (OURS, *columns)]
        cells = [f"{size / 1e6:,.0f}" if size else "" for size in sizes]
        lines.append(
            _line([row["name"], *cells, _verdict(row["memory_ratio"], TARGETS["memory"]), f"{TARGETS['memory']:g}"])
        )
    return "\n".join(lines) + "\n"


def versions(results: Results) -> str:
    names = {program["framework"] for row in results["rows"] for program in row["programs"].values()}
    return ", ".join(sorted(names))


def below_target(rows: list[Row]) -> list[str]:
    """One line for each row that misses its target."""
    lines = [f"{row['name']}: {row['ratio']:.2f}, target {target(row):g}" for row in rows if is_below(row)]
    wanted = TARGETS["memory"]
    return lines + [
        f"{row['name']}, memory: {row['memory_ratio']:.2f}, target {wanted:g}"
        for row in rows
        if row.get("memory_ratio") and row["memory_ratio"] < wanted
    ]


def page(results: Results) -> str:
    """The whole of RESULTS.md."""
    machine = results["machine"]
    dates = sorted({row["date"] for row in results["rows"]})
    when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    noise = f"\n{NOISY} after a name: other programs disturbed most rounds of one of the programs.\n"
    return f"""# Results

Written by `make bench`; [README.md](README.md) says how it measures. Milliseconds, median (least); the fastest peer is bold.
{BELOW} marks what is below its target. All in float32.

{when}; {machine["processor"]}, {machine["cores"]} cores, {machine["instruction_set"]}; {results["threads"]} threads;
{versions(results)}; {results["rounds"]} rounds of about {results["seconds_per_round"]:g} s.
{noise if any(map(is_noisy, results["rows"])) else ""}
{markdown(results)}"""
