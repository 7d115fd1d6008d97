"""Numbers made by a formula that any program can repeat, so that a comparison computes the same thing.

Element i (in row-major order) of stream s is, in unsigned 32-bit arithmetic that wraps around,

    x = (i * 2654435761) xor (s * 0x9E3779B9)
    x = x xor (x >> 16)
    x = x * 0x85EBCA6B
    x = x xor (x >> 13)

and, in double precision, value(i, s) = x / 2^32 - 1/2, spread evenly over [-1/2, 1/2).  A tensor with scale c holds
float32(value * 2 * c), spread over [-c, c).  Sources/ApusCommand/HashedValues.swift is the same formula in Swift, and
`parameter_lists.py` says which stream and scale each parameter of a model has.

Inputs, where no model has as many as 100 parameters:

    images   stream 100, scale 1/2, plus 1/2 (added in float32): [batch, height, width, channels], or [batch, 784]
    labels   i mod classes
    tokens   the mixed bits x of stream 101, mod vocabulary: [batch, time + 1]; each but the last is an input,
             each but the first a target

Operands of single operations: streams 1, 2, 3 ... in the order in which `operations_torch.py` names them.  All are in
Apus's layout, channels last.
"""

from __future__ import annotations

import math

import numpy

Array = numpy.ndarray

IMAGE_STREAM = 100
TOKEN_STREAM = 101
CHUNK = 1 << 20


def bits(start: int, end: int, stream: int) -> Array:
    """The 32 mixed bits of the elements start ..< end of a stream."""
    index = numpy.arange(start, end, dtype=numpy.uint64).astype(numpy.uint32)
    x = (index * numpy.uint32(2654435761)) ^ numpy.uint32(stream * 0x9E3779B9 & 0xFFFFFFFF)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    return x


def tensor(shape: tuple[int, ...], stream: int, scale: float) -> Array:
    """A float32 array spread evenly over +-scale."""
    result = numpy.empty(math.prod(shape), numpy.float32)
    # In pieces: what is needed for a moment must not count as a peer's memory.
    for start in range(0, result.size, CHUNK):
        end = min(start + CHUNK, result.size)
        result[start:end] = (bits(start, end, stream).astype(numpy.float64) / 2.0**32 - 0.5) * 2 * scale
    return result.reshape(shape)


def images(shape: tuple[int, ...], classes: int) -> tuple[Array, Array]:
    """Images in 0...1, the batch first, and the labels 0, 1, 2, ..."""
    values = tensor(shape, IMAGE_STREAM, 0.5) + numpy.float32(0.5)
    return values, (numpy.arange(shape[0]) % classes).astype(numpy.int32)


def tokens(batch: int, time: int, vocabulary: int) -> tuple[Array, Array]:
    """Inputs and targets [batch, time]: the targets are the inputs moved by one."""
    values = bits(0, batch * (time + 1), TOKEN_STREAM) % numpy.uint32(vocabulary)
    values = values.astype(numpy.int32).reshape(batch, time + 1)
    return numpy.ascontiguousarray(values[:, :-1]), numpy.ascontiguousarray(values[:, 1:])
