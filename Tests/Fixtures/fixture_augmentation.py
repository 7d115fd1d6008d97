"""Writes augmentation.json: a picture changed by PyTorch (geometry), Pillow (light) and Python's colorsys (hue).

    .venv/bin/pip install pillow==11.3.0 && .venv/bin/python Tests/Fixtures/fixture_augmentation.py
"""

import colorsys
import json
import math
import pathlib

import numpy
import PIL
import torch
from PIL import Image, ImageEnhance

HEIGHT, WIDTH = 6, 5
pixels = numpy.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=numpy.uint8)
picture = torch.tensor(pixels, dtype=torch.float64).permute(2, 0, 1)[None] / 255


def values(tensor):
    return [float(f"{v:.7g}") for v in tensor[0].permute(1, 2, 0).reshape(-1).tolist()]


def mapped(xx, xy, yx, yy, x0, y0):
    """The map in pixels from the middle, as the normalised one that affine_grid takes."""
    theta = torch.tensor([[[xx, xy * HEIGHT / WIDTH, x0 * 2 / WIDTH], [yx * WIDTH / HEIGHT, yy, y0 * 2 / HEIGHT]]], dtype=torch.float64)
    grid = torch.nn.functional.affine_grid(theta, list(picture.shape), align_corners=False)
    return torch.nn.functional.grid_sample(picture, grid, align_corners=False)


def magnified(left, top, width, height):
    part = picture[:, :, top : top + height, left : left + width]
    return torch.nn.functional.interpolate(part, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)


def enhanced(kind, factor):
    image = getattr(ImageEnhance, kind)(Image.fromarray(pixels)).enhance(factor)
    return torch.tensor(numpy.asarray(image), dtype=torch.float64).permute(2, 0, 1)[None] / 255


def hue(turn):
    result = numpy.zeros((HEIGHT, WIDTH, 3))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            h, s, v = colorsys.rgb_to_hsv(*(pixels[y, x] / 255))
            result[y, x] = colorsys.hsv_to_rgb((h + turn) % 1, s, v)
    return torch.tensor(result).permute(2, 0, 1)[None]


def turned(degrees):
    angle = math.radians(degrees)
    return math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle)


cases = []
for degrees, zoom, right, down in [(30, 1, 0, 0), (0, 1.3, 0, 0), (0, 0.7, 0, 0), (0, 1, 1.25, -0.5), (-75, 0.9, 0.5, 1)]:
    xx, xy, yx, yy = (v / zoom for v in turned(degrees))
    # Turned, then enlarged, then moved: the move is undone first.
    x0, y0 = -(xx * right + xy * down), -(yx * right + yy * down)
    cases.append({"kind": "map", "numbers": [degrees, zoom, right, down], "values": values(mapped(xx, xy, yx, yy, x0, y0))})
for part in [(0, 0, 5, 6), (1, 2, 3, 2), (4, 5, 1, 1), (0, 1, 4, 5)]:
    cases.append({"kind": "magnify", "numbers": part, "values": values(magnified(*part))})
for kind, name in [("brightness", "Brightness"), ("contrast", "Contrast"), ("saturation", "Color")]:
    for factor in [0.4, 1.7]:
        cases.append({"kind": kind, "numbers": [factor], "values": values(enhanced(name, factor))})
for turn in [0.1, -0.35, 0.5]:
    cases.append({"kind": "hue", "numbers": [turn], "values": values(hue(turn))})

lines = ",\n".join(json.dumps(case) for case in cases)
header = {"torch": torch.__version__.split("+")[0], "pillow": PIL.__version__}
text = f'{{"versions": {json.dumps(header)}, "height": {HEIGHT}, "width": {WIDTH}, "pixels": {json.dumps(pixels.reshape(-1).tolist())},\n"cases": [\n{lines}\n]}}\n'
(pathlib.Path(__file__).parent / "augmentation.json").write_text(text)
