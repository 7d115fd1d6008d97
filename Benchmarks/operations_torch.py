"""Single operations in PyTorch: each makes its operands once, and returns what does the work and gives the results.

    matmul                       a, b -> product
    convolution                  x, w -> y
    convolution-data-gradient    g, w -> gradient of x
    convolution-weight-gradient  x, g -> gradient of w
    attention                    q, k, v, g -> y and the gradients of q, k, v; causal; [batch, time, heads, width]
    layer-norm                   x, g -> y and the gradients of x, weight (ones) and bias (zeros)
    cross-entropy                x (scale 4), labels i mod classes -> mean loss and the gradient of x
    elementwise                  x (scale 4), b, c -> gelu(x) * b + c, GELU in its tanh form
    elementwise-reduction        x (scale 4), b -> gelu(x) * b summed over columns, (x - b)^2 summed over rows
    adam                         parameter i has stream i, its gradient stream 200 + i and scale 0.01; rate 0.001

Operands have scale 1, and the streams 1, 2, 3 ... in this order.  Results of `adam` are the parameters after the step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

import hashed_values
from parameter_lists import resnet50_sizes
from workload import Options, matrix_size

Call = Callable[[], tuple[Tensor, ...]]


def make(options: Options) -> Call:
    """The operation that the options name."""
    if options.workload.startswith("convolution"):
        return _convolution(options)
    makers = {
        "matmul": _matmul,
        "attention": _attention,
        "layer-norm": _layer_norm,
        "cross-entropy": _cross_entropy,
        "elementwise": _elementwise,
        "elementwise-reduction": _elementwise_reduction,
        "adam": _adam,
    }
    return makers[options.workload](options)


def operands(*shapes: tuple[int, ...], scale: float = 1) -> list[Tensor]:
    """Tensors of the streams 1, 2, 3 ..."""
    return [torch.from_numpy(hashed_values.tensor(shape, s, scale)) for s, shape in enumerate(shapes, start=1)]


def _compiled(options: Options, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return torch.compile(function) if options.mode == "compile" else function


def _matmul(options: Options) -> Call:
    rows, inner, columns = matrix_size(options.size)
    left, right = operands((rows, inner), (inner, columns))
    result = torch.empty(rows, columns)
    return lambda: (torch.matmul(left, right, out=result),)


def _convolution(options: Options) -> Call:
    batch, side, channels = options.size
    image, kernel = (batch, side, side, channels), (3, 3, channels, channels)
    which = options.workload.removeprefix("convolution")
    shapes = {"": (image, kernel), "-data-gradient": (image, kernel), "-weight-gradient": (image, image)}[which]
    layout = torch.channels_last if options.mode == "channels-last" else torch.contiguous_format

    def place(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        order = (3, 2, 0, 1) if shape is kernel else (0, 3, 1, 2)
        return tensor.permute(order).contiguous(memory_format=layout)

    a, b = (place(tensor, shape) for tensor, shape in zip(operands(*shapes), shapes))
    backward = torch.ops.aten.convolution_backward
    settings = ([1, 1], [1, 1], [1, 1], False, [0, 0], 1)
    x = torch.empty_like(a)
    w = torch.empty((channels, channels, 3, 3)).contiguous(memory_format=layout)
    if which == "-data-gradient":
        call: Call = lambda: (backward(a, x, b, None, *settings, (True, False, False))[0],)
    elif which == "-weight-gradient":
        call = lambda: (backward(b, a, w, None, *settings, (False, True, False))[1],)
    else:
        call = lambda: (F.conv2d(a, b, padding=1),)
    return torch.inference_mode()(call)


def _attention(options: Options) -> Call:
    batch, heads, time, width = options.size
    tensors = operands(*[(batch, time, heads, width)] * 4)
    query, key, value, cotangent = (tensor.transpose(1, 2).contiguous() for tensor in tensors)
    variables = [tensor.requires_grad_() for tensor in (query, key, value)]
    attend = _compiled(options, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))

    def call() -> tuple[Tensor, ...]:
        y = attend(*variables)
        return (y.detach(), *torch.autograd.grad(y, variables, cotangent))

    return call


def _layer_norm(options: Options) -> Call:
    x, cotangent = operands(options.size, options.size)
    width = options.size[1]
    variables = [tensor.requires_grad_() for tensor in (x, torch.ones(width), torch.zeros(width))]
    norm = _compiled(options, lambda x, weight, bias: F.layer_norm(x, (width,), weight, bias))

    def call() -> tuple[Tensor, ...]:
        y = norm(*variables)
        return (y.detach(), *torch.autograd.grad(y, variables, cotangent))

    return call


def _cross_entropy(options: Options) -> Call:
    rows, classes = options.size
    logits = operands(options.size, scale=4)[0].requires_grad_()
    labels = torch.arange(rows) % classes
    compute_loss = _compiled(options, F.cross_entropy)

    def call() -> tuple[Tensor, ...]:
        loss = compute_loss(logits, labels)
        return (loss.detach(), *torch.autograd.grad(loss, [logits]))

    return call


def _elementwise(options: Options) -> Call:
    x, b, c = operands(*[options.size] * 3)
    x = x * 4
    chain = _compiled(options, lambda x, b, c: torch.addcmul(c, F.gelu(x, approximate="tanh"), b))
    return torch.inference_mode(options.mode != "compile")(torch.no_grad()(lambda: (chain(x, b, c),)))


def _elementwise_reduction(options: Options) -> Call:
    x, b = operands(*[options.size] * 2)
    x = x * 4

    def sums(x: Tensor, b: Tensor) -> tuple[Tensor, ...]:
        difference = x - b
        return (F.gelu(x, approximate="tanh") * b).sum(1), (difference * difference).sum(0)

    compute = torch.compile(sums) if options.mode == "compile" else sums
    return torch.inference_mode(options.mode != "compile")(torch.no_grad()(lambda: compute(x, b)))


def _adam(options: Options) -> Call:
    parameters = [
        torch.from_numpy(hashed_values.tensor((size,), stream, 1)).requires_grad_()
        for stream, size in enumerate(resnet50_sizes())
    ]
    for stream, parameter in enumerate(parameters, start=200):
        parameter.grad = torch.from_numpy(hashed_values.tensor(tuple(parameter.shape), stream, 0.01))
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=options.mode != "compile")
    update = torch.compile(optimizer.step) if options.mode == "compile" else optimizer.step

    def call() -> tuple[Tensor, ...]:
        update()
        return tuple(parameter.detach() for parameter in parameters[:4])

    return call
