"""Writes Tests/ApusImagesTests/JPEGFixture.swift: JPEG files and resized pixels made by Pillow.

    pip install numpy pillow==11.3.0 && python3 Tests/Fixtures/write_photographs.py
"""

import io
import pathlib
import textwrap

import numpy
import PIL
from PIL import Image, ImageOps


def hexadecimal(data):
    return textwrap.indent("\n".join(textwrap.wrap(bytes(data).hex(), 104)), "    ")


def jpeg(image, **options):
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def smooth(height, width, channels):
    """Waves, as photographs are: noise would be lost in compression."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    return (127.5 + 90 * numpy.sin(x / 3 + c) * numpy.cos(y / 4 - c) + 30 * numpy.sin((x + y) / 2)).clip(0, 255).astype("uint8")


def oriented(number):
    exif = Image.Exif()
    exif[274] = number
    return exif


gray = Image.fromarray(smooth(11, 19, 1)[..., 0])
color = Image.fromarray(smooth(18, 13, 3))
inks = Image.fromarray(smooth(9, 10, 4), "CMYK")
files = [
    ("gray", gray, {"quality": 80}),
    ("color 4:4:4", color, {"quality": 85, "subsampling": 0}),
    ("color 4:2:0", color, {"quality": 85, "subsampling": 2}),
    ("progressive", color, {"quality": 85, "progressive": True}),
    ("CMYK", inks, {"quality": 90}),
]

parts = [
    f"// Written by Tests/Fixtures/write_photographs.py with Pillow {PIL.__version__}: not edited by hand.",
    "",
    "/// JPEG files and the pixels that Pillow reads from them, in hexadecimal digits.",
    "let pillowPhotographs: [(name: String, jpeg: String, width: Int, height: Int, channels: Int, pixels: String)] = [",
]
for name, image, options in files:
    data = jpeg(image, **options)
    read = Image.open(io.BytesIO(data))
    if read.mode == "CMYK":
        read = read.convert("RGB")
    channels = len(read.getbands())
    parts.append(f'  (\n    "{name}",\n    """\n{hexadecimal(data)}\n    """,')
    parts.append(f"    {read.width}, {read.height}, {channels},")
    parts.append(f'    """\n{hexadecimal(read.tobytes())}\n    """\n  ),')
parts += ["]", ""]

turned = [jpeg(gray.crop((0, 0, 7, 4)), quality=95, exif=oriented(n)) for n in range(1, 9)]
parts += ["/// A file with the orientation 1.", 'let pillowUpright = """']
parts += [textwrap.indent(textwrap.dedent(hexadecimal(turned[0])), "  "), '  """', ""]
parts += ["/// What Pillow shows of that file with the orientations 1 to 8.", "let pillowTurned: [(width: Int, height: Int, pixels: String)] = ["]
for data in turned:
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    parts.append(f'  ({shown.width}, {shown.height}, "{shown.tobytes().hex()}"),')
parts += ["]", ""]

large = Image.fromarray(numpy.random.default_rng(11).integers(0, 256, (14, 17, 3), dtype=numpy.uint8))
filters = {"box": Image.Resampling.BOX, "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
parts += ["/// The samples of an image of 17 × 14 pixels in RGB.", 'let pillowNoise = """']
parts += [textwrap.indent(textwrap.dedent(hexadecimal(large.tobytes())), "  "), '  """', ""]
parts += ["/// That image in other sizes, as Pillow resizes it.", "let pillowFiltered: [(filter: String, width: Int, height: Int, pixels: String)] = ["]
for name, kind in filters.items():
    for size in [(17, 5), (8, 7), (21, 16)]:
        resized = large.resize(size, kind)
        parts.append(f'  (\n    "{name}", {size[0]}, {size[1]},\n    """\n{hexadecimal(resized.tobytes())}\n    """\n  ),')
parts.append("]\n")
(pathlib.Path(__file__).parents[1] / "ApusImagesTests" / "JPEGFixture.swift").write_text("\n".join(parts))
