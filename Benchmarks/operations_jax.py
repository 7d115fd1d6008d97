"""Single operations in JAX, the same as in `operations_torch.py`."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

import hashed_values
import jax_peer
import models_jax
from parameter_lists import resnet50_sizes
from workload import Options, matrix_size

Call = Callable[[], tuple[Array, ...]]


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


def operands(*shapes: tuple[int, ...], scale: float = 1) -> list[Array]:
    """Arrays of the streams 1, 2, 3 ..."""
    return [jnp.array(hashed_values.tensor(shape, stream, scale)) for stream, shape in enumerate(shapes, start=1)]


def _bound(function: Callable[..., tuple[Array, ...]], *arguments: Array) -> Call:
    compiled = jax.jit(function)
    return lambda: compiled(*arguments)


def _matmul(options: Options) -> Call:
    rows, inner, columns = matrix_size(options.size)
    return _bound(lambda a, b: (a @ b,), *operands((rows, inner), (inner, columns)))


def _convolution(options: Options) -> Call:
    batch, side, channels = options.size
    image, kernel = (batch, side, side, channels), (3, 3, channels, channels)

    def forward(x: Array, w: Array) -> Array:
        return models_jax.convolution({"c.weight": w}, "c", x, 1)

    # Convolution is linear in each operand: where its gradient is taken doesn't matter.
    def data_gradient(g: Array, w: Array) -> tuple[Array, ...]:
        return jax.vjp(lambda x: forward(x, w), jnp.zeros(image))[1](g)

    def weight_gradient(x: Array, g: Array) -> tuple[Array, ...]:
        return jax.vjp(lambda w: forward(x, w), jnp.zeros(kernel))[1](g)

    which = options.workload.removeprefix("convolution")
    if which == "-data-gradient":
        return _bound(data_gradient, *operands(image, kernel))
    if which == "-weight-gradient":
        return _bound(weight_gradient, *operands(image, image))
    return _bound(lambda x, w: (forward(x, w),), *operands(image, kernel))


def _with_gradients(function: Callable[..., Array]) -> Callable[..., tuple[Array, ...]]:
    """The result, and the gradients of all arguments but the last, which is the cotangent."""

    def call(*arguments: Array) -> tuple[Array, ...]:
        y, pull_back = jax.vjp(function, *arguments[:-1])
        return (y, *pull_back(arguments[-1]))

    return call


def _attention(options: Options) -> Call:
    batch, heads, time, width = options.size

    def attend(q: Array, k: Array, v: Array) -> Array:
        return jax.nn.dot_product_attention(q, k, v, is_causal=True)

    return _bound(_with_gradients(attend), *operands(*[(batch, time, heads, width)] * 4))


def _layer_norm(options: Options) -> Call:
    x, cotangent = operands(options.size, options.size)
    width = options.size[1]
    return _bound(_with_gradients(models_jax.normalized), x, jnp.ones(width), jnp.zeros(width), cotangent)


def _cross_entropy(options: Options) -> Call:
    rows, classes = options.size
    logits = operands(options.size, scale=4)[0]
    return _bound(jax.value_and_grad(jax_peer.cross_entropy), logits, jnp.arange(rows) % classes)


def _elementwise(options: Options) -> Call:
    x, b, c = operands(*[options.size] * 3)
    return _bound(lambda x, b, c: (jax.nn.gelu(x, approximate=True) * b + c,), x * 4, b, c)


def _elementwise_reduction(options: Options) -> Call:
    x, b = operands(*[options.size] * 2)

    def sums(x: Array, b: Array) -> tuple[Array, ...]:
        difference = x - b
        return (jax.nn.gelu(x, approximate=True) * b).sum(1), (difference * difference).sum(0)

    return _bound(sums, x * 4, b)


def _adam(options: Options) -> Call:
    sizes = list(enumerate(resnet50_sizes()))
    parameters = {f"{n}": jnp.array(hashed_values.tensor((size,), n, 1)) for n, size in sizes}
    gradients = {f"{n}": jnp.array(hashed_values.tensor((size,), 200 + n, 0.01)) for n, size in sizes}
    state = (parameters, jax_peer.first_moments(parameters))
    del parameters
    update = jax.jit(lambda state, gradients: jax_peer.adam(state[0], gradients, state[1], 1e-3), donate_argnums=0)

    def call() -> tuple[Array, ...]:
        nonlocal state
        state = update(state, gradients)
        return tuple(state[0][f"{n}"] for n in range(4))

    return call
