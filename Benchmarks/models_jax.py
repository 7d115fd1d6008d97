"""The models in JAX: channels last, functions of a dictionary of parameters with the names of `parameter_lists`.

A model takes the parameters, the running statistics of its norms (empty for those without), the inputs and whether it
is being trained, and gives logits and the new statistics.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

import parameter_lists
from parameter_lists import ALEXNET_CONVOLUTIONS, GPT_HEADS, GPT_LAYERS, GPT_WIDTH, VGG16_WIDTHS

Parameters = dict[str, Array]
Statistics = dict[str, Array]
Model = Callable[[Parameters, Statistics, Array, bool], tuple[Array, Statistics]]

MOMENTUM, EPSILON = 0.1, 1e-5


def hashed(name: str) -> Parameters:
    """The first values of a model's parameters."""
    return {parameter.name: jnp.array(parameter.for_jax(array)) for parameter, array in parameter_lists.values(name)}


def first_statistics(name: str) -> Statistics:
    """Means of zero and variances of one for each batch norm."""
    if name != "resnet18":
        return {}
    norms = [p for p in parameter_lists.LISTS[name]() if p.kind == "norm"]
    means = {p.name.replace("weight", "running_mean"): jnp.zeros(p.shape) for p in norms}
    return means | {p.name.replace("weight", "running_var"): jnp.ones(p.shape) for p in norms}


def convolution(p: Parameters, name: str, x: Array, padding: int, stride: int = 1) -> Array:
    around = [(padding, padding)] * 2
    layout = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, p[f"{name}.weight"], (stride, stride), around, dimension_numbers=layout)
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def max_pool(x: Array, size: int = 2, stride: int = 2) -> Array:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, size, size, 1), (1, stride, stride, 1), "VALID")


def linear(p: Parameters, name: str, x: Array) -> Array:
    y = x @ p[f"{name}.weight"]
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def layer_norm(p: Parameters, name: str, x: Array) -> Array:
    return normalized(x, p[f"{name}.weight"], p[f"{name}.bias"])


def normalized(x: Array, weight: Array, bias: Array) -> Array:
    """Layer normalisation over the last axis."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = jnp.square(x - mean).mean(axis=-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + EPSILON) * weight + bias


def _mlp(p: Parameters, s: Statistics, x: Array, training: bool) -> tuple[Array, Statistics]:
    x = jax.nn.relu(linear(p, "0", x))
    return linear(p, "4", jax.nn.relu(linear(p, "2", x))), s


def _lenet5(p: Parameters, s: Statistics, x: Array, training: bool) -> tuple[Array, Statistics]:
    x = max_pool(jax.nn.relu(convolution(p, "conv1", x, 2)))
    x = max_pool(jax.nn.relu(convolution(p, "conv2", x, 0)))
    x = jax.nn.relu(linear(p, "fc1", x.reshape(x.shape[0], -1)))
    return linear(p, "fc3", jax.nn.relu(linear(p, "fc2", x))), s


def _batch_norm(p: Parameters, s: Statistics, name: str, x: Array, training: bool) -> tuple[Array, Statistics]:
    weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
    names = f"{name}.running_mean", f"{name}.running_var"
    if not training:
        scale = weight * lax.rsqrt(s[names[1]] + EPSILON)
        return x * scale + (bias - s[names[0]] * scale), {}
    mean = x.mean(axis=(0, 1, 2))
    variance = jnp.square(x - mean).mean(axis=(0, 1, 2))
    count = x.size // x.shape[-1]
    unbiased = lax.stop_gradient(variance) * (count / (count - 1))
    kept = {n: (1 - MOMENTUM) * s[n] + MOMENTUM * v for n, v in zip(names, (lax.stop_gradient(mean), unbiased))}
    return (x - mean) * lax.rsqrt(variance + EPSILON) * weight + bias, kept


def _resnet18(p: Parameters, s: Statistics, x: Array, training: bool) -> tuple[Array, Statistics]:
    kept: Statistics = {}

    def unit(convolution_name: str, norm_name: str, x: Array, padding: int, stride: int) -> Array:
        y = convolution(p, convolution_name, x, padding, stride)
        y, statistics = _batch_norm(p, s, norm_name, y, training)
        kept.update(statistics)
        return y

    x = jax.nn.relu(unit("conv1", "bn1", x, 1, 1))
    for layer in range(1, 5):
        for block in range(2):
            name = f"layer{layer}.{block}"
            stride = 2 if layer > 1 and block == 0 else 1
            h = jax.nn.relu(unit(f"{name}.conv1", f"{name}.bn1", x, 1, stride))
            h = unit(f"{name}.conv2", f"{name}.bn2", h, 1, 1)
            around = unit(f"{name}.downsample.0", f"{name}.downsample.1", x, 0, stride) if stride == 2 else x
            x = jax.nn.relu(h + around)
    return linear(p, "fc", x.mean(axis=(1, 2))), kept


def _alexnet(p: Parameters, s: Statistics, x: Array, training: bool) -> tuple[Array, Statistics]:
    for place, _, _, kernel in ALEXNET_CONVOLUTIONS:
        stride, padding = {11: (4, 2), 5: (1, 2), 3: (1, 1)}[kernel]
        x = jax.nn.relu(convolution(p, f"features.{place}", x, padding, stride))
        if place in (0, 3, 10):
            x = max_pool(x, 3, 2)
    x = jax.nn.relu(linear(p, "classifier.1", x.reshape(x.shape[0], -1)))
    return linear(p, "classifier.6", jax.nn.relu(linear(p, "classifier.4", x))), s


def _vgg16(p: Parameters, s: Statistics, x: Array, training: bool) -> tuple[Array, Statistics]:
    place = 0
    for width in VGG16_WIDTHS:
        x = jax.nn.relu(convolution(p, f"features.{place}", x, 1)) if width else max_pool(x)
        place += 2 if width else 1
    x = jax.nn.relu(linear(p, "classifier.0", x.reshape(x.shape[0], -1)))
    return linear(p, "classifier.6", jax.nn.relu(linear(p, "classifier.3", x))), s


def _lstm_lm(p: Parameters, s: Statistics, tokens: Array, training: bool) -> tuple[Array, Statistics]:
    # Time comes first in the loop; the inputs' share of the gates is one product before it.
    x = p["embedding.weight"][tokens].swapaxes(0, 1)
    gates = x @ p["lstm.weight_ih_l0"] + (p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"])
    zeros = jnp.zeros((tokens.shape[0], p["lstm.weight_hh_l0"].shape[0]))

    def step(state: tuple[Array, Array], gates: Array) -> tuple[tuple[Array, Array], Array]:
        hidden, cell = state
        i, f, g, o = jnp.split(gates + hidden @ p["lstm.weight_hh_l0"], 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    _, hidden = lax.scan(step, (zeros, zeros), gates)
    return linear(p, "fc", hidden.swapaxes(0, 1)), s


def _perceptron(p: Parameters, name: str, x: Array) -> Array:
    return linear(p, f"{name}.c_proj", jax.nn.gelu(linear(p, f"{name}.c_fc", x), approximate=True))


def _heads(p: Parameters, name: str, x: Array) -> list[Array]:
    parts = jnp.split(linear(p, f"{name}.attn.c_attn", x), 3, axis=-1)
    return [part.reshape(*part.shape[:-1], GPT_HEADS, GPT_WIDTH // GPT_HEADS) for part in parts]


def _gpt(p: Parameters, s: Statistics, tokens: Array, training: bool) -> tuple[Array, Statistics]:
    x = p["transformer.wte.weight"][tokens] + p["transformer.wpe.weight"][: tokens.shape[1]]
    for layer in range(GPT_LAYERS):
        name = f"transformer.h.{layer}"
        query, key, value = _heads(p, name, layer_norm(p, f"{name}.ln_1", x))
        y = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        x = x + linear(p, f"{name}.attn.c_proj", y.reshape(x.shape))
        x = x + _perceptron(p, f"{name}.mlp", layer_norm(p, f"{name}.ln_2", x))
    return linear(p, "lm_head", layer_norm(p, "transformer.ln_f", x)), s


def gpt_decode(p: Parameters, token: Array, place: Array, cache: Array) -> tuple[Array, Array]:
    """The logits [vocabulary] after one token, which is added to the cache [layers, 2, context, heads, width]."""
    x = p["transformer.wte.weight"][token] + p["transformer.wpe.weight"][place]
    seen = jnp.arange(cache.shape[2]) <= place
    for layer in range(GPT_LAYERS):
        name = f"transformer.h.{layer}"
        query, key, value = _heads(p, name, layer_norm(p, f"{name}.ln_1", x))
        cache = cache.at[layer, 0, place].set(key).at[layer, 1, place].set(value)
        scores = jnp.einsum("hd,thd->ht", query, cache[layer, 0]) / (GPT_WIDTH // GPT_HEADS) ** 0.5
        shares = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), axis=-1)
        y = jnp.einsum("ht,thd->hd", shares, cache[layer, 1])
        x = x + linear(p, f"{name}.attn.c_proj", y.reshape(GPT_WIDTH))
        x = x + _perceptron(p, f"{name}.mlp", layer_norm(p, f"{name}.ln_2", x))
    return linear(p, "lm_head", layer_norm(p, "transformer.ln_f", x)), cache


MODELS: dict[str, Model] = {
    "mlp": _mlp,
    "lenet5": _lenet5,
    "resnet18": _resnet18,
    "alexnet": _alexnet,
    "vgg16": _vgg16,
    "lstm-lm": _lstm_lm,
    "gpt": _gpt,
}
