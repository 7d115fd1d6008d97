"""The layers of vocabulary.json: normalisations, with running statistics, and reparametrized weights."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from fixture_vocabulary_cases import Tensor, case, real
from torch.nn.utils import parametrizations


def first(x: Tensor) -> Tensor:
    """Channels from the last axis to PyTorch's place."""
    return x.movedim(-1, 1)


def last(x: Tensor) -> Tensor:
    return x.movedim(1, -1)


def layers() -> None:
    normalisations()
    running_statistics()
    reparametrizations()
    products()
    for x, largest, axis, order in ((real(3, 4), 1.5, 0, 2.0), (real(2, 3, 4), 2.0, 2, 2.0), (real(4, 3), 2.0, 1, 1.0)):
        renorm = lambda x: torch.renorm(x, order, axis, largest)
        case("renormalized", renorm, x, largest=largest, axis=axis, order=order)
    for x, sparsity in (
        (real(5, 3, low=0.01, high=0.9), 0.05),
        (real(2, 4, 2, low=0.1, high=0.5), 0.2),
        (real(1, 4, low=0, high=1), 0.5),
    ):
        case("sparsityPenalty", lambda x: divergence(x, sparsity), x, sparsity=sparsity)
    for power in (1.0, 2.0, 1.5, 3.0):
        case("lpPenalty", lambda w: 0.3 * w.abs().pow(power).sum(), real(3, 4), alpha=0.3, power=power)
    for ratio in (0.0, 0.3, 1.0):
        net = lambda w: 0.2 * (ratio * w.abs().sum() + (1 - ratio) / 2 * w.square().sum())
        case("elasticNetPenalty", net, real(3, 4), alpha=0.2, ratio=ratio)


def divergence(x: Tensor, sparsity: float) -> Tensor:
    mean = x.flatten(0, -2).mean(0)
    wanted = torch.full_like(mean, sparsity)
    pairs = [torch.distributions.Bernoulli(p) for p in (wanted, mean)]
    return torch.distributions.kl_divergence(*pairs).sum()


def normalisations() -> None:
    for shape, groups in (((2, 4), 2), ((2, 3, 6), 3), ((2, 2, 3, 4), 1)):
        channels = shape[-1]
        x, w, b = real(*shape), real(channels, low=0.5, high=2), real(channels)
        group = lambda x, w=None, b=None: last(F.group_norm(first(x), groups, w, b, eps))
        for eps in (1e-5, 0.1):
            case("groupNorm", group, x, w, b, groups=groups, epsilon=eps)
        case("groupNorm", group, x, groups=groups, epsilon=eps)
        for eps in (1e-5, 0.1) if len(shape) == 2 else (1e-5,):
            case("layerNorm", lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b, eps), x, w, b, axes=1, epsilon=eps)
            case("layerNorm", lambda x, w: F.layer_norm(x, x.shape[-1:], w, None, eps), x, w, axes=1, epsilon=eps)
            case("rmsNorm", lambda x, w: F.rms_norm(x, x.shape[-1:], w, eps), x, w, axes=1, epsilon=eps)
        case("layerNorm", lambda x: F.layer_norm(x, x.shape[-1:], eps=1e-5), x, axes=1, epsilon=1e-5)
        case("rmsNorm", lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-6), x, axes=1, epsilon=1e-6)
        if len(shape) > 2:
            w, b = real(*shape[-2:], low=0.5, high=2), real(*shape[-2:])
            case("layerNorm", lambda x, w, b: F.layer_norm(x, x.shape[-2:], w, b, 1e-5), x, w, b, axes=2, epsilon=1e-5)
            case("rmsNorm", lambda x, w: F.rms_norm(x, x.shape[-2:], w, 1e-6), x, w, axes=2, epsilon=1e-6)
    for shape, size, alpha, beta, k in (
        ((2, 3, 7), 5, 1e-4, 0.75, 1.0),
        ((2, 6), 3, 0.5, 0.6, 2.0),
        ((1, 2, 2, 4), 4, 1.0, 0.75, 0.5),
    ):
        response = lambda x: last(
            F.local_response_norm(first(x.reshape(shape[0], -1, shape[-1])), size, alpha, beta, k)
        ).reshape(shape)
        case("localResponseNorm", response, real(*shape) * 2, size=size, alpha=alpha, beta=beta, k=k)


def running_statistics() -> None:
    """The output of a batch, and the running statistics after it, joined."""
    for shape, momentum in (((5, 3), 0.1), ((2, 4, 3), 0.3), ((4, 2), None), ((2, 2, 3, 2), 0.2)):
        channels = shape[-1]
        x, w, b = real(*shape), real(channels, low=0.5, high=2), real(channels)
        mean, variance = real(channels), real(channels, low=0.5, high=2)
        attributes: dict[str, Any] = {} if momentum is None else {"momentum": momentum}
        kinds = [("batchNorm", torch.nn.BatchNorm1d if len(shape) < 4 else torch.nn.BatchNorm2d)]
        if len(shape) > 2:
            kinds.append(("instanceNorm", torch.nn.InstanceNorm1d if len(shape) == 3 else torch.nn.InstanceNorm2d))
        for op, kind in kinds:
            for training in (True, False):

                def call(x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
                    layer = kind(channels, momentum=momentum, affine=True, track_running_stats=True).double()
                    layer.running_mean, layer.running_var = mean.detach().clone(), variance.detach().clone()
                    state = {"weight": w, "bias": b}
                    y = last(torch.func.functional_call(layer.train(training), state, (first(x),)))
                    return torch.cat([y.flatten(), layer.running_mean, layer.running_var])

                case(op, call, x, w, b, mean, variance, fixed=(3, 4), training=training, **attributes)
        if len(shape) > 2:
            case("plainInstanceNorm", lambda x: last(F.instance_norm(first(x))), x)
            case(
                "plainInstanceNorm",
                lambda x, w, b: last(F.instance_norm(first(x), weight=w, bias=b, eps=0.1)),
                x,
                w,
                b,
                epsilon=0.1,
            )


def reparametrizations() -> None:
    for inputs, outputs in ((3, 2), (2, 4), (1, 3)):
        x, g, v, b = real(5, inputs), real(outputs, 1, low=0.5, high=2), real(outputs, inputs), real(outputs)

        def weighted(x: Tensor, g: Tensor, v: Tensor, b: Tensor) -> Tensor:
            layer = parametrizations.weight_norm(torch.nn.Linear(inputs, outputs).double())
            state = {"parametrizations.weight.original0": g, "parametrizations.weight.original1": v, "bias": b}
            return torch.func.functional_call(layer, state, (x,))

        case("weightNorm", weighted, x, g, v, b)
        if inputs == 1:
            continue
        left, right = torch.nn.functional.normalize(real(outputs), dim=0), torch.nn.functional.normalize(
            real(inputs), dim=0
        )
        for training in (True, False):
            for iterations in (1, 3):

                def spectral(x: Tensor, w: Tensor, b: Tensor, left: Tensor, right: Tensor) -> Tensor:
                    layer = parametrizations.spectral_norm(
                        torch.nn.Linear(inputs, outputs).double(), n_power_iterations=iterations
                    )
                    state = {
                        "parametrizations.weight.original": w,
                        "bias": b,
                        "parametrizations.weight.0._u": left.detach().clone(),
                        "parametrizations.weight.0._v": right.detach().clone(),
                    }
                    return torch.func.functional_call(layer.train(training), state, (x,))

                vectors = (left.float().double(), right.float().double())
                case(
                    "spectralNorm", spectral, x, v, b, *vectors, fixed=(3, 4), training=training, iterations=iterations
                )


def products() -> None:
    for shape, second, outputs in (((3,), 2, 4), ((2, 2), 3, 1), ((2, 3, 4), 1, 2)):
        a, b = real(*shape), real(*shape[:-1], second)
        case("bilinear", F.bilinear, a, b, real(outputs, shape[-1], second), real(outputs))
    for inputs, cutoffs, divisor in ((4, [2, 5, 9], 2), (8, [3, 4], 4), (3, [1, 6], 1)):

        def adaptive(x: Tensor, head: Tensor, *tail: Tensor) -> Tensor:
            options = {"div_value": float(divisor), "head_bias": False}
            layer = torch.nn.AdaptiveLogSoftmaxWithLoss(inputs, cutoffs[-1], cutoffs[:-1], **options).double()
            names = [name for name, _ in layer.named_parameters()]
            state = dict(zip(names, (head, *tail)))
            return torch.func.functional_call(LogProbability(layer), {f"layer.{k}": v for k, v in state.items()}, (x,))

        widths = [inputs // divisor ** (i + 1) for i in range(len(cutoffs) - 1)]
        sizes = [end - start for start, end in zip(cutoffs, cutoffs[1:])]
        tail = [w for width, size in zip(widths, sizes) for w in (real(width, inputs), real(size, width))]
        case(
            "adaptiveLogSoftmax",
            adaptive,
            real(3, inputs),
            real(cutoffs[0] + len(sizes), inputs),
            *tail,
            cutoffs=cutoffs,
            divisor=divisor,
        )


class LogProbability(torch.nn.Module):
    """The adaptive softmax's log-probabilities, which it has a method for."""

    def __init__(self, layer: torch.nn.AdaptiveLogSoftmaxWithLoss) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer.log_prob(x)
