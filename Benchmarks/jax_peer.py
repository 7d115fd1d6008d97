"""The workloads in JAX: jitted, channels last, with donated state."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

import hashed_values
from workload import Options, Workload

WARM_UP_STEPS = 5
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8

Parameters = dict[str, Array]
State = tuple[Parameters, Parameters, Parameters, Array]


def make(options: Options) -> Workload:
    """The workload that the options name."""
    makers = {"lenet5": _lenet5, "lenet5-inference": _lenet5_inference, "matmul": _matmul}
    return makers[options.workload](options)


def _parameters() -> Parameters:
    """The weights, with those of linear layers as [inputs, outputs]."""
    arrays = hashed_values.lenet5_parameters()
    return {name: jnp.array(array.T if array.ndim == 2 else array) for name, array in arrays.items()}


def _convolution(p: Parameters, name: str, x: Array, padding: int) -> Array:
    around = [(padding, padding)] * 2
    layout = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, p[f"{name}.weight"], (1, 1), around, dimension_numbers=layout)
    return y + p[f"{name}.bias"]


def _max_pool(x: Array) -> Array:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _linear(p: Parameters, name: str, x: Array) -> Array:
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def _logits(p: Parameters, images: Array) -> Array:
    x = _max_pool(jax.nn.relu(_convolution(p, "conv1", images, 2)))
    x = _max_pool(jax.nn.relu(_convolution(p, "conv2", x, 0)))
    x = jax.nn.relu(_linear(p, "fc1", x.reshape(x.shape[0], -1)))
    return _linear(p, "fc3", jax.nn.relu(_linear(p, "fc2", x)))


def _loss(p: Parameters, images: Array, labels: Array) -> Array:
    chosen = jnp.take_along_axis(jax.nn.log_softmax(_logits(p, images)), labels[:, None], axis=1)
    return -chosen.mean()


def _train(state: State, images: Array, labels: Array) -> tuple[State, Array]:
    """One step of Adam."""
    parameters, first, second, count = state
    loss, gradients = jax.value_and_grad(_loss)(parameters, images, labels)
    count = count + 1
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradients)
    rate = LEARNING_RATE / (1 - BETA1**count)
    root = jnp.sqrt(1 - BETA2**count)

    def update(p: Array, m: Array, v: Array) -> Array:
        return p - rate * m / (jnp.sqrt(v) / root + EPSILON)

    return (jax.tree.map(update, parameters, first, second), first, second, count), loss


def _lenet5(options: Options) -> Workload:
    images, labels = map(jnp.array, hashed_values.batch(options.batch))
    parameters = _parameters()
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state: State = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.float32))
    train = jax.jit(_train, donate_argnums=0)

    def step() -> Array:
        nonlocal state
        state, loss = train(state, images, labels)
        return loss

    return _workload([float(step()) for _ in range(WARM_UP_STEPS)], step)


def _lenet5_inference(options: Options) -> Workload:
    images, labels = map(jnp.array, hashed_values.batch(options.batch))
    parameters = _parameters()
    forward = jax.jit(_logits)
    loss = jax.jit(_loss)
    losses = [float(loss(parameters, images, labels)) for _ in range(WARM_UP_STEPS)]
    return _workload(losses, lambda: forward(parameters, images))


def _matmul(options: Options) -> Workload:
    left, right = map(jnp.array, hashed_values.matrices(*options.size))
    product = jax.jit(jnp.matmul)
    losses = [float(jnp.abs(product(left, right)).mean()) for _ in range(WARM_UP_STEPS)]
    return _workload(losses, lambda: product(left, right))


def _workload(losses: list[float], step: Callable[[], Array]) -> Workload:
    def run(count: int) -> tuple[float, float]:
        start = time.perf_counter()
        for _ in range(count):
            last = step()
        last.block_until_ready()
        seconds = time.perf_counter() - start
        return seconds, float(last) if last.size == 1 else 0.0

    return Workload(f"jax {jax.__version__}", losses, run)
