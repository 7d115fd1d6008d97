"""The workloads in PyTorch, as someone who knows it well writes them for a CPU."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import inputs
import models_torch
import operations_torch
from parameter_lists import GPT_CONTEXT, GPT_HEADS, GPT_LAYERS, GPT_VOCABULARY, GPT_WIDTH
from workload import WARM_UP_STEPS, WORKLOADS, Options, Unavailable, Workload


def make(options: Options) -> Workload:
    """The workload that the options name."""
    # Numbers below 1e-38 count as zero, as in XLA: a long run on one batch meets them in Adam's moments.
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    if options.mode == "compile" and not any(shutil.which(name) for name in ("g++", "clang++", "c++")):
        raise Unavailable("torch.compile needs a C++ compiler (g++ or clang++)")
    kinds = {"training": _training, "inference": _inference, "decoding": _decoding, "operation": _operation}
    losses, step = kinds[WORKLOADS[options.workload].kind](options)
    return Workload(f"torch {torch.__version__.split('+')[0]}", losses, _runner(step))


def _runner(step: Callable[[], Tensor]) -> Callable[[int], tuple[float, float]]:
    def run(count: int) -> tuple[float, float]:
        start = time.perf_counter()
        for _ in range(count):
            last = step()
        seconds = time.perf_counter() - start
        return seconds, last.item() if last.numel() == 1 else 0.0

    return run


def data(options: Options) -> tuple[Tensor, Tensor]:
    """Inputs and targets of a model; images as [batch, channels, height, width]."""
    values, targets = inputs.make(options)
    x, y = torch.from_numpy(values), torch.from_numpy(targets).long()
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    return (x if x.is_floating_point() else x.long()), y


def _model_and_data(options: Options) -> tuple[nn.Module, Tensor, Tensor]:
    model = models_torch.hashed(options.model)
    x, targets = data(options)
    # Inductor is faster with channels last, too.
    if x.ndim == 4 and options.mode in ("channels-last", "compile"):
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    return model, x, targets


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over all examples and times."""
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())


def _training(options: Options) -> tuple[list[float], Callable[[], Tensor]]:
    model, x, targets = _model_and_data(options)
    # On a CPU the fused Adam is a little faster than the foreach one.
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True)

    def forward(x: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(model(x), targets)

    compute_loss = torch.compile(forward) if options.mode == "compile" else forward

    def step() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = compute_loss(x, targets)
        loss.backward()
        optimizer.step()
        return loss

    return [step().item() for _ in range(WARM_UP_STEPS)], step


def _inference(options: Options) -> tuple[list[float], Callable[[], Tensor]]:
    model, x, targets = _model_and_data(options)
    model.eval()
    if options.mode == "compile":
        # Weights become constants, which are packed once.
        torch._inductor.config.freezing = True
        call = torch.compile(model)
    else:
        if isinstance(model, models_torch.ResNet18):
            model.fuse()
        call = model

    @torch.inference_mode(options.mode != "compile")
    def step() -> Tensor:
        with torch.no_grad():
            return call(x)

    step()
    return [cross_entropy(step(), targets).item()], step


def _decoding(options: Options) -> tuple[list[float], Callable[[], Tensor]]:
    model = models_torch.hashed("gpt").eval()
    shape = (1, GPT_HEADS, GPT_CONTEXT, GPT_WIDTH // GPT_HEADS)
    cache = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(GPT_LAYERS)]
    tops: list[Tensor] = []

    if options.mode == "compile":
        torch._inductor.config.freezing = True
        compiled = torch.compile(model.decode_masked)
        places = list(torch.arange(GPT_CONTEXT).split(1))

        def next_logits(token: Tensor, place: int) -> Tensor:
            return compiled(token, places[place], cache)

    else:

        def next_logits(token: Tensor, place: int) -> Tensor:
            return model.decode(token, place, cache)

    @torch.inference_mode(options.mode != "compile")
    def step() -> Tensor:
        with torch.no_grad():
            token = torch.zeros((1, 1), dtype=torch.long)
            tops.clear()
            for place in range(GPT_CONTEXT):
                logits = next_logits(token, place)
                top, token = logits.max(dim=2)
                if place < WARM_UP_STEPS:
                    tops.append(top)
        return logits

    step()
    assert step().shape[2] == GPT_VOCABULARY
    return [top.item() for top in tops], step


def _operation(options: Options) -> tuple[list[float], Callable[[], Tensor]]:
    """The magnitudes of the results of the first step, and the step."""
    call = operations_torch.make(options)
    results = call()
    losses = [result.abs().mean().item() for result in results]
    for _ in range(2):
        call()
    return losses, lambda: call()[0]
