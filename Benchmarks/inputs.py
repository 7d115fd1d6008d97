"""What the models are given."""

from __future__ import annotations

import hashed_values
from hashed_values import Array
from workload import Options

IMAGES = {
    "mlp": ((784,), 10),
    "lenet5": ((28, 28, 1), 10),
    "resnet18": ((32, 32, 3), 10),
    "alexnet": ((224, 224, 3), 1000),
    "vgg16": ((224, 224, 3), 1000),
}
"""The shape of one example and the number of classes."""

TEXTS = {"lstm-lm": (64, 10_000), "gpt": (256, 65)}
"""Times and vocabulary."""


def make(options: Options) -> tuple[Array, Array]:
    """Inputs and targets of a model; images channels last."""
    if options.model in IMAGES:
        shape, classes = IMAGES[options.model]
        return hashed_values.images((options.batch, *shape), classes)
    return hashed_values.tokens(options.batch, *TEXTS[options.model])
