"""Windows over several axes: PyTorch's pooling and unpooling, channels last.

A case has the form of primitives.json; inputs and outputs are [batch, spatial..., channels].
"""

from __future__ import annotations

from typing import Any, Callable

import numpy
import torch
import torch.nn.functional as F
from fixture_file import tensor

RNG = numpy.random.default_rng(11)
CASES: list[dict[str, Any]] = []


def last(x: torch.Tensor) -> torch.Tensor:
    """[batch, channels, spatial...] as [batch, spatial..., channels]."""
    return x.movedim(1, -1)


def first(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(-1, 1)


def distinct(*shape: int) -> numpy.ndarray:
    """Numbers of which no two are equal and none is 0, so that every window has one largest."""
    count = int(numpy.prod(shape))
    return (RNG.permutation(count) / 16 - count / 32 + 0.03125).reshape(shape).astype(numpy.float32)


def case(op: str, shape: tuple[int, ...], call: Callable[[torch.Tensor], torch.Tensor], **attributes: Any) -> None:
    data = distinct(*shape)
    x = torch.tensor(data, dtype=torch.float64, requires_grad=True)
    y = last(call(first(x)))
    cotangent = (RNG.integers(-50, 50, tuple(y.shape)) / 32).astype(numpy.float32)
    (gradient,) = torch.autograd.grad(y, x, torch.tensor(cotangent, dtype=torch.float64))
    CASES.append(
        {
            "op": op,
            "attributes": attributes,
            "inputs": [tensor(data)],
            "output": tensor(y.detach().numpy()),
            "cotangent": tensor(cotangent),
            "gradients": [tensor(gradient.numpy())],
        }
    )


SHAPES = {1: (2, 9, 2), 2: (1, 7, 6, 2), 3: (1, 4, 5, 4, 1)}
# size, stride, padding, dilation, ceilMode of each spatial rank
WINDOWS: dict[int, list[tuple[Any, ...]]] = {
    1: [([2], None, [0], [1], False), ([3], [2], [1], [1], True), ([3], [2], [0], [2], False), ([4], [3], [2], [1], True)],
    2: [
        ([2, 3], None, [0, 0], [1, 1], False),
        ([3, 3], [2, 2], [1, 1], [1, 1], True),
        ([2, 2], [3, 2], [1, 0], [2, 1], True),
        ([3, 2], [1, 1], [1, 1], [1, 2], False),
    ],
    3: [
        ([2, 2, 2], None, [0, 0, 0], [1, 1, 1], False),
        ([2, 3, 2], [2, 2, 2], [1, 1, 0], [1, 1, 1], True),
        ([2, 2, 2], [1, 2, 1], [0, 1, 1], [2, 1, 2], False),
    ],
}


def plain(rank: int, *lists: Any) -> list[Any]:
    """lp_pool1d takes numbers alone."""
    return [x[0] if rank == 1 and x else x for x in lists]


def pools() -> None:
    for rank, windows in WINDOWS.items():
        greatest = getattr(F, f"max_pool{rank}d")
        mean = getattr(F, f"avg_pool{rank}d")
        for size, stride, padding, dilation, ceil in windows:
            attributes = {"size": size, "padding": padding, "ceilMode": ceil} | ({"stride": stride} if stride else {})
            options = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil}
            case("maxPool", SHAPES[rank], lambda x: greatest(x, size, **options), dilation=dilation, **attributes)
            case("minPool", SHAPES[rank], lambda x: -greatest(-x, size, **options), dilation=dilation, **attributes)
            for counts in [True, False]:
                options = {"stride": stride, "padding": padding, "ceil_mode": ceil, "count_include_pad": counts}
                case("averagePool", SHAPES[rank], lambda x: mean(x, size, **options), countsPadding=counts, **attributes)
        norm = getattr(F, f"lp_pool{rank}d")
        for power, (size, stride, _, _, ceil) in zip([2.0, 4.0, 2.0], windows):
            attributes = {"size": size, "norm": power, "ceilMode": ceil} | ({"stride": stride} if stride else {})
            case("lpPool", SHAPES[rank], lambda x: norm(x, power, *plain(rank, size, stride), ceil), **attributes)
    for divisor in [3, -2]:
        options = {"stride": [2, 1], "padding": [1, 1], "divisor_override": divisor}
        case(
            "averagePool", SHAPES[2], lambda x: F.avg_pool2d(x, [3, 2], **options), size=[3, 2], stride=[2, 1],
            padding=[1, 1], divisor=divisor, countsPadding=True,
        )


def adaptive() -> None:
    outputs = {1: [[4], [3], [1], [11]], 2: [[3, 4], [7, 2], [1, 1], [5, 9]], 3: [[2, 3, 1], [3, 4, 5], [1, 1, 1]]}
    for rank, sizes in outputs.items():
        for size in sizes:
            mean, greatest = (getattr(F, f"adaptive_{kind}_pool{rank}d") for kind in ["avg", "max"])
            case("adaptiveAveragePool", SHAPES[rank], lambda x: mean(x, size), output=size)
            case("adaptiveMaxPool", SHAPES[rank], lambda x: greatest(x, size), output=size)
        axes = list(range(2, rank + 2))
        case("globalAveragePool", SHAPES[rank], lambda x: x.mean(axes, keepdim=True))
        case("globalMaxPool", SHAPES[rank], lambda x: x.amax(axes, keepdim=True))


def unpooled() -> None:
    for size, stride, padding, dilation, ceil in WINDOWS[2]:
        attributes = {"size": size, "padding": padding, "ceilMode": ceil, "dilation": dilation}
        attributes |= {"stride": stride} if stride else {}
        options = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil}

        def indices(x: torch.Tensor) -> torch.Tensor:
            return F.max_pool2d(x, size, return_indices=True, **options)[1]

        def there(x: torch.Tensor) -> torch.Tensor:
            return F.max_pool2d(x, size, return_indices=True, **options)[0] * indices(x)

        case("maxPoolTimesIndices", SHAPES[2], there, **attributes)
    for size in [[2, 3], [3, 2], [2, 2]]:

        def back(x: torch.Tensor) -> torch.Tensor:
            values, places = F.max_pool2d(x, size, return_indices=True)
            return F.max_unpool2d(values.sin(), places, size, output_size=x.shape[2:])

        case("unpool", SHAPES[2], back, size=size)


def windows() -> None:
    """All of reduceWindow's options, from the definition: unfolded windows of a padded tensor."""
    neutral = {"sum": 0.0, "product": 1.0, "max": -torch.inf, "min": torch.inf}
    for shape, axes, size, stride, padding, dilation, spread in [
        ((5, 4), [0, 1], [2, 2], [1, 1], [[0, 0], [0, 0]], [1, 1], [1, 1]),
        ((3, 6, 2), [1], [3], [2], [[1, 2]], [1], [1]),
        ((2, 5, 3, 4), [3, 1], [2, 3], [1, 2], [[0, 1], [1, 1]], [2, 1], [1, 1]),
        ((4, 3, 3), [0, 1, 2], [2, 1, 2], [2, 1, 1], [[1, 0], [0, 0], [0, 1]], [1, 1, 1], [2, 1, 2]),
        ((2, 3, 2, 3, 2), [1, 2, 3], [2, 2, 2], [1, 1, 1], [[1, 0], [0, 1], [0, 0]], [1, 1, 2], [1, 2, 1]),
    ]:
        for kind in neutral:

            def reduced(x: torch.Tensor) -> torch.Tensor:
                y = last(x)
                for axis, step, (low, high) in zip(axes, spread, padding):
                    y = y.movedim(axis, -1)
                    wide = y.new_full([*y.shape[:-1], (y.shape[-1] - 1) * step + 1 + low + high], neutral[kind])
                    wide[..., low : wide.shape[-1] - high : step] = y
                    y = wide.movedim(-1, axis)
                for axis, count, step, gap in zip(axes, size, stride, dilation):
                    reach = (count - 1) * gap + 1
                    y = y.unfold(axis, reach, step)[..., ::gap]
                over = list(range(len(shape), len(shape) + len(axes)))
                if kind == "sum":
                    y = y.sum(over)
                elif kind == "product":
                    y = y.flatten(len(shape)).prod(-1)
                else:
                    y = y.amax(over) if kind == "max" else y.amin(over)
                return first(y)

            case(
                "reduceWindow", shape, reduced, kind=kind, axes=axes, size=size, stride=stride,
                padding=padding, dilation=dilation, inputDilation=spread,
            )


def make() -> list[dict[str, Any]]:
    pools()
    adaptive()
    unpooled()
    windows()
    return CASES
