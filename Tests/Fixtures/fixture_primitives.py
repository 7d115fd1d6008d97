"""Values and gradients of tensor operations, by PyTorch.

The inputs are float32; PyTorch computes in float64 and the results are rounded to float32, so that they don't depend on
the processor and are right to the last digit.  Images are NHWC, the weights of convolutions HWIO
[kernel height, kernel width, inputs / groups, outputs].
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch
import torch.nn.functional as F
from torch import Tensor

from fixture_file import Array, tensor

Function = Callable[..., Tensor]
Pair = tuple[int, int]
Pads = tuple[Pair, Pair]

UNARY: dict[str, tuple[Function, float, float]] = {
    "negate": (torch.neg, -3, 3),
    "abs": (torch.abs, -3, 3),
    "sign": (torch.sign, -3, 3),
    "exp": (torch.exp, -4, 4),
    "expm1": (torch.expm1, -2, 2),
    "log": (torch.log, 0.05, 9),
    "log1p": (torch.log1p, -0.9, 5),
    "sqrt": (torch.sqrt, 0.05, 9),
    "rsqrt": (torch.rsqrt, 0.05, 9),
    "sin": (torch.sin, -7, 7),
    "cos": (torch.cos, -7, 7),
    "tanh": (torch.tanh, -4, 4),
    "sigmoid": (torch.sigmoid, -8, 8),
    "floor": (torch.floor, -5, 5),
    "ceil": (torch.ceil, -5, 5),
    "rounded": (torch.round, -5, 5),
    "relu": (torch.relu, -3, 3),
}
BINARY: dict[str, Function] = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "divide": torch.div,
    "power": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}
COMPARISONS: dict[str, Function] = {
    "equal": torch.eq,
    "notEqual": torch.ne,
    "less": torch.lt,
    "lessEqual": torch.le,
    "greater": torch.gt,
    "greaterEqual": torch.ge,
}
BROADCASTS = [((4, 3), (4, 3)), ((2, 3, 4), (4,)), ((3, 1), (1, 5)), ((), (2, 3)), ((2, 1, 3), (4, 1))]
REDUCTIONS: list[tuple[tuple[int, ...], list[int], bool]] = [
    ((5,), [0], False),
    ((3, 4), [0], False),
    ((3, 4), [1], True),
    ((2, 3, 4), [0, 2], False),
    ((2, 3, 4), [1], True),
    ((2, 3, 2, 2), [0, 1, 2, 3], False),
]


class Cases:
    """Collects cases; each draws its numbers from a generator of its own, seeded by its operation and place."""

    def __init__(self) -> None:
        self.list: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}

    def generator(self, op: str) -> numpy.random.Generator:
        """The generator for the next case of an operation."""
        self._counts[op] = self._counts.get(op, 0) + 1
        return numpy.random.default_rng(zlib.crc32(f"{op} {self._counts[op]}".encode()))

    def add(self, op: str, attributes: dict[str, Any], inputs: Sequence[Array], function: Function, weighted: int = 99) -> None:
        """Runs the function in float64; the first `weighted` float inputs get gradients where the output is a float."""
        leaves = [leaf(x, place < weighted) for place, x in enumerate(inputs)]
        output = function(*leaves)
        case: dict[str, Any] = {"op": op, "attributes": attributes, "inputs": [tensor(x) for x in inputs]}
        case["output"] = tensor(output.detach().numpy())
        case |= derivatives(op, leaves, output)
        self.list.append(case)


def leaf(array: Array, is_weighted: bool) -> Tensor:
    """An input as PyTorch gets it."""
    if array.dtype == numpy.float32:
        return torch.tensor(array, dtype=torch.float64, requires_grad=is_weighted)
    return torch.tensor(array)


def derivatives(op: str, leaves: list[Tensor], output: Tensor) -> dict[str, Any]:
    """A cotangent of the output, and the gradients that it gives."""
    if not output.requires_grad:
        return {"cotangent": None, "gradients": [None] * len(leaves)}
    generator = numpy.random.default_rng(zlib.crc32(f"{op} {list(output.shape)}".encode()))
    cotangent = numbers(generator, tuple(output.shape), -2, 2)
    output.backward(torch.tensor(cotangent, dtype=torch.float64))
    gradients = [None if x.grad is None else tensor(x.grad.numpy()) for x in leaves]
    return {"cotangent": tensor(cotangent), "gradients": gradients}


def numbers(generator: numpy.random.Generator, shape: tuple[int, ...], low: float, high: float) -> Array:
    """Different numbers with at most three decimals, no two nearer than 0.002 and none within 0.03 of a half or an integer."""
    count = math.prod(shape)
    grid = numpy.arange(round(low * 500), round(high * 500) + 1) / 500
    twice = numpy.abs(2 * grid - numpy.round(2 * grid)) / 2
    grid = grid[twice >= 0.03]
    # Small ranges and large shapes repeat numbers, which only reductions and pools must not.
    chosen = generator.choice(grid, count, replace=count > len(grid))
    return chosen.astype(numpy.float32).reshape(shape)


def elementwise(cases: Cases) -> None:
    for op, (function, low, high) in UNARY.items():
        for shape in ((7,), (2, 3, 2)):
            cases.add(op, {}, [numbers(cases.generator(op), shape, low, high)], function)
    for op, function in BINARY.items():
        for left, right in BROADCASTS:
            cases.add(op, {}, operands(cases.generator(op), op, left, right), function)
    for op, function in COMPARISONS.items():
        for left, right in BROADCASTS[:2]:
            a, b = operands(cases.generator(op), op, left, right)
            # Some are equal.
            cases.add(op, {}, [numpy.round(a), numpy.round(b)], function)
    for left, right in BROADCASTS:
        generator = cases.generator("where")
        a, b = operands(generator, "where", left, right)
        condition = generator.random(numpy.broadcast_shapes(left, right)) < 0.5
        cases.add("where", {}, [condition, a, b], torch.where)


def operands(generator: numpy.random.Generator, op: str, left: tuple[int, ...], right: tuple[int, ...]) -> list[Array]:
    """Two arrays, positive where the operation needs it."""
    a = numbers(generator, left, 0.3 if op == "power" else -3, 3)
    b = numbers(generator, right, -3, 3)
    if op == "divide":
        b = numpy.where(numpy.abs(b) < 0.3, b + numpy.sign(b), b).astype(numpy.float32)
    # Maxima and comparisons must not meet near-equal numbers that differ in rounding only.
    return [a, b + numpy.float32(0.001)] if op in ("maximum", "minimum") else [a, b]


def reductions(cases: Cases) -> None:
    functions: dict[str, Function] = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}
    functions |= {"product": product, "logSumExp": torch.logsumexp}
    for op, function in functions.items():
        for shape, axes, keep in REDUCTIONS:
            x = factors(cases.generator(op), shape) if op == "product" else numbers(cases.generator(op), shape, -3, 3)
            cases.add(op, {"axes": axes, "keepDims": keep}, [x], lambda x, f=function, a=axes, k=keep: f(x, a, k))
    for op, function in {"argMax": torch.argmax, "argMin": torch.argmin}.items():
        for shape, axis in (((6,), 0), ((3, 5), 0), ((3, 5), 1), ((2, 4, 3), 1)):
            x = numbers(cases.generator(op), shape, -3, 3)
            cases.add(op, {"axis": axis}, [x], lambda x, f=function, a=axis: f(x, a).to(torch.int32))
    for op, function in {"softmax": torch.softmax, "logSoftmax": torch.log_softmax}.items():
        for shape, axis in (((5,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3, 4), 1)):
            x = numbers(cases.generator(op), shape, -6, 6)
            cases.add(op, {"axis": axis}, [x], lambda x, f=function, a=axis: f(x, a))


def factors(generator: numpy.random.Generator, shape: tuple[int, ...]) -> Array:
    """Numbers of both signs whose product stays near one."""
    x = numbers(generator, shape, 0.5, 1.6)
    x.ravel()[::3] *= -1
    return x


def product(x: Tensor, axes: list[int], keep: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def structure(cases: Cases) -> None:
    for before, after in (((2, 6), (3, 4)), ((2, 3, 2), (12,)), ((4,), (2, 1, 2)), ((1,), ())):
        x = numbers(cases.generator("reshape"), before, -3, 3)
        cases.add("reshape", {"shape": after}, [x], lambda x, s=after: x.reshape(s))
    for shape, order in (((2, 3), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 3, 4), [0, 2, 1]), ((2, 2, 3, 2), [0, 3, 1, 2])):
        x = numbers(cases.generator("transpose"), shape, -3, 3)
        cases.add("transpose", {"permutation": order}, [x], lambda x, o=order: x.permute(o))
    for shape, axes in (((5,), [0]), ((2, 3), [1]), ((2, 3, 2), [0, 2])):
        x = numbers(cases.generator("reverse"), shape, -3, 3)
        cases.add("reverse", {"axes": axes}, [x], lambda x, a=axes: x.flip(a))
    for shape, start, limit, stride in SLICES:
        x = numbers(cases.generator("slice"), shape, -3, 3)
        parts = tuple(slice(*bounds) for bounds in zip(start, limit, stride))
        cases.add("slice", {"start": start, "limit": limit, "stride": stride}, [x], lambda x, p=parts: x[p])
    for shapes, axis in CONCATENATIONS:
        generator = cases.generator("concatenate")
        parts = [numbers(generator, shape, -3, 3) for shape in shapes]
        cases.add("concatenate", {"axis": axis}, parts, lambda *parts, a=axis: torch.cat(parts, a))
    for shape, low, high, value in PADS:
        x = numbers(cases.generator("pad"), shape, -3, 3)
        widths = [width for pair in reversed(list(zip(low, high))) for width in pair]
        attributes = {"low": low, "high": high, "value": value}
        cases.add("pad", attributes, [x], lambda x, w=widths, v=value: F.pad(x, w, value=v))


SLICES: list[tuple[tuple[int, ...], list[int], list[int], list[int]]] = [
    ((8,), [1], [7], [2]),
    ((4, 5), [1, 0], [3, 5], [1, 1]),
    ((4, 5), [0, 1], [4, 5], [3, 2]),
    ((3, 4, 3), [1, 0, 2], [3, 4, 3], [1, 3, 1]),
    ((3, 4), [2, 0], [2, 4], [1, 1]),
]
CONCATENATIONS: list[tuple[list[tuple[int, ...]], int]] = [
    ([(2,), (3,)], 0),
    ([(2, 3), (1, 3), (2, 3)], 0),
    ([(2, 3), (2, 1)], 1),
    ([(2, 2, 1), (2, 2, 3), (2, 2, 2)], 2),
]
PADS: list[tuple[tuple[int, ...], list[int], list[int], float]] = [
    ((3,), [1], [2], 0.0),
    ((2, 3), [0, 1], [1, 0], 0.5),
    ((2, 2, 3), [1, 0, 2], [0, 1, 1], -1.25),
    ((4, 3), [-1, 0], [0, -1], 0.0),
]


def products(cases: Cases) -> None:
    shapes = [((4,), (4,)), ((3,), (3, 4)), ((3, 4), (4,)), ((2, 3), (3, 4)), ((5, 7), (7, 6)), ((1, 8), (8, 1))]
    shapes += [((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 2)), ((2, 3, 4), (2, 4, 3)), ((1, 3, 4), (2, 4, 2))]
    shapes += [((2, 1, 3, 2), (1, 3, 2, 2)), ((2, 2, 3, 2), (2, 2, 2, 3)), ((2, 2, 3, 2), (2, 2, 4)), ((4,), (2, 4, 3))]
    shapes += [((2, 3, 4), (4,)), ((2, 1, 3, 4), (4,)), ((3,), (2, 2, 3, 2))]
    for left, right in shapes:
        generator = cases.generator("matmul")
        cases.add("matmul", {}, [numbers(generator, left, -2, 2), numbers(generator, right, -2, 2)], torch.matmul)


def windows(cases: Cases) -> None:
    for image, kernel, stride, padding, dilation, groups in CONVOLUTIONS:
        generator = cases.generator("conv2d")
        inputs = [numbers(generator, image, -2, 2), numbers(generator, kernel, -1, 1)]
        attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        cases.add("conv2d", attributes, inputs, lambda x, w, a=attributes: convolution(x, w, a))
    for op, function in {"maxPool2d": F.max_pool2d, "avgPool2d": F.avg_pool2d}.items():
        for image, kernel, stride, padding in POOLS:
            x = numbers(cases.generator(op), image, -4, 4)
            pads = [[padding[0]] * 2, [padding[1]] * 2]
            attributes = {"kernel": kernel, "stride": stride, "padding": pads}
            cases.add(op, attributes, [x], lambda x, f=function, k=kernel, s=stride, p=padding: last(f(first(x), k, s, p)))


def first(x: Tensor) -> Tensor:
    """NHWC to NCHW."""
    return x.permute(0, 3, 1, 2)


def last(x: Tensor) -> Tensor:
    """NCHW to NHWC."""
    return x.permute(0, 2, 3, 1)


def convolution(x: Tensor, w: Tensor, attributes: dict[str, Any]) -> Tensor:
    """Of an image in NHWC with weights in HWIO; padding is ((top, bottom), (left, right))."""
    (top, bottom), (left, right) = attributes["padding"]
    x = F.pad(first(x), (left, right, top, bottom))
    groups = attributes["groups"]
    y = F.conv2d(x, w.permute(3, 2, 0, 1), None, attributes["stride"], 0, attributes["dilation"], groups)
    return last(y)


NO_PADS: Pads = ((0, 0), (0, 0))
CONVOLUTIONS: list[tuple[tuple[int, ...], tuple[int, ...], Pair, Pads, Pair, int]] = [
    ((1, 4, 4, 1), (3, 3, 1, 1), (1, 1), NO_PADS, (1, 1), 1),
    ((2, 5, 5, 2), (3, 3, 2, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((1, 6, 6, 1), (5, 5, 1, 2), (1, 1), ((2, 2), (2, 2)), (1, 1), 1),
    ((1, 7, 6, 2), (3, 3, 2, 2), (2, 2), ((1, 1), (1, 1)), (1, 1), 1),
    ((1, 5, 7, 2), (3, 2, 2, 3), (2, 1), NO_PADS, (1, 1), 1),
    ((1, 6, 5, 3), (1, 1, 3, 4), (1, 1), NO_PADS, (1, 1), 1),
    ((1, 6, 6, 2), (1, 1, 2, 3), (2, 2), NO_PADS, (1, 1), 1),
    ((1, 7, 7, 1), (3, 3, 1, 2), (1, 1), NO_PADS, (2, 2), 1),
    ((1, 7, 7, 2), (3, 3, 2, 1), (1, 1), ((2, 2), (2, 2)), (2, 2), 1),
    ((1, 8, 7, 1), (2, 3, 1, 2), (2, 1), ((1, 1), (2, 2)), (1, 3), 1),
    ((1, 5, 5, 4), (3, 3, 2, 4), (1, 1), ((1, 1), (1, 1)), (1, 1), 2),
    ((2, 4, 4, 3), (3, 3, 1, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    ((1, 5, 5, 2), (3, 3, 1, 4), (2, 2), ((1, 1), (1, 1)), (1, 1), 2),
    ((1, 5, 4, 1), (2, 2, 1, 2), (1, 1), ((0, 1), (0, 1)), (1, 1), 1),
    ((1, 6, 6, 2), (3, 3, 2, 2), (2, 2), ((0, 1), (1, 0)), (1, 1), 1),
    ((1, 1, 9, 2), (1, 3, 2, 2), (1, 2), ((0, 0), (1, 1)), (1, 2), 1),
    ((1, 3, 3, 2), (3, 3, 2, 3), (1, 1), NO_PADS, (1, 1), 1),
    ((1, 8, 8, 4), (3, 3, 4, 5), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((1, 5, 5, 1), (2, 2, 1, 1), (3, 3), NO_PADS, (1, 1), 1),
]
POOLS: list[tuple[tuple[int, ...], Pair, Pair, Pair]] = [
    ((1, 4, 4, 1), (2, 2), (2, 2), (0, 0)),
    ((2, 4, 6, 3), (2, 2), (2, 2), (0, 0)),
    ((1, 5, 5, 2), (3, 3), (2, 2), (1, 1)),
    ((1, 5, 6, 1), (3, 2), (1, 1), (0, 0)),
    ((1, 6, 5, 2), (2, 3), (2, 1), (1, 1)),
    ((1, 5, 7, 1), (2, 2), (2, 2), (0, 0)),
    ((1, 4, 4, 2), (1, 1), (2, 2), (0, 0)),
    ((1, 3, 3, 2), (3, 3), (3, 3), (0, 0)),
]


def losses(cases: Cases) -> None:
    for shape, reduction, smoothing, is_weighted, ignores in LOSSES:
        generator = cases.generator("crossEntropy")
        logits = numbers(generator, shape, -5, 5)
        labels = generator.integers(0, shape[-1], shape[:-1]).astype(numpy.int32)
        if ignores:
            labels.ravel()[1] = -100
        inputs = [logits, labels] + ([numbers(generator, shape[-1:], 0.2, 2)] if is_weighted else [])
        attributes = {"reduction": reduction, "labelSmoothing": smoothing, "ignoredLabel": -100}
        cases.add("crossEntropy", attributes, inputs, lambda *inputs, a=attributes: cross_entropy(a, *inputs), weighted=1)


def cross_entropy(attributes: dict[str, Any], logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Of logits [..., classes]."""
    return F.cross_entropy(
        logits.movedim(-1, 1) if logits.ndim > 2 else logits,
        labels.long(),
        weights,
        ignore_index=attributes["ignoredLabel"],
        reduction=attributes["reduction"],
        label_smoothing=attributes["labelSmoothing"],
    )


LOSSES: list[tuple[tuple[int, ...], str, float, bool, bool]] = [
    ((3, 4), "none", 0.0, False, False),
    ((3, 4), "mean", 0.0, False, False),
    ((3, 4), "sum", 0.0, False, False),
    ((4, 5), "none", 0.0, False, True),
    ((4, 5), "mean", 0.0, False, True),
    ((4, 3), "none", 0.1, False, False),
    ((4, 3), "mean", 0.1, False, False),
    ((4, 3), "none", 0.0, True, False),
    ((4, 3), "mean", 0.0, True, False),
    ((5, 4), "none", 0.2, True, True),
    ((5, 4), "mean", 0.2, True, True),
    ((5, 4), "mean", 0.2, False, True),
    ((2, 3, 4), "none", 0.0, False, True),
    ((2, 3, 4), "mean", 0.1, True, True),
    ((1, 10), "mean", 0.0, False, False),
]


def make() -> list[dict[str, Any]]:
    """All cases."""
    cases = Cases()
    for part in (elementwise, reductions, structure, products, windows, losses):
        part(cases)
    return cases.list
