"""Writes Tests/ApusFormatsTests/SafetensorsFixture.swift: a file made by the Python package `safetensors`.

    pip install numpy safetensors && python3 Tests/Fixtures/write_safetensors.py
"""

import pathlib
import textwrap

import numpy
import safetensors
from safetensors.numpy import save

tensors = {
    "layers.0.weight": numpy.array([[1.5, -2.0, 3.25], [0.0, numpy.inf, -1e-3]], dtype=numpy.float32),
    "layers.0.bias": numpy.array([1e300, -0.1], dtype=numpy.float64),
    "half": numpy.array([0.5, 65504.0], dtype=numpy.float16),
    "steps": numpy.array(2**53 + 1, dtype=numpy.int64),
    "mask": numpy.array([True, False, True], dtype=numpy.bool_),
    "empty": numpy.zeros((0, 4), dtype=numpy.uint8),
    "ids": numpy.array([-1, 32767], dtype=numpy.int16),
}
data = save(tensors, metadata={"format": "np", "note": "naïve \"quotes\"\n"})
digits = "\n".join(textwrap.wrap(data.hex(), 104))
text = f'''// Written by Tests/Fixtures/write_safetensors.py with safetensors {safetensors.__version__}: not edited by hand.

/// What the reference implementation writes, in hexadecimal digits.
let pythonSafetensors = """
{textwrap.indent(digits, "  ")}
  """
'''
target = pathlib.Path(__file__).parents[1] / "ApusFormatsTests" / "SafetensorsFixture.swift"
target.write_text(text)
