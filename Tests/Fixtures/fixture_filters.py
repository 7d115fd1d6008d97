"""Writes filters.json: a part of a photograph filtered by SciPy and scikit-image, and a series smoothed.

    pip install scikit-image scikit-learn scipy && python3 Tests/Fixtures/fixture_filters.py
"""

import json
import pathlib

import numpy
import scipy
import skimage
from scipy import ndimage, signal  # noqa: F401
from skimage import data, filters

# Each fourth pixel of the cat's face: 24 × 32 pixels in color.
photograph = data.chelsea()[30:126:4, 100:228:4].astype(numpy.float64) / 255
borders = {"symmetric": "reflect", "reflect": "mirror", "replicate": "nearest", "circular": "wrap", "zeros": "constant"}
gray = photograph[..., 1]
sharpen = numpy.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], float)
emboss = numpy.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], float)


def each(function):
    return numpy.stack([function(photograph[..., c]) for c in range(3)], axis=-1)


cases = []


def add(name, border, result, **numbers):
    cases.append({"filter": name, "border": border, **numbers, "values": [float(f"{v:.7g}") for v in result.reshape(-1)]})


def blurred(x, sigma, mode="reflect"):
    return ndimage.gaussian_filter(x, sigma, mode=mode)


mode = "reflect"
crop = (slice(0, 6), slice(None), slice(None))  # the first rows, where borders count, keep the file small
add("identity", "symmetric", photograph[crop])
for border, mode in borders.items():
    add("box-blur", border, each(lambda x: ndimage.uniform_filter(x, 5, mode=mode))[crop], size=5)
    add("gaussian-blur", border, each(lambda x: blurred(x, 1.5, mode))[crop], sigma=1.5)
    add("sobel-x", border, each(lambda x: ndimage.sobel(x, axis=1, mode=mode))[crop])
    add("emboss", border, each(lambda x: ndimage.correlate(x, emboss, mode=mode))[crop])
add("gaussian-blur", "symmetric", each(lambda x: blurred(x, 9))[crop], sigma=9)
add("sharpen", "symmetric", each(lambda x: ndimage.correlate(x, sharpen))[crop])
add("sobel-y", "symmetric", each(lambda x: ndimage.sobel(x, axis=0))[crop])
# scikit-image divides by 4 (3 for Prewitt) and by the root of 2.
add("sobel", "symmetric", each(lambda x: filters.sobel(x, mode="reflect") * 4 * 2**0.5)[crop])
add("prewitt", "symmetric", each(lambda x: filters.prewitt(x, mode="reflect") * 3 * 2**0.5)[crop])
add("prewitt-x", "symmetric", each(lambda x: ndimage.prewitt(x, axis=1))[crop])
add("prewitt-y", "symmetric", each(lambda x: ndimage.prewitt(x, axis=0))[crop])
add("laplacian", "symmetric", each(ndimage.laplace)[crop])
unsharp = each(lambda x: filters.unsharp_mask(x, radius=2, amount=1.5))
add("unsharp", "symmetric", (photograph + 1.5 * (photograph - each(lambda x: blurred(x, 2))))[crop], sigma=2, amount=1.5)
clipped = numpy.clip(photograph + 1.5 * (photograph - each(lambda x: blurred(x, 2))), 0, 1)
assert abs(unsharp - clipped).max() < 1e-12

series = numpy.random.default_rng(5).normal(size=40).cumsum()
exponential = [series[0]]
for value in series[1:]:
    exponential.append(0.25 * value + 0.75 * exponential[-1])
smoothed = {
    "moving-average": ndimage.uniform_filter1d(series, 7).tolist(),
    "gaussian": ndimage.gaussian_filter1d(series, 2.5).tolist(),
    "exponential": scipy.signal.lfilter([0.25], [1, -0.75], series, zi=[0.75 * series[0]])[0].tolist(),
}
assert numpy.allclose(exponential, smoothed["exponential"])

lines = ",\n".join(json.dumps(case) for case in cases)
header = json.dumps({"scipy": scipy.__version__, "skimage": skimage.__version__})
pixels = json.dumps((photograph * 255).round().astype(int).reshape(-1).tolist())
text = f'{{"versions": {header}, "height": 24, "width": 32, "pixels": {pixels},\n"series": {json.dumps(series.tolist())},\n"smoothed": {json.dumps(smoothed)},\n"cases": [\n{lines}\n]}}\n'
(pathlib.Path(__file__).parent / "filters.json").write_text(text)
