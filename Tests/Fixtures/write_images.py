"""Writes Tests/ApusImagesTests/PillowFixture.swift: PNG files and resized pixels made by Pillow.

    pip install numpy pillow==11.3.0 && python3 Tests/Fixtures/write_images.py

Pillow 13 resizes some shapes by columns first, which rounds a few samples the other way.
"""

import io
import pathlib
import textwrap

import numpy
import PIL
from PIL import Image

random = numpy.random.default_rng(7)


def hexadecimal(data):
    return textwrap.indent("\n".join(textwrap.wrap(bytes(data).hex(), 104)), "    ")


def png(image, **options):
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


gray = random.integers(0, 256, (5, 7), dtype=numpy.uint8)
color = random.integers(0, 256, (6, 5, 3), dtype=numpy.uint8)
alpha = random.integers(0, 256, (3, 4, 4), dtype=numpy.uint8)
palette = Image.fromarray(color).quantize(8)
deep = Image.fromarray((gray.astype(numpy.uint16) << 8) | 0x80)

files = [
    ("gray", png(Image.fromarray(gray)), 1, gray),
    ("color", png(Image.fromarray(color)), 3, color),
    ("opacity", png(Image.fromarray(alpha)), 4, alpha),
    ("palette", png(palette), 3, numpy.asarray(palette.convert("RGB"))),
    ("16 bits", png(deep), 1, gray),
    ("1 bit", png(Image.fromarray(gray).convert("1")), 1, numpy.asarray(Image.fromarray(gray).convert("1").convert("L"))),
]
large = random.integers(0, 256, (23, 31, 3), dtype=numpy.uint8)
sizes = [(28, 28), (7, 5), (1, 1), (40, 3), (13, 23), (31, 30)]
resized = [(w, h, numpy.asarray(Image.fromarray(large).resize((w, h), Image.Resampling.BILINEAR))) for w, h in sizes]

parts = [
    f"// Written by Tests/Fixtures/write_images.py with Pillow {PIL.__version__}: not edited by hand.",
    "",
    "/// PNG files and the pixels that Pillow reads from them, in hexadecimal digits.",
    "let pillowFiles: [(name: String, png: String, width: Int, height: Int, channels: Int, pixels: String)] = [",
]
for name, data, channels, pixels in files:
    parts.append(f'  (\n    "{name}",\n    """\n{hexadecimal(data)}\n    """,')
    parts.append(f'    {pixels.shape[1]}, {pixels.shape[0]}, {channels},')
    parts.append(f'    """\n{hexadecimal(pixels.tobytes())}\n    """\n  ),')
parts += ["]", "", "/// The samples of an image of 31 × 23 pixels in RGB.", 'let pillowLarge = """', textwrap.dedent(hexadecimal(large.tobytes())).replace("\n", "\n  ").join(["  ", ""]), '  """', ""]
parts += ["/// Its brightness, as Pillow converts it.", 'let pillowGrayscale = """']
parts += [textwrap.indent(textwrap.dedent(hexadecimal(Image.fromarray(large).convert("L").tobytes())), "  "), '  """', ""]
parts += ["/// The image in other sizes, as Pillow resizes it with its bilinear filter.", "let pillowResized: [(width: Int, height: Int, pixels: String)] = ["]
for width, height, pixels in resized:
    parts.append(f'  (\n    {width}, {height},\n    """\n{hexadecimal(pixels.tobytes())}\n    """\n  ),')
parts.append("]\n")
(pathlib.Path(__file__).parents[1] / "ApusImagesTests" / "PillowFixture.swift").write_text("\n".join(parts))
