"""Layers of images, sequences and tables: PyTorch's values and all gradients, channels last.

A case is {"layer": name, "attributes": {...}, "inputs": [tensor...], "state": {key: tensor}, "output": tensor, "cotangent":
tensor, "gradients": [tensor | null, for each input], "stateGradients": {key: tensor}}; weights are [spatial..., inputs /
groups, outputs].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import torch
import torch.nn.functional as F
from fixture_file import tensor
from torch import nn

RNG = numpy.random.default_rng(23)
CASES: list[dict[str, Any]] = []


def short(*shape: int) -> numpy.ndarray:
    """Numbers of few digits in -2...2."""
    return (RNG.integers(-64, 65, shape) / 32).astype(numpy.float32)


def last(x: torch.Tensor) -> torch.Tensor:
    """[batch, channels, spatial...] as [batch, spatial..., channels]."""
    return x.movedim(1, -1)


def first(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(-1, 1)


def kernel(x: torch.Tensor) -> torch.Tensor:
    """[outputs, inputs / groups, spatial...] as [spatial..., inputs / groups, outputs]."""
    return x.movedim([0, 1], [-1, -2])


def transposed_kernel(groups: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """[inputs, outputs / groups, spatial...] as [spatial..., inputs / groups, outputs]."""

    def convert(x: torch.Tensor) -> torch.Tensor:
        parts = x.reshape(groups, x.shape[0] // groups, *x.shape[1:])
        return parts.movedim([1, 0, 2], [-3, -2, -1]).flatten(-2)

    return convert


def plain(x: torch.Tensor) -> torch.Tensor:
    return x


def case(
    layer: str, module: nn.Module, inputs: list[numpy.ndarray], call: Callable[..., torch.Tensor] | None = None,
    weight: Callable[[torch.Tensor], torch.Tensor] = plain, images: bool = True, **attributes: Any,
) -> None:
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(short(*parameter.shape)))
            if getattr(module, "padding_idx", None) is not None:
                parameter[module.padding_idx] = 0

    def layout(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
        return weight if name.endswith("weight") else plain

    state = {name: layout(name)(p.detach()) for name, p in module.named_parameters()}
    state = {name: tensor(x.contiguous().numpy()) for name, x in state.items()}
    operands = [torch.tensor(x, dtype=torch.float64 if x.dtype == numpy.float32 else torch.int64) for x in inputs]
    for x in operands:
        x.requires_grad_(x.dtype == torch.float64)
    body = call or module
    y = last(body(*[first(x) for x in operands])) if images else body(*operands)
    cotangent = short(*y.shape)
    y.backward(torch.tensor(cotangent, dtype=torch.float64))
    flows = {n: tensor(layout(n)(p.grad).contiguous().numpy()) for n, p in module.named_parameters()}
    CASES.append(
        {
            "layer": layer,
            "attributes": attributes,
            "inputs": [tensor(x) for x in inputs],
            "state": state,
            "output": tensor(y.detach().numpy()),
            "cotangent": tensor(cotangent),
            "gradients": [None if x.grad is None else tensor(x.grad.numpy()) for x in operands],
            "stateGradients": flows,
        }
    )


SIZES = {1: (7,), 2: (5, 6), 3: (3, 4, 3)}
CONVOLUTIONS: dict[int, list[dict[str, Any]]] = {
    1: [
        {"kernel": [3]},
        {"kernel": [3], "stride": [2], "padding": [1], "groups": 2, "bias": False},
        {"kernel": [2], "dilation": [2], "padding": "same"},
        {"kernel": [3], "padding": [2], "paddingMode": "circular"},
        {"kernel": [3], "padding": [2], "paddingMode": "reflect", "stride": [2]},
    ],
    2: [
        {"kernel": [3, 2], "stride": [2, 1], "padding": [1, 0]},
        {"kernel": [2, 3], "groups": 2, "padding": "same", "bias": False},
        {"kernel": [2, 2], "dilation": [2, 3], "padding": [1, 2], "paddingMode": "reflect"},
        {"kernel": [3, 3], "padding": [1, 1], "paddingMode": "replicate", "stride": [2, 2]},
        {"kernel": [3, 3], "padding": [2, 1], "paddingMode": "circular", "groups": 4},
        {"kernel": [2, 3], "padding": "full"},
    ],
    3: [
        {"kernel": [2, 3, 2]},
        {"kernel": [2, 2, 2], "stride": [1, 2, 1], "padding": [1, 0, 1], "groups": 2},
        {"kernel": [2, 2, 2], "dilation": [2, 1, 2], "padding": [1, 1, 1], "paddingMode": "replicate", "bias": False},
    ],
}
TRANSPOSED: dict[int, list[dict[str, Any]]] = {
    1: [
        {"kernel": [3]},
        {"kernel": [4], "stride": [2], "padding": [1], "outputPadding": [1], "groups": 2, "bias": False},
        {"kernel": [2], "stride": [3], "dilation": [2], "padding": [3]},
    ],
    2: [
        {"kernel": [3, 2]},
        {"kernel": [3, 3], "stride": [2, 3], "padding": [1, 0], "outputPadding": [1, 2]},
        {"kernel": [2, 2], "stride": [2, 1], "dilation": [1, 3], "padding": [0, 2], "groups": 4, "bias": False},
    ],
    3: [
        {"kernel": [2, 1, 2]},
        {"kernel": [2, 2, 1], "stride": [2, 1, 2], "padding": [1, 1, 0], "outputPadding": [1, 0, 1], "groups": 2},
        {"kernel": [1, 2, 2], "dilation": [1, 2, 1], "stride": [1, 2, 1], "bias": False},
    ],
}


def convolutions() -> None:
    for rank, cases in CONVOLUTIONS.items():
        for options in cases:
            size = options["kernel"]
            padding = options.get("padding", 0)
            padding = [k - 1 for k in size] if padding == "full" else padding
            module = getattr(nn, f"Conv{rank}d")(
                4, 4 if options.get("groups") == 4 else 2, size, options.get("stride", 1), padding,
                options.get("dilation", 1), options.get("groups", 1), options.get("bias", True),
                options.get("paddingMode", "zeros"),
            )
            outputs = module.out_channels
            x = short(1, *SIZES[rank], 4)
            case(f"Conv{rank}D", module, [x], weight=kernel, channels=4, outputs=outputs, **options)
    for rank, cases in TRANSPOSED.items():
        for options in cases:
            groups = options.get("groups", 1)
            module = getattr(nn, f"ConvTranspose{rank}d")(
                4, 4 if groups == 4 else 2, options["kernel"], options.get("stride", 1), options.get("padding", 0),
                options.get("outputPadding", 0), groups, options.get("bias", True), options.get("dilation", 1),
            )
            x = short(1, *{1: (4,), 2: (3, 4), 3: (2, 3, 2)}[rank], 4)
            case(
                f"ConvTranspose{rank}D", module, [x], weight=transposed_kernel(groups), channels=4,
                outputs=module.out_channels, **options,
            )


PADS = {
    1: [[1, 2], [2, 2], [0, 3]],
    2: [[1, 2, 0, 3], [1, 1, 1, 1], [2, 0, 1, 2]],
    3: [[1, 0, 2, 1, 0, 1], [1, 1, 1, 1, 1, 1], [0, 2, 1, 0, 2, 0]],
}


def pads() -> None:
    """Widths are PyTorch's: before and after the last axis first."""
    for rank, widths in PADS.items():
        for pad in widths:
            x = short(1, *{1: (4,), 2: (4, 4), 3: (3, 3, 3)}[rank], 1)
            attributes = {"widths": pad}
            case(f"ConstantPad{rank}D", getattr(nn, f"ConstantPad{rank}d")(pad, 1.5), [x], value=1.5, **attributes)
            for kind in ["Zero", "Reflection", "Replication", "Circular"]:
                case(f"{kind}Pad{rank}D", getattr(nn, f"{kind}Pad{rank}d")(pad), [x], **attributes)
    case("ConstantPad2D", nn.ConstantPad2d([-1, 1, 2, -2], -0.5), [short(1, 4, 4, 1)], value=-0.5, widths=[-1, 1, 2, -2])


def upsampled() -> None:
    modes = {1: ["nearest", "nearest-exact", "linear"], 2: ["nearest", "nearest-exact", "bilinear", "bicubic"]}
    modes[3] = ["nearest", "nearest-exact", "trilinear"]
    names = {"nearest-exact": "nearestExact", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
    targets: dict[int, list[dict[str, Any]]] = {
        1: [{"sizes": [9]}, {"scale": [2.0]}, {"scale": [1.6]}, {"sizes": [3]}, {"sizes": [1]}],
        2: [{"sizes": [7, 4]}, {"scale": [2.0]}, {"scale": [1.7, 0.7]}, {"sizes": [1, 4]}],
        3: [{"sizes": [2, 5, 3]}, {"scale": [2.0, 1.5, 1.0]}, {"sizes": [3, 1, 2]}],
    }
    for rank, kinds in modes.items():
        for mode in kinds:
            for target in targets[rank]:
                for align in [False] if "nearest" in mode else [False, True]:
                    x = short(1, *{1: (5,), 2: (4, 3), 3: (2, 3, 2)}[rank], 1)
                    scale = target.get("scale")
                    module = nn.Upsample(
                        target.get("sizes"), scale and (scale[0] if len(scale) == 1 else tuple(scale)), mode,
                        None if "nearest" in mode else align,
                    )
                    case("Upsample", module, [x], interpolation=names.get(mode, mode), alignCorners=align, **target)


def shuffles() -> None:
    for channels, factor in [(4, 2), (8, 2), (9, 3)]:
        case("PixelShuffle", nn.PixelShuffle(factor), [short(1, 2, 3, channels)], factor=factor)
    for size, factor in [((1, 4, 2, 1), 2), ((2, 2, 4, 3), 2), ((1, 3, 6, 1), 3)]:
        case("PixelUnshuffle", nn.PixelUnshuffle(factor), [short(*size)], factor=factor)
    for channels, groups in [(6, 2), (6, 3), (4, 4)]:
        case("ChannelShuffle", nn.ChannelShuffle(groups), [short(1, 2, 2, channels)], groups=groups)
    for size, options in [
        ([2, 2], {}),
        ([2, 3], {"stride": [2, 1], "padding": [1, 0]}),
        ([2, 2], {"stride": [1, 2], "padding": [0, 1], "dilation": [2, 1]}),
    ]:
        module = nn.Unfold(size, **options)
        case("Unfold", module, [short(1, 4, 5, 2)], size=size, **options)
        patches = module(torch.zeros(1, 2, 4, 5)).shape[2]
        x = short(1, patches, 2 * size[0] * size[1])
        case("Fold", nn.Fold([4, 5], size, **options), [x], output=[4, 5], size=size, **options)
    case("Flatten", nn.Flatten(), [short(2, 3, 2, 2)], images=False, startAxis=1, endAxis=-1)
    case("Flatten", nn.Flatten(0, 1), [short(2, 3, 2)], images=False, startAxis=0, endAxis=1)
    case("Flatten", nn.Flatten(-2, -1), [short(2, 3, 2)], images=False, startAxis=-2, endAxis=-1)
    case("Unflatten", nn.Unflatten(1, (2, 3)), [short(2, 6)], images=False, axis=1, sizes=[2, 3])
    case("Unflatten", nn.Unflatten(-2, (2, -1)), [short(1, 4, 3)], images=False, axis=-2, sizes=[2, -1])
    case("Unflatten", nn.Unflatten(0, (1, 2, 2)), [short(4, 2)], images=False, axis=0, sizes=[1, 2, 2])


def tables() -> None:
    for shape, bias in [((3,), True), ((2, 2), True), ((1, 3, 2), False)]:
        module = nn.Bilinear(3, 4, 2, bias)
        case("Bilinear", module, [short(*shape, 3), short(*shape, 4)], images=False, sizes=[3, 4, 2], bias=bias)
    for indices, options in [
        ([[1, 4, 1], [0, 5, 4]], {}),
        ([[2, 3], [3, 0]], {"padding_idx": 3}),
        ([5, 1, 5, 2], {"max_norm": 1.5}),
        ([0, 1, 2, 2], {"max_norm": 2.0, "norm_type": 1.0, "padding_idx": -1}),
    ]:
        module = nn.Embedding(6, 3, **options)
        case("Embedding", module, [numpy.array(indices)], images=False, rows=6, features=3, **options)
    for mode in ["sum", "mean", "max"]:
        for options in [{}, {"padding_idx": 2}, {"max_norm": 1.5}]:
            module = nn.EmbeddingBag(6, 3, mode=mode, **options)
            bags = numpy.array([[1, 2, 1], [2, 2, 2], [5, 2, 0]])
            case("EmbeddingBag", module, [bags], images=False, rows=6, features=3, mode=mode, **options)
            flat, offsets = numpy.array([4, 2, 1, 4, 2, 3]), numpy.array([0, 3, 3, 4])
            attributes = {"rows": 6, "features": 3, "mode": mode, **options}
            case("EmbeddingBag", nn.EmbeddingBag(6, 3, mode=mode, **options), [flat, offsets], images=False, **attributes)
    module = nn.EmbeddingBag(6, 3, mode="sum")
    case(
        "EmbeddingBag", module, [numpy.array([[0, 5], [3, 3]]), short(2, 2)],
        lambda x, w: module(x, per_sample_weights=w), images=False, rows=6, features=3, mode="sum", weighted=True,
    )


class Joined(nn.Module):
    """Layers one after another or side by side, with keys 0, 1, …, and possibly a projection."""

    def __init__(self, rule: str, layers: list[nn.Module], projection: nn.Module | None = None) -> None:
        super().__init__()
        self.rule, self.layers = rule, layers
        for number, layer in enumerate(layers):
            if layer not in layers[:number]:
                self.add_module(str(number), layer)
        if projection is not None:
            self.projection = projection

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.rule in ("residual", "repeat"):
            y = x
            for layer in self.layers:
                y = layer(y)
            around = self.projection(x) if hasattr(self, "projection") else x
            return y + around if self.rule == "residual" else y
        parts = [layer(x) for layer in self.layers]
        if self.rule == "concatenate":
            return torch.cat(parts, -1)
        if self.rule == "branches":
            return torch.cat([part.flatten() for part in parts])
        stacked = torch.stack(parts)
        return stacked.prod(0) if self.rule == "product" else getattr(stacked, self.rule)(0)


class Function(nn.Module):
    def __init__(self, body: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def combined() -> None:
    """Layers made of layers; `variant` says which, as FixtureLayer+Combined.swift has them."""
    for shape, outputs, bias in [((2, 3), 4, True), ((2, 2, 3), 2, False), ((1, 1), 1, True)]:
        module = nn.Linear(shape[-1], outputs, bias)
        case("Linear", module, [short(*shape)], images=False, features=shape[-1], outputs=outputs, bias=bias)
    for shape in [(3,), (2, 3), (1, 2, 2, 2)]:
        case("Identity", nn.Identity(), [short(*shape)], images=False)
    made: list[tuple[str, list[nn.Module], tuple[int, ...]]] = [
        ("Sequential", [
            nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
            nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
            nn.Sequential(nn.Sequential(nn.Linear(3, 2), nn.Sigmoid()), nn.Linear(2, 3, bias=False)),
        ], (2, 3)),
        ("Residual", [
            Joined("residual", [nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)]),
            Joined("residual", [nn.Linear(3, 2), nn.Tanh()], nn.Linear(3, 2, bias=False)),
            Joined("residual", []),
        ], (2, 3)),
        ("Parallel", [
            Joined(rule, [nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 2, bias=False), nn.Tanh())])
            for rule in ("sum", "mean", "product", "concatenate")
        ], (2, 3)),
        ("Branches", [
            Joined("branches", [nn.Linear(3, 2), nn.Tanh()]),
            Joined("branches", [nn.Linear(3, 1, bias=False), nn.Linear(3, 4), nn.Identity()]),
            Joined("branches", [nn.Sigmoid()]),
        ], (2, 3)),
        ("Repeat", [
            Joined("repeat", [nn.Linear(3, 3), nn.Linear(3, 3)]),
            Joined("repeat", [nn.Linear(3, 3)] * 3),
            Joined("repeat", [nn.Linear(3, 3, bias=False)]),
        ], (2, 3)),
        ("Lambda", [
            Function(torch.sin), Function(lambda x: x.transpose(0, 1)), Function(lambda x: x.square().sum(1)),
        ], (2, 3)),
    ]
    for name, modules, shape in made:
        for variant, module in enumerate(modules):
            case(name, module, [short(*shape)], images=False, variant=variant)
    for variant, (inputs, multiplier, outputs, options, bias) in enumerate([
        (3, 1, 2, {}, True), (2, 2, 3, {"stride": 2, "padding": 1}, True), (4, 1, 4, {"dilation": 2}, False),
    ]):
        wide = inputs * multiplier
        module = nn.Sequential()
        module.add_module("depthwise", nn.Conv2d(inputs, wide, 2, groups=inputs, bias=bias, **options))
        module.add_module("pointwise", nn.Conv2d(wide, outputs, 1, bias=bias))
        case("SeparableConv2D", module, [short(1, 4, 5, inputs)], weight=kernel, variant=variant)


class Stochastic(nn.Module):
    """Stochastic depth (Huang et al. 2016), which PyTorch has not."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = torch.empty(len(x), *[1] * (x.ndim - 1), dtype=x.dtype).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p)


def dropped() -> None:
    """What PyTorch drew is in the output: at most eight units, so that the same can be drawn elsewhere."""
    for seed, p in enumerate([0.5, 0.25, 0.7]):
        torch.manual_seed(seed)
        kinds: list[tuple[str, nn.Module, tuple[int, ...], bool]] = [
            ("Dropout", nn.Dropout(p), (2, 3), False),
            ("AlphaDropout", nn.AlphaDropout(p), (6,), False),
            ("SpatialDropout", [nn.Dropout1d, nn.Dropout2d, nn.Dropout3d][seed](p), (2, *[2] * (seed + 1), 3), True),
            ("FeatureAlphaDropout", nn.FeatureAlphaDropout(p), (2, *[2] * (seed + 1), 3), True),
            ("DropPath", Stochastic(p), (5, 2), False),
        ]
        for name, module, shape, images in kinds:
            x = short(*shape)
            x[x == 0] = 1
            case(name, module.train(), [x], images=images, probability=p, drawn=True)


def make() -> list[dict[str, Any]]:
    convolutions()
    pads()
    upsampled()
    shuffles()
    tables()
    combined()
    dropped()
    return CASES
