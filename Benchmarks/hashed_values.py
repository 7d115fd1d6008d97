"""Numbers made by a formula that any program can repeat, so that a comparison computes the same thing.

Element i (in row-major order) of stream s is, in unsigned 32-bit arithmetic that wraps around,

    x = (i * 2654435761) xor (s * 0x9E3779B9)
    x = x xor (x >> 16)
    x = x * 0x85EBCA6B
    x = x xor (x >> 13)

and, in double precision, value(i, s) = x / 2^32 - 1/2, spread evenly over [-1/2, 1/2).  A tensor with scale c holds
float32(value * 2 * c), spread over [-c, c).  Sources/ApusCommand/HashedValues.swift is the same formula in Swift.

LeNet-5 (61,706 parameters): the weights have scale sqrt(6 / fan-in) and the biases are zero.  Stream s is the place of
the parameter: 0 conv1.weight, 1 conv1.bias, 2 conv2.weight, ... 8 fc3.weight, 9 fc3.bias.  Images: stream 100,
scale 1/2, plus 1/2 (added in float32).  Labels: i mod 10.

All tensors are in Apus's layout: images [batch, height, width, channels] (NHWC), the weights of convolutions
[kernel height, kernel width, inputs, outputs] (HWIO), of linear layers [outputs, inputs], where fc1's inputs are the
16 feature maps of 5 x 5 flattened in the order height, width, channel.

Matrices: stream 1 (left) and 2 (right), scale 1, both row-major.
"""

from __future__ import annotations

import math

import numpy

Array = numpy.ndarray

IMAGE_STREAM = 100

LENET5_SHAPES: dict[str, tuple[int, ...]] = {
    "conv1.weight": (5, 5, 1, 6),
    "conv1.bias": (6,),
    "conv2.weight": (5, 5, 6, 16),
    "conv2.bias": (16,),
    "fc1.weight": (120, 400),
    "fc1.bias": (120,),
    "fc2.weight": (84, 120),
    "fc2.bias": (84,),
    "fc3.weight": (10, 84),
    "fc3.bias": (10,),
}


def bits(count: int, stream: int) -> Array:
    """The 32 mixed bits of the first elements of a stream."""
    index = numpy.arange(count, dtype=numpy.uint64).astype(numpy.uint32)
    x = (index * numpy.uint32(2654435761)) ^ numpy.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    return x


def tensor(shape: tuple[int, ...], stream: int, scale: float) -> Array:
    """A float32 array spread evenly over +-scale."""
    values = bits(math.prod(shape), stream).astype(numpy.float64) / 2.0**32 - 0.5
    return (values * 2 * scale).astype(numpy.float32).reshape(shape)


def lenet5_parameters() -> dict[str, Array]:
    """LeNet-5's first weights and biases, in Apus's layout."""
    return {name: _parameter(shape, stream) for stream, (name, shape) in enumerate(LENET5_SHAPES.items())}


def _parameter(shape: tuple[int, ...], stream: int) -> Array:
    if len(shape) == 1:
        return numpy.zeros(shape, numpy.float32)
    fan_in = math.prod(shape[:3]) if len(shape) == 4 else shape[1]
    return tensor(shape, stream, math.sqrt(6 / fan_in))


def batch(count: int) -> tuple[Array, Array]:
    """Images [count, 28, 28, 1] in 0...1 and the labels 0, 1, 2, ..."""
    images = tensor((count, 28, 28, 1), IMAGE_STREAM, 0.5) + numpy.float32(0.5)
    return images, (numpy.arange(count) % 10).astype(numpy.int32)


def matrices(rows: int, inner: int, columns: int) -> tuple[Array, Array]:
    """The factors of the product [rows, inner] x [inner, columns]."""
    return tensor((rows, inner), 1, 1.0), tensor((inner, columns), 2, 1.0)


def to_torch_layout(name: str, array: Array) -> Array:
    """A parameter of LeNet-5 as PyTorch keeps it: OIHW, and fc1's columns in the order channel, height, width."""
    if array.ndim == 4:
        return numpy.ascontiguousarray(array.transpose(3, 2, 0, 1))
    if name == "fc1.weight":
        columns = array.reshape(120, 5, 5, 16).transpose(0, 3, 1, 2)
        return numpy.ascontiguousarray(columns.reshape(120, 400))
    return array
