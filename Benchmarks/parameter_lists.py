"""The parameters of each model: names and order of PyTorch's state dicts, shapes in Apus's layout, and first values.

The stream of a parameter (see `hashed_values.py`) is its place in the list.  First values:

    convolution, linear, recurrent weights   scale sqrt(gain / fan-in); gain 6 with ReLU (He et al. 2015), 3 without
    embeddings of tokens                     scale 1
    embeddings of positions                  scale 0.1
    weights of norms                         ones
    biases                                   zeros

Apus's layout: weights of convolutions are [kernel height, kernel width, inputs, outputs] (HWIO), of linear layers
[outputs, inputs].  A linear layer that follows a flattened image takes its inputs in the order height, width, channel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy

import hashed_values
from hashed_values import Array

RELU, LINEAR = 6.0, 3.0


@dataclass(frozen=True)
class Parameter:
    """A parameter: scale 0 is for constants; `flattened` is the image [height, width, channels] before a linear layer."""

    name: str
    shape: tuple[int, ...]
    kind: str
    scale: float = 0.0
    flattened: tuple[int, int, int] | None = None

    def value(self, stream: int) -> Array:
        """Its first value, in Apus's layout."""
        if self.scale == 0:
            return numpy.full(self.shape, 1 if self.kind == "norm" else 0, numpy.float32)
        return hashed_values.tensor(self.shape, stream, self.scale)

    def for_torch(self, array: Array) -> Array:
        """In PyTorch's layout: OIHW, and flattened images in the order channel, height, width."""
        if self.kind == "convolution":
            return numpy.ascontiguousarray(array.transpose(3, 2, 0, 1))
        if self.flattened:
            images = array.reshape(-1, *self.flattened).transpose(0, 3, 1, 2)
            return numpy.ascontiguousarray(images).reshape(self.shape)
        return array

    def for_jax(self, array: Array) -> Array:
        """For channels-last images and `x @ weight`: linear weights are [inputs, outputs]."""
        return numpy.ascontiguousarray(array.T) if self.kind == "linear" else array


class _List:
    """Collects parameters in order."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.all: list[Parameter] = []

    def linear(
        self, name: str, inputs: int, outputs: int, bias: bool = True, image: tuple[int, int, int] | None = None
    ) -> None:
        self._weight(f"{name}.weight", (outputs, inputs), "linear", inputs, image)
        if bias:
            self.bias(f"{name}.bias", outputs)

    def convolution(self, name: str, inputs: int, outputs: int, kernel: int, bias: bool = True) -> None:
        shape = (kernel, kernel, inputs, outputs)
        self._weight(f"{name}.weight", shape, "convolution", kernel * kernel * inputs)
        if bias:
            self.bias(f"{name}.bias", outputs)

    def norm(self, name: str, width: int) -> None:
        self.all.append(Parameter(f"{name}.weight", (width,), "norm"))
        self.bias(f"{name}.bias", width)

    def bias(self, name: str, width: int) -> None:
        self.all.append(Parameter(name, (width,), "bias"))

    def embedding(self, name: str, count: int, width: int, scale: float) -> None:
        self.all.append(Parameter(f"{name}.weight", (count, width), "embedding", scale))

    def recurrent(self, name: str, inputs: int, hidden: int) -> None:
        self._weight(f"{name}.weight_ih_l0", (4 * hidden, inputs), "linear", inputs)
        self._weight(f"{name}.weight_hh_l0", (4 * hidden, hidden), "linear", hidden)
        self.bias(f"{name}.bias_ih_l0", 4 * hidden)
        self.bias(f"{name}.bias_hh_l0", 4 * hidden)

    def _weight(
        self, name: str, shape: tuple[int, ...], kind: str, fan_in: int, image: tuple[int, int, int] | None = None
    ) -> None:
        self.all.append(Parameter(name, shape, kind, math.sqrt(self.gain / fan_in), image))


def _mlp() -> list[Parameter]:
    p = _List(RELU)
    for place, inputs, outputs in ((0, 784, 512), (2, 512, 512), (4, 512, 10)):
        p.linear(f"{place}", inputs, outputs)
    return p.all


def _lenet5() -> list[Parameter]:
    p = _List(RELU)
    p.convolution("conv1", 1, 6, 5)
    p.convolution("conv2", 6, 16, 5)
    p.linear("fc1", 400, 120, image=(5, 5, 16))
    p.linear("fc2", 120, 84)
    p.linear("fc3", 84, 10)
    return p.all


def _resnet18() -> list[Parameter]:
    p = _List(RELU)
    p.convolution("conv1", 3, 64, 3, bias=False)
    p.norm("bn1", 64)
    inputs = 64
    for layer, width in enumerate([64, 128, 256, 512], start=1):
        for block in range(2):
            name = f"layer{layer}.{block}"
            p.convolution(f"{name}.conv1", inputs, width, 3, bias=False)
            p.norm(f"{name}.bn1", width)
            p.convolution(f"{name}.conv2", width, width, 3, bias=False)
            p.norm(f"{name}.bn2", width)
            if inputs != width:
                p.convolution(f"{name}.downsample.0", inputs, width, 1, bias=False)
                p.norm(f"{name}.downsample.1", width)
            inputs = width
    p.linear("fc", 512, 10)
    return p.all


ALEXNET_CONVOLUTIONS = ((0, 3, 64, 11), (3, 64, 192, 5), (6, 192, 384, 3), (8, 384, 256, 3), (10, 256, 256, 3))
VGG16_WIDTHS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)
"""Of VGG-16's convolutions; 0 is a pooling layer."""


def _alexnet() -> list[Parameter]:
    p = _List(RELU)
    for place, inputs, outputs, kernel in ALEXNET_CONVOLUTIONS:
        p.convolution(f"features.{place}", inputs, outputs, kernel)
    p.linear("classifier.1", 256 * 6 * 6, 4096, image=(6, 6, 256))
    p.linear("classifier.4", 4096, 4096)
    p.linear("classifier.6", 4096, 1000)
    return p.all


def _vgg16() -> list[Parameter]:
    p = _List(RELU)
    place, inputs = 0, 3
    for width in VGG16_WIDTHS:
        if width:
            p.convolution(f"features.{place}", inputs, width, 3)
            inputs = width
        # A convolution is followed by a ReLU with a number of its own.
        place += 2 if width else 1
    p.linear("classifier.0", 512 * 7 * 7, 4096, image=(7, 7, 512))
    p.linear("classifier.3", 4096, 4096)
    p.linear("classifier.6", 4096, 1000)
    return p.all


def _lstm_lm() -> list[Parameter]:
    p = _List(LINEAR)
    p.embedding("embedding", 10_000, 256, scale=1)
    p.recurrent("lstm", 256, 512)
    p.linear("fc", 512, 10_000)
    return p.all


GPT_LAYERS, GPT_WIDTH, GPT_HEADS, GPT_CONTEXT, GPT_VOCABULARY = 6, 384, 6, 256, 65


def _gpt() -> list[Parameter]:
    p = _List(LINEAR)
    width = GPT_WIDTH
    p.embedding("transformer.wte", GPT_VOCABULARY, width, scale=1)
    p.embedding("transformer.wpe", GPT_CONTEXT, width, scale=0.1)
    for layer in range(GPT_LAYERS):
        name = f"transformer.h.{layer}"
        p.norm(f"{name}.ln_1", width)
        p.linear(f"{name}.attn.c_attn", width, 3 * width)
        p.linear(f"{name}.attn.c_proj", width, width)
        p.norm(f"{name}.ln_2", width)
        p.linear(f"{name}.mlp.c_fc", width, 4 * width)
        p.linear(f"{name}.mlp.c_proj", 4 * width, width)
    p.norm("transformer.ln_f", width)
    p.linear("lm_head", width, GPT_VOCABULARY, bias=False)
    return p.all


LISTS: dict[str, Callable[[], list[Parameter]]] = {
    "mlp": _mlp,
    "lenet5": _lenet5,
    "resnet18": _resnet18,
    "alexnet": _alexnet,
    "vgg16": _vgg16,
    "lstm-lm": _lstm_lm,
    "gpt": _gpt,
}


def values(model: str) -> Iterator[tuple[Parameter, Array]]:
    """The parameters of a model with their first values, one at a time."""
    for stream, parameter in enumerate(LISTS[model]()):
        yield parameter, parameter.value(stream)


def resnet50_sizes() -> list[int]:
    """How many numbers each of the 161 parameters of ResNet-50 holds: 25,557,032 in all."""
    sizes = [64 * 3 * 49, 64, 64]
    inputs = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            sizes += [inputs * width, width, width, width * width * 9, width, width, width * width * 4]
            sizes += [4 * width, 4 * width]
            if block == 0:
                sizes += [inputs * width * 4, 4 * width, 4 * width]
            inputs = 4 * width
    return sizes + [2048 * 1000, 1000]
