"""The workloads in JAX: jitted, channels last, with donated state."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

import inputs
import models_jax
import operations_jax
from models_jax import Model, Parameters, Statistics
from parameter_lists import GPT_CONTEXT, GPT_HEADS, GPT_LAYERS, GPT_WIDTH
from workload import WARM_UP_STEPS, WORKLOADS, Options, Workload

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

State = tuple[Parameters, Parameters, Parameters, Array, Statistics]


def make(options: Options) -> Workload:
    """The workload that the options name."""
    kinds = {"training": _training, "inference": _inference, "decoding": _decoding, "operation": _operation}
    losses, step = kinds[WORKLOADS[options.workload].kind](options)
    return Workload(f"jax {jax.__version__}", losses, _runner(step))


def _runner(step: Callable[[], Array]) -> Callable[[int], tuple[float, float]]:
    def run(count: int) -> tuple[float, float]:
        start = time.perf_counter()
        for _ in range(count):
            last = step()
        last.block_until_ready()
        seconds = time.perf_counter() - start
        return seconds, float(last) if last.size == 1 else 0.0

    return run


def cross_entropy(logits: Array, targets: Array) -> Array:
    """The mean over all examples and times."""
    chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(logits, axis=-1) - chosen).mean()


def first_moments(parameters: Parameters) -> tuple[Parameters, Parameters, Array]:
    """Adam's state before the first step."""
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.float32)


def adam(
    parameters: Parameters, gradients: Parameters, moments: tuple[Parameters, Parameters, Array], learning_rate: float
) -> tuple[Parameters, tuple[Parameters, Parameters, Array]]:
    """One step (Kingma & Ba 2015)."""
    first, second, count = moments
    count = count + 1
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradients)
    rate = learning_rate / (1 - BETA1**count)
    root = jnp.sqrt(1 - BETA2**count)

    def update(p: Array, m: Array, v: Array) -> Array:
        return p - rate * m / (jnp.sqrt(v) / root + EPSILON)

    return jax.tree.map(update, parameters, first, second), (first, second, count)


def _training(options: Options) -> tuple[list[float], Callable[[], Array]]:
    model: Model = models_jax.MODELS[options.model]
    x, targets = map(jnp.array, inputs.make(options))

    def compute_loss(p: Parameters, s: Statistics, x: Array, targets: Array) -> tuple[Array, Statistics]:
        logits, kept = model(p, s, x, True)
        return cross_entropy(logits, targets), kept

    def train(state: State, x: Array, targets: Array) -> tuple[State, Array]:
        parameters, first, second, count, statistics = state
        differentiate = jax.value_and_grad(compute_loss, has_aux=True)
        (loss, statistics), gradients = differentiate(parameters, statistics, x, targets)
        parameters, moments = adam(parameters, gradients, (first, second, count), options.learning_rate)
        return (parameters, *moments, statistics), loss

    parameters = models_jax.hashed(options.model)
    state: State = (parameters, *first_moments(parameters), models_jax.first_statistics(options.model))
    del parameters
    compiled = jax.jit(train, donate_argnums=0)

    def step() -> Array:
        nonlocal state
        state, loss = compiled(state, x, targets)
        return loss

    return [float(step()) for _ in range(WARM_UP_STEPS)], step


def _inference(options: Options) -> tuple[list[float], Callable[[], Array]]:
    model = models_jax.MODELS[options.model]
    x, targets = map(jnp.array, inputs.make(options))
    parameters, statistics = models_jax.hashed(options.model), models_jax.first_statistics(options.model)
    forward = jax.jit(lambda p, s, x: model(p, s, x, False)[0])
    forward(parameters, statistics, x).block_until_ready()
    loss = float(cross_entropy(forward(parameters, statistics, x), targets))
    return [loss], lambda: forward(parameters, statistics, x)


def _decoding(options: Options) -> tuple[list[float], Callable[[], Array]]:
    parameters = models_jax.hashed("gpt")
    empty = jnp.zeros((GPT_LAYERS, 2, GPT_CONTEXT, GPT_HEADS, GPT_WIDTH // GPT_HEADS))

    def write(parameters: Parameters) -> Array:
        def next_token(carry: tuple[Array, Array], place: Array) -> tuple[tuple[Array, Array], Array]:
            token, cache = carry
            logits, cache = models_jax.gpt_decode(parameters, token, place, cache)
            return (logits.argmax(), cache), logits.max()

        return lax.scan(next_token, (jnp.zeros((), jnp.int32), empty), jnp.arange(GPT_CONTEXT))[1]

    compiled = jax.jit(write)
    tops = compiled(parameters)
    return [float(top) for top in tops[:WARM_UP_STEPS]], lambda: compiled(parameters)


def _operation(options: Options) -> tuple[list[float], Callable[[], Array]]:
    """The magnitudes of the results of the first step, and the step."""
    call = operations_jax.make(options)
    losses = [float(jnp.abs(result).mean()) for result in call()]
    for _ in range(2):
        call()
    return losses, lambda: call()[0]
