"""Writes audio.json: librosa's mel spectrogram of a sound.

    pip install librosa
    python Tests/Fixtures/fixture_audio.py

Sample i of the sound is 0.5 sin(0.05 i) + 0.25 sin(0.0002 i^2) + 0.01 (i * 7919 mod 101 - 50) / 50, in float32.
"""

from __future__ import annotations

import json
from pathlib import Path

import librosa
import numpy

HERE = Path(__file__).resolve().parent
CASES = [(16_000, 400, 160, 40, 8000.0), (8000, 256, 100, 20, 3500.0)]


def sound(count: int) -> numpy.ndarray:
    i = numpy.arange(count, dtype=numpy.float64)
    noise = (numpy.arange(count) * 7919 % 101 - 50) / 50
    return (0.5 * numpy.sin(0.05 * i) + 0.25 * numpy.sin(0.0002 * i * i) + 0.01 * noise).astype(numpy.float32)


def main() -> None:
    cases = []
    for rate, length, hop, bands, top in CASES:
        power = librosa.feature.melspectrogram(
            y=sound(2000).astype(numpy.float64), sr=rate, n_fft=length, hop_length=hop, window="hann", center=False,
            power=2.0, n_mels=bands, fmin=0.0, fmax=top, htk=True, norm=None,
        )  # fmt: skip
        cases.append({
            "rate": rate, "length": length, "hop": hop, "bands": bands, "top": top, "frames": power.shape[1],
            "power": [float(f"{x:.6g}") for x in power.T.ravel()],
        })  # fmt: skip
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    header = f'"versions": {{"librosa": "{librosa.__version__}"}},'
    (HERE / "audio.json").write_text("{\n" + header + '\n"cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
