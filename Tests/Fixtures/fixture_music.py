"""Writes music.json: what music21 reads of tunes in ABC notation, and what mido reads of a MIDI file of Apus's.

    pip install music21 mido
    python Tests/Fixtures/fixture_music.py

A note is [pitch as MIDI numbers it or -1 for a rest, length in 1/96 of a whole note].
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import music21
from music21 import converter

HERE = Path(__file__).resolve().parent

TUNES = [
    "X:1\nT:Scale\nM:4/4\nL:1/8\nK:C\nC D E F G A B c | d e f g a b c' C, |]\n",
    "X:2\nT:Keys\nM:3/4\nL:1/4\nK:Eb\nE F G | A B e | =e _e ^f | f3 |]\n",
    "X:3\nT:Minor\nM:2/4\nK:F#m\nF>G A<B | (3cde f2 | z2 A/B/ | c4 |]\n",
    "X:4\nT:Dorian\nM:6/8\nL:1/8\nK:Ddor\nD2E FGA | Bcd e2z | d6 |]\n",
    "X:5\nT:Ties\nM:4/4\nL:1/16\nK:G\nF4- F4 G8 | G3/2A/ B2 c4 d8 |]\n",
    "X:6\nT:Ornaments\nM:4/4\nL:1/4\nK:A\n\"A\"c {d}e !trill!f g | [ceg] A2 z |]\n",
]


def notes(tune: str) -> list[list[int]]:
    result = []
    for element in converter.parse(tune, format="abc").stripTies().flatten().notesAndRests:
        if element.duration.isGrace or isinstance(element, music21.harmony.ChordSymbol):
            continue
        pitch = -1 if element.isRest else max(p.midi for p in element.pitches)
        result.append([pitch, round(element.quarterLength * 24)])
    return result


def main() -> None:
    cases: list[dict[str, Any]] = [{"abc": tune, "notes": notes(tune)} for tune in TUNES]
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    header = f'"versions": {{"music21": "{music21.__version__}"}},'
    (HERE / "music.json").write_text("{\n" + header + '\n"cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
