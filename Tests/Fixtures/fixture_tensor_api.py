"""Writes tensor_api.json: results of the tensor API's composites by NumPy, PyTorch and JAX.

    .venv/bin/python Tests/Fixtures/fixture_tensor_api.py

A case is {"op": name, "attributes": {...}, "inputs": [tensor...], "output": tensor}; the name says which call of
TensorAPICalls*.swift it is compared with.  Inputs are float32, computed with in float64; numbers that are not finite
are strings.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

jax.config.update("jax_enable_x64", True)
RNG = np.random.default_rng(20261121)
CASES: list[dict[str, Any]] = []


def number(x: Any, dtype: np.dtype) -> Any:
    if dtype == np.bool_:
        return bool(x)
    if np.issubdtype(dtype, np.integer):
        return int(x)
    if not math.isfinite(x):
        return str(float(x))
    return float(str(np.float32(x)))


def tensor(value: Any) -> dict[str, Any]:
    array = np.asarray(value.numpy() if isinstance(value, torch.Tensor) else value)
    if array.dtype == np.bool_:
        name = "bool"
    elif np.issubdtype(array.dtype, np.integer):
        name = "int32"
    else:
        name = "float32"
    return {"shape": list(array.shape), "dtype": name, "values": [number(x, array.dtype) for x in array.ravel()]}


def case(op: str, inputs: list[Any], output: Any, **attributes: Any) -> None:
    CASES.append({"op": op, "attributes": attributes, "inputs": [tensor(x) for x in inputs], "output": tensor(output)})


def real(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    return RNG.uniform(low, high, shape).astype(np.float32).astype(np.float64)


def ints(low: int, high: int, *shape: int) -> np.ndarray:
    return RNG.integers(low, high, shape)


def indexing() -> None:
    x = np.arange(60.0).reshape(3, 4, 5)
    i, j = np.array([2, 0, 1, -1]), np.array([[0], [3]])
    k = np.array([1, -2, 4, 0])
    flags = RNG.random((3, 4)) < 0.5
    row_flags = np.array([True, False, True])
    reads = {
        "rows": (x[i], [x, i]),
        "last": (x[..., k], [x, k]),
        "middle": (x[:, j], [x, j]),
        "pairs": (x[i, k - 1], [x, i, k - 1]),
        "broadcastPairs": (x[i, j], [x, i, j]),
        "apart": (x[i, :, k], [x, i, k]),
        "triples": (x[i, k % 4, k], [x, i, k % 4, k]),
        "positionBeside": (x[1, i], [x, i]),
        "positionApart": (x[0, :, k], [x, k]),
        "rangeAndTensor": (x[1:3, i], [x, i]),
        "rangeBackwardsAndTensor": (x[::-1, i], [x, i]),
        "tensorAndRange": (x[i, 1:3, ::2], [x, i]),
        "newAxisFirst": (x[None, i], [x, i]),
        "newAxisBetween": (x[i, None, k - 1], [x, i, k - 1]),
        "newAxisAfter": (x[:, k - 1, None], [x, k - 1]),
        "mask": (x[flags], [x, flags]),
        "maskRows": (x[row_flags], [x, row_flags]),
        "maskAndPosition": (x[flags, 1], [x, flags]),
        "maskAndRange": (x[row_flags, 1:3], [x, row_flags]),
        "maskWhole": (x[x > 30], [x, x > 30]),
        "scalarTensor": (x[np.int64(2)], [x, np.asarray(2)]),
        "backwards": (x[::-1, ::-2], [x]),
        "backwardsPart": (x[:, 3:0:-2, -1:1:-1], [x]),
        "everySecond": (x[:, ::2, 1::2], [x]),
    }
    for name, (value, inputs) in reads.items():
        case("index." + name, inputs, value)

    def write(name: str, index: Any, inputs: list[Any], value: Any) -> None:
        y = x.copy()
        y[index] = value
        case("assign." + name, [x, *inputs, np.asarray(value)], y)

    write("position", 1, [], real(4, 5))
    write("range", np.s_[1:3, :2], [], real(2, 2, 5))
    write("rangeByScalar", np.s_[..., 1:4], [], -1.5)
    write("strided", np.s_[::2, ::3], [], real(2, 2, 5))
    write("backwards", np.s_[:, ::-2, ::-1], [], real(3, 2, 5))
    write("broadcast", np.s_[:, 2], [], real(5))
    write("newAxis", np.s_[:, None, 1:2], [], real(1, 1, 5))
    write("rows", np.array([2, 0]), [np.array([2, 0])], real(2, 4, 5))
    write("rowsByScalar", np.array([-1, 0]), [np.array([-1, 0])], 7.0)
    write("pairs", (np.array([0, 2]), np.array([1, -1])), [np.array([0, 2]), np.array([1, -1])], real(2, 5))
    write("apart", (np.array([0, 2]), slice(None), np.array([1, -1])), [np.array([0, 2]), np.array([1, -1])], real(2, 4))
    write("rangeAndTensor", np.s_[0:2, np.array([3, 1])], [np.array([3, 1])], real(2, 2, 5))
    write("stridedAndTensor", np.s_[::2, np.array([3, 1]), ::-1], [np.array([3, 1])], real(2, 2, 5))
    write("maskByScalar", flags, [flags], 0.0)
    write("maskByRow", flags, [flags], real(5))
    write("maskValues", flags, [flags], real(int(flags.sum()), 5))
    write("maskWholeByScalar", x > 30, [x > 30], -1.0)
    same = real(3, 4, 5)
    case("assign.maskSame", [x, x % 2 == 0, same], np.where(x % 2 == 0, same, x))

    v = real(4, 3)
    places = np.array([1, 3, 1, -4, 1])
    updates = real(5, 3)
    for kind, method in {"add": np.add, "multiply": np.multiply, "max": np.maximum, "min": np.minimum}.items():
        y = v.copy()
        method.at(y, places, updates)
        case("at." + kind, [v, places, updates], y)
    y = v.copy()
    y[1:3] += updates[:2]
    case("at.addRange", [v, updates[:2]], y)

    y = real(3, 4)
    rows = ints(-3, 3, 2, 4)
    case("takeAlong", [y, rows], np.take_along_axis(y, rows, 0), axis=0)
    columns = ints(0, 4, 3, 6)
    case("takeAlong", [y, columns], np.take_along_axis(y, columns, 1), axis=1)
    case("take", [y, j], np.take(y, j, 1), axis=1)
    case("take", [y, i], np.take(y, i, 0), axis=0)
    order = np.argsort(real(3, 4), axis=1)
    put = y.copy()
    np.put_along_axis(put, order[:, :2], real(3, 2), 1)
    values = np.take_along_axis(put, order[:, :2], 1)
    case("putAlong", [y, order[:, :2], values], put, axis=1)
    index, source = ints(0, 3, 2, 4), real(2, 4)
    base = torch.tensor(y)
    for name, reduce in {"scatterAdd": "sum", "scatterMultiply": "prod", "scatterMax": "amax", "scatterMin": "amin"}.items():
        result = base.scatter_reduce(0, torch.tensor(index), torch.tensor(source), reduce)
        case(name, [y, index, source], result, axis=0)
    start = [np.asarray(2, np.int32), np.asarray(-1, np.int32)]
    sliced = jax.lax.dynamic_slice(jnp.asarray(y), [2, 0], (2, 3))
    case("dynamicSlice", [y, *start], sliced, sizes=[2, 3])
    updated = jax.lax.dynamic_update_slice(jnp.asarray(y), jnp.asarray(real(2, 2)), [1, 2])
    case("updating", [y, np.asarray(updated)[1:3, 2:4], np.asarray(1), np.asarray(2)], updated)


def sorting() -> None:
    x = real(3, 7)
    ties = ints(0, 4, 3, 7).astype(float)
    for axis in (0, 1):
        case("sorted", [x], np.sort(x, axis), axis=axis)
        case("sortedDescending", [x], -np.sort(-x, axis), axis=axis)
        case("argSort", [ties], np.argsort(ties, axis, kind="stable"), axis=axis)
    case("argSortDescending", [ties], np.argsort(-ties, 1, kind="stable"), axis=1)
    odd = np.array([1.0, np.nan, -np.inf, np.inf, 0.0])
    case("sorted", [odd], np.sort(odd), axis=0)
    top = torch.topk(torch.tensor(x), 3, 1)
    case("topK.values", [x], top.values, count=3, axis=1)
    case("topK.indices", [x], top.indices, count=3, axis=1)
    case("bottomK.values", [x], torch.topk(torch.tensor(x), 2, 0, largest=False).values, count=2, axis=0)
    for axis in (None, 0, 1):
        kept = {} if axis is None else {"axis": axis}
        case("median", [x], np.median(x, axis), **kept)
        case("median", [x[:2, :6]], np.median(x[:2, :6], axis), **kept)
        for share in (0.0, 0.3, 0.75, 1.0):
            case("quantile", [x], np.quantile(x, share, axis), share=share, **kept)
    case("median", [odd], np.median(odd))
    case("quantiles", [x], np.quantile(x, [0.1, 0.5, 0.8], 1), shares=[0.1, 0.5, 0.8], axis=1)
    edges = np.array([-1.0, 0, 0, 0.5, 2, 2, 3])
    wanted = np.array([[-2, -1, 0, 0.25], [0.5, 2, 3, 4]])
    case("searchSorted", [edges, wanted], np.searchsorted(edges, wanted, "left"))
    case("searchSortedRight", [edges, wanted], np.searchsorted(edges, wanted, "right"))
    values, inverse, counts = np.unique(ties, return_inverse=True, return_counts=True)
    case("unique", [ties], values)
    case("unique.inverse", [ties], inverse.reshape(ties.shape))
    case("unique.counts", [ties], counts)
    case("nonZero", [ties], np.argwhere(ties))
    numbers = ints(0, 6, 20)
    weights = real(20)
    case("binCount", [numbers], np.bincount(numbers))
    case("binCount", [numbers], np.bincount(numbers, minlength=9), length=9)
    case("binCount", [numbers, weights], np.bincount(numbers, weights, 8), length=8)
    y = real(50)
    for bins, limits in ((5, None), (7, (-1.0, 1.5))):
        counts, marks = np.histogram(y, bins, limits)
        kept = {} if limits is None else {"low": limits[0], "high": limits[1]}
        case("histogram.counts", [y], counts, bins=bins, **kept)
        case("histogram.edges", [y], marks, bins=bins, **kept)
    case("histogram.counts", [np.ones(3)], np.histogram(np.ones(3), 4)[0], bins=4)
    for axis in (0, 1):
        case("cumulativeSum", [x], np.cumsum(x, axis), axis=axis)
        case("cumulativeProduct", [x], np.cumprod(x, axis), axis=axis)
        case("cumulativeMax", [x], np.maximum.accumulate(x, axis), axis=axis)
        case("cumulativeMin", [x], np.minimum.accumulate(x, axis), axis=axis)
        case("logCumulativeSumExp", [x * 20], torch.logcumsumexp(torch.tensor(x * 20), axis), axis=axis)
        case("cumulativeSumReversed", [x], np.flip(np.cumsum(np.flip(x, axis), axis), axis), axis=axis)
    case("diff", [x], np.diff(x), order=1, axis=1)
    case("diff", [x], np.diff(x, 2, 0), order=2, axis=0)


def joining() -> None:
    x = real(2, 3)
    case("tiled", [x], np.tile(x, (2, 2)), counts=[2, 2])
    case("tiled", [x], np.tile(x, 3), counts=[3])
    case("tiled", [x], np.tile(x, (2, 1, 2)), counts=[2, 1, 2])
    case("repeated", [x], np.repeat(x, 3, 0), count=3, axis=0)
    case("repeated", [x], np.repeat(x, 2, 1), count=2, axis=1)
    for shift in (1, -1, 4, 0):
        case("rolled", [x], np.roll(x, shift, 1), distance=shift, axis=1)
    case("flipped", [x], np.flip(x))
    case("flipped", [x], np.flip(x, 1), axis=1)
    y = real(3, 7)
    case("splitSizes", [y], np.split(y, [2, 3], 1)[2], sizes=[2, 1, 4], axis=1, part=2)
    case("chunked", [y], torch.split(torch.tensor(y), 3, 1)[2], size=3, axis=1, part=2)
    case("unstacked", [y], y[:, 4], axis=1, part=4)
    modes = {"reflect": "reflect", "symmetric": "symmetric", "replicate": "edge", "circular": "wrap"}
    for mode, name in modes.items():
        case("paddedMode", [y], np.pad(y, [(1, 2), (3, 0)], name), mode=mode, widths=[1, 2, 3, 0])
    a, b, c = real(3), real(2), real(4)
    for indexing in ("ij", "xy"):
        for part, grid in enumerate(np.meshgrid(a, b, c, indexing=indexing)):
            case("meshGrid", [a, b, c], grid, indexing=indexing, part=part)
    m = real(2, 4, 5)
    for offset in (-2, 0, 1):
        case("upperTriangle", [m], np.triu(m, offset), offset=offset)
        case("lowerTriangle", [m], np.tril(m, offset), offset=offset)
        case("diagonal", [m], np.diagonal(m, offset, -2, -1), offset=offset)
        case("diagonalMatrix", [a], np.diag(a, offset), offset=offset)
        case("trace", [m], np.trace(m, offset, -2, -1), offset=offset)
    case("diagonal", [m], np.diagonal(m, 4, -2, -1), offset=4)
    case("diagonal", [m], np.diagonal(m, 7, -2, -1), offset=7)
    case("diagonalAxes", [m], np.diagonal(m, 1, 2, 0), offset=1, axes=[2, 0])
    case("diagonalMatrix", [x], torch.diag_embed(torch.tensor(x), 1), offset=1)
    for left, right in ((x, real(3, 2)), (a, real(2, 2))):
        case("kron", [left, right], np.kron(left, right))
    case("outer", [a, b], np.outer(a, b))
    d = real(3)
    case("dot", [a, d], np.dot(a, d))
    p, q = real(2, 3, 4), real(4, 3, 5)
    case("tensorDotAxes", [p, q], np.tensordot(p, q, ([1, 2], [1, 0])), left=[1, 2], right=[1, 0])
    r = real(3, 4, 2)
    case("tensorDot", [p, r], np.tensordot(p, r, 2), axes=2)
    case("tensorDot", [a, b], np.tensordot(a, b, 0), axes=0)


def einsums() -> None:
    sizes = {"a": 2, "b": 3, "c": 4, "d": 2, "i": 3, "j": 4, "k": 2, "n": 3}
    equations = [
        "ij,jk->ik", "bij,bjk->bik", "ij->ji", "ij->", "ij->j", "ij", "ji", "ij,ij->", "ij,ij->ij", "i,j->ij", "i,i",
        "ij,jk", "ab,bc,cd->ad", "ab,bc,cd", "bij,ij->b", "ij,kj->ik", "abc,bad->cd", "i,ij,j->", "bi,bj->bij",
        "abc,c->ab", "a,b,c->cab", "bij,jk->bik", "ij,j,i->ij",
    ]
    for equation in equations:
        terms = equation.split("->")[0].split(",")
        operands = [real(*[sizes[x] for x in term]) for term in terms]
        case("einsum", operands, np.einsum(equation, *operands), equation=equation)
    square, cube = real(3, 3), real(3, 3, 3)
    for equation in ("ii", "ii->i", "ij,jj->i"):
        operands = [square] * (equation.count(",") + 1)
        case("einsum", operands, np.einsum(equation, *operands), equation=equation)
    case("einsum", [cube], np.einsum("iii->i", cube), equation="iii->i")
    case("einsum", [cube], np.einsum("iij->j", cube), equation="iij->j")
    p, q, r = real(2, 3, 4), real(3, 4, 5), real(1, 4, 5)
    for equation, operands in (
        ("...ij,...jk->...ik", [real(2, 1, 2, 4), q]), ("...ij,...jk", [p[:, None], r]), ("...j->...", [p]),
        ("i...->...i", [p]), ("...,...->...", [p, p[0]]), ("b...i,b...i->b...", [p, p]), ("...ii->...i", [cube]),
    ):
        case("einsum", operands, np.einsum(equation, *operands), equation=equation)
    one = real(1, 4)
    case("einsum", [p[:, :, 0], one], np.einsum("ij,jk->ik", p[:, :, 0].sum(1, keepdims=True), one), equation="ij,jk->ik")


def statistics() -> None:
    x = real(4, 6)
    for correction in (0, 1):
        case("standardDeviation", [x], np.std(x, 1, ddof=correction), axis=1, correction=correction)
        case("covariance", [x], np.cov(x, ddof=correction), correction=correction)
    case("correlation", [x], np.corrcoef(x))
    for order in (2.0, 1.0, 0.0, 3.0, -1.0, math.inf, -math.inf):
        case("norm", [x], np.linalg.norm(x, order, 1), order=str(order), axis=1)
    gaps = x.copy()
    gaps[0, 1] = gaps[2, :3] = np.nan
    case("nanSum", [gaps], np.nansum(gaps, 1), axis=1)
    case("nanMean", [gaps], np.nanmean(gaps, 0), axis=0)
    odd = np.array([1.0, np.nan, -np.inf, np.inf, 0.0])
    case("isNaN", [odd], np.isnan(odd))
    case("isInfinite", [odd], np.isinf(odd))
    case("isFinite", [odd], np.isfinite(odd))
    case("replacingNaN", [odd], np.nan_to_num(odd, nan=2, posinf=9, neginf=-9))
    near = np.array([1.0, 1.000001, 1.1, np.inf, -np.inf, np.nan, np.inf])
    far = np.array([1.0, 1.0, 1.0, np.inf, np.inf, np.nan, 1.0])
    case("isClose", [near, far], np.isclose(near, far))
    case("isCloseNaN", [near, far], np.isclose(near, far, equal_nan=True))
    flags = ints(0, 2, 4, 5)
    case("countNonZero", [flags], np.count_nonzero(flags, 1), axis=1)
    case("all", [flags], np.all(flags, 1), axis=1)
    case("any", [flags], np.any(flags, 0), axis=0)
    a, b = real(12, low=-5, high=5), np.tile([1.5, -2.0, 0.5, -0.75], 3)
    case("modulo", [a, b], np.mod(a, b))
    case("fmod", [a, b], np.fmod(a, b))
    case("floorDivide", [a, b], np.floor_divide(a, b))
    m, n = ints(-9, 10, 20), np.tile([2, -3, 4, -5], 5)
    case("modulo", [m, n], np.mod(m, n))
    case("fmod", [m, n], np.fmod(m, n))
    case("floorDivide", [m, n], np.floor_divide(m, n))
    case("lerp", [x, x[::-1]], torch.lerp(torch.tensor(x), torch.tensor(x[::-1].copy()), 0.3), weight=0.3)
    case("clamped", [x, x[0], x[0] + 1], np.clip(x, x[0], x[0] + 1))
    case("atan2", [a, b], np.arctan2(a, b))
    case("hypot", [a * 1e30, b * 1e30], np.hypot(a * 1e30, b * 1e30))
    case("logAddExp", [a * 50, b * 50], np.logaddexp(a * 50, b * 50))
    case("copyingSign", [a, b], np.copysign(a, b))
    unary = {
        "cbrt": np.cbrt, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "asinh": np.arcsinh, "atan": np.arctan,
        "exp2": np.exp2, "truncated": np.trunc, "reciprocal": np.reciprocal,
    }
    for name, function in unary.items():
        case(name, [x], function(x))
    inner = real(12, low=-0.95, high=0.95)
    for name, function in {"asin": np.arcsin, "acos": np.arccos, "atanh": np.arctanh}.items():
        case(name, [inner], function(inner))
    case("erfInverse", [inner], torch.erfinv(torch.tensor(inner)))
    case("erf", [x], torch.erf(torch.tensor(x)))
    case("erfc", [x * 2], torch.erfc(torch.tensor(x * 2)))
    above = real(12, low=1.1, high=6)
    for name, function in {"acosh": np.arccosh, "log2": np.log2, "log10": np.log10}.items():
        case(name, [above], function(above))
    case("lgamma", [above], torch.lgamma(torch.tensor(above)))
    case("digamma", [above], torch.digamma(torch.tensor(above)))
    case("logit", [np.abs(inner)], torch.logit(torch.tensor(np.abs(inner))))
    words = ints(0, 1000, 8)
    case("popCount", [words], np.bitwise_count(words))


def creation() -> None:
    case("range", [], np.arange(2, 11, 3), start=2, end=11, step=3)
    case("range", [], np.arange(5, -3, -2), start=5, end=-3, step=-2)
    case("range", [], np.arange(3, 3), start=3, end=3, step=1)
    case("fractionRange", [], np.arange(0, 1, 0.3), start=0.0, end=1.0, step=0.3)
    case("logspace", [], np.logspace(-1, 2, 7), start=-1.0, end=2.0, steps=7, base=10.0)
    case("logspace", [], np.logspace(0, 8, 5, base=2), start=0.0, end=8.0, steps=5, base=2.0)
    case("geomspace", [], np.geomspace(1, 1000, 4), start=1.0, end=1000.0, steps=4)
    case("geomspace", [], np.geomspace(-2, -0.1, 5), start=-2.0, end=-0.1, steps=5)
    case("upperTriangularMask", [], np.tri(4, 3, -1) == 0, rows=4, columns=3, offset=0)
    case("lowerTriangularMask", [], np.tri(3, 5, 1) == 1, rows=3, columns=5, offset=1)
    windows = {"hann": torch.hann_window, "hamming": torch.hamming_window, "blackman": torch.blackman_window}
    for name, function in windows.items():
        for periodic in (True, False):
            value = function(9, periodic=periodic, dtype=torch.float64)
            case("window", [], value, kind=name, periodic=periodic, count=9)


def promotion() -> list[list[str]]:
    """The types that pairs of types meet in, by JAX; uint64 with signed integers is left out."""
    names = ["bool", "uint8", "int32", "uint32", "int64", "float32", "float64", "int8", "int16", "uint16", "uint64",
             "float16", "bfloat16"]
    rows = []
    for a in names:
        for b in names:
            if "uint64" in (a, b) and any(x.startswith("int") for x in (a, b)):
                continue
            rows.append([a, b, str(jnp.promote_types(a, b))])
    return rows


def main() -> None:
    for make in (indexing, sorting, joining, einsums, statistics, creation):
        make()
    header = {
        "versions": {"torch": torch.__version__.split("+")[0], "numpy": np.__version__, "jax": jax.__version__},
        "description": "The tensor API's composites by NumPy, PyTorch and JAX in float64 from float32 inputs",
        "promotion": promotion(),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}," for key, value in header.items()]
    rows = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in CASES)
    path = Path(__file__).resolve().parent / "tensor_api.json"
    path.write_text("{\n" + "\n".join(lines) + '\n"cases": [\n' + rows + "\n]}\n")
    print(f"{path.name}: {len(CASES)} cases, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
