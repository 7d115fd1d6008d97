"""A peer of the benchmarks: PyTorch or JAX, doing what `apus bench WORKLOAD --serve` does.

It builds the workload, warms up, prints one JSON line {"ready": true, "framework": ..., "losses": [...]} and then answers
each line `run N` on standard input with {"seconds": ..., "steps": N, "loss": ...}; `quit` ends it.

Weights and data come from a formula, so that both sides compute the same thing. Element i of stream s is

    x = (i * 2654435761) ^ (s * 0x9E3779B9)      in 32-bit unsigned arithmetic
    x ^= x >> 16;  x *= 0x85EBCA6B;  x ^= x >> 13
    value = (x / 2^32 - 0.5) * 2 * scale

LeNet-5's parameters are the streams 0, 1, 2, ... in the order conv1.weight, conv1.bias, conv2.weight, ..., fc3.bias, in
Apus' layout: convolutions [height, width, inputs, outputs], linear layers [outputs, inputs], images channels last. Weights
have the scale sqrt(6 / fan in), biases are zero. Images are stream 100 with scale 0.5, plus 0.5; label i is i mod 10.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable

import numpy as np

SHAPES = [
    ("conv1.weight", (5, 5, 1, 6)), ("conv1.bias", (6,)), ("conv2.weight", (5, 5, 6, 16)), ("conv2.bias", (16,)),
    ("fc1.weight", (120, 400)), ("fc1.bias", (120,)), ("fc2.weight", (84, 120)), ("fc2.bias", (84,)),
    ("fc3.weight", (10, 84)), ("fc3.bias", (10,)),
]


def hashed(shape: tuple[int, ...], stream: int, scale: float) -> np.ndarray:
    """The numbers of a stream."""
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(2654435761)
        x ^= np.uint32((stream * 0x9E3779B9) & 0xFFFFFFFF)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(13)
    return ((x.astype(np.float64) / 2**32 - 0.5) * (2 * scale)).astype(np.float32).reshape(shape)


def parameters() -> dict[str, np.ndarray]:
    """LeNet-5's initial parameters in Apus' layout."""
    result = {}
    for stream, (name, shape) in enumerate(SHAPES):
        if len(shape) == 1:
            result[name] = np.zeros(shape, np.float32)
        else:
            fan_in = int(np.prod(shape[:3])) if len(shape) == 4 else shape[1]
            result[name] = hashed(shape, stream, (6 / fan_in) ** 0.5)
    return result


def batch(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images [batch, 28, 28, 1] and labels."""
    return hashed((size, 28, 28, 1), 100, 0.5) + np.float32(0.5), np.arange(size) % 10


def torch_model(mode: str, threads: int):
    """LeNet-5 in PyTorch's layout, with the same numbers."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)

    class LeNet5(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
            self.conv2 = nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x):
            x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
            x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
            x = torch.relu(self.fc1(x.flatten(1)))
            return self.fc3(torch.relu(self.fc2(x)))

    model = LeNet5()
    values = parameters()
    # Our features come as (height, width, channel), PyTorch's as (channel, height, width).
    values["fc1.weight"] = values["fc1.weight"].reshape(120, 5, 5, 16).transpose(0, 3, 1, 2).reshape(120, 400)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            value = values[name]
            if value.ndim == 4:
                value = value.transpose(3, 2, 0, 1)
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    return model.to(memory_format=torch.channels_last) if mode == "channels-last" else model


def torch_lenet5(mode: str, size: int, threads: int, is_training: bool) -> tuple[str, Callable[[int], float]]:
    """A function that runs so many steps and returns the last loss."""
    import torch

    model = torch_model(mode, threads)
    images, labels = batch(size)
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    if mode == "channels-last":
        x = x.to(memory_format=torch.channels_last)
    y = torch.from_numpy(labels.astype(np.int64))
    name = f"PyTorch {torch.__version__.split('+')[0]} {mode}"
    cross_entropy = torch.nn.functional.cross_entropy
    if not is_training:
        model.eval()
        forward = torch.compile(model) if mode == "compile" else model

        def infer(count: int) -> float:
            with torch.inference_mode():
                for _ in range(count):
                    logits = forward(x)
                return float(cross_entropy(logits, y))

        return name, infer

    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def loss_of() -> "torch.Tensor":
        return cross_entropy(model(x), y)

    objective = torch.compile(loss_of) if mode == "compile" else loss_of

    def train(count: int) -> float:
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            loss = objective()
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    return name, train


def jax_lenet5(size: int, is_training: bool) -> tuple[str, Callable[[int], float]]:
    """The same in JAX, channels last, one jitted step with donated state."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    images, labels = batch(size)
    x, y = jnp.asarray(images), jnp.asarray(labels.astype(np.int32))

    def pool(h):
        return lax.reduce_window(h, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def convolve(h, w, b, padding):
        dimensions = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(h, w, (1, 1), padding, dimension_numbers=dimensions) + b

    def logits_of(p, x):
        h = pool(jax.nn.relu(convolve(x, p["conv1.weight"], p["conv1.bias"], ((2, 2), (2, 2)))))
        h = pool(jax.nn.relu(convolve(h, p["conv2.weight"], p["conv2.bias"], "VALID")))
        h = jax.nn.relu(h.reshape(h.shape[0], -1) @ p["fc1.weight"].T + p["fc1.bias"])
        h = jax.nn.relu(h @ p["fc2.weight"].T + p["fc2.bias"])
        return h @ p["fc3.weight"].T + p["fc3.bias"]

    def loss_of(p, x, y):
        return -jnp.take_along_axis(jax.nn.log_softmax(logits_of(p, x)), y[:, None], 1).mean()

    def step(state, x, y):
        p, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        size = 1e-3 / (1 - 0.9**t)
        root = jnp.sqrt(1 - 0.999**t)
        p = jax.tree.map(lambda p, m, v: p - size * m / (jnp.sqrt(v) / root + 1e-8), p, m, v)
        return (p, m, v, t), loss

    values = {name: jnp.asarray(value) for name, value in parameters().items()}
    name = f"JAX {jax.__version__}"
    if not is_training:
        forward = jax.jit(logits_of)
        judge = jax.jit(loss_of)

        def infer(count: int) -> float:
            for _ in range(count):
                out = forward(values, x)
            out.block_until_ready()
            return float(judge(values, x, y))

        return name, infer

    zeros = jax.tree.map(jnp.zeros_like, values)
    box = {"state": (values, zeros, jax.tree.map(jnp.zeros_like, values), jnp.float32(0))}
    jitted = jax.jit(step, donate_argnums=0)

    def train(count: int) -> float:
        for _ in range(count):
            box["state"], loss = jitted(box["state"], x, y)
        return float(loss)

    return name, train


def matmul(mode: str, size: int, threads: int) -> tuple[str, Callable[[int], float]]:
    """A square matrix product."""
    a, b = hashed((size, size), 1, 1.0), hashed((size, size), 2, 1.0)
    if mode == "jax":
        import jax
        import jax.numpy as jnp

        x, y = jnp.asarray(a), jnp.asarray(b)
        product = jax.jit(jnp.matmul)

        def run_jax(count: int) -> float:
            for _ in range(count):
                z = product(x, y)
            z.block_until_ready()
            return float(jnp.abs(z).mean()) if count == 1 else 0.0

        return f"JAX {jax.__version__}", run_jax

    import torch

    torch.set_num_threads(threads)
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    z = torch.empty(size, size)

    def run(count: int) -> float:
        for _ in range(count):
            torch.mm(x, y, out=z)
        return float(z.abs().mean()) if count == 1 else 0.0

    return f"PyTorch {torch.__version__.split('+')[0]}", run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workload", choices=["lenet5", "lenet5-inference", "matmul"], required=True)
    parser.add_argument("--mode", choices=["eager", "channels-last", "compile", "jax"], required=True)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    if arguments.workload == "matmul":
        name, run = matmul(arguments.mode, arguments.size, arguments.threads)
    else:
        is_training = arguments.workload == "lenet5"
        if arguments.mode == "jax":
            name, run = jax_lenet5(arguments.batch, is_training)
        else:
            name, run = torch_lenet5(arguments.mode, arguments.batch, arguments.threads, is_training)
    losses = [run(1) for _ in range(3 if arguments.workload == "matmul" else 5)]
    print(json.dumps({"ready": True, "framework": name, "losses": losses}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        count = int(words[1])
        start = time.perf_counter()
        loss = run(count)
        print(json.dumps({"seconds": time.perf_counter() - start, "steps": count, "loss": loss}), flush=True)


if __name__ == "__main__":
    main()
