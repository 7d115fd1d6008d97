"""The workloads in PyTorch, as someone who knows it well writes them for a CPU."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import hashed_values
from workload import Options, Unavailable, Workload

WARM_UP_STEPS = 5


class LeNet5(nn.Module):
    """LeNet-5 with ReLU and max pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


def hashed_lenet5() -> LeNet5:
    """LeNet-5 with the weights of `hashed_values`."""
    model = LeNet5()
    arrays = hashed_values.lenet5_parameters()
    model.load_state_dict({n: torch.from_numpy(hashed_values.to_torch_layout(n, a)) for n, a in arrays.items()})
    return model


def hashed_batch(count: int) -> tuple[Tensor, Tensor]:
    """Images [count, 1, 28, 28], contiguous, and labels."""
    images, labels = hashed_values.batch(count)
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels).long()


def make(options: Options) -> Workload:
    """The workload that the options name."""
    # Numbers below 1e-38 count as zero, as in XLA: a long run on one batch meets them in Adam's moments.
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    if options.mode == "compile":
        _require_compiler()
    makers = {"lenet5": _lenet5, "lenet5-inference": _lenet5_inference, "matmul": _matmul}
    return makers[options.workload](options)


def _require_compiler() -> None:
    if not any(shutil.which(name) for name in ("g++", "clang++", "c++")):
        raise Unavailable("torch.compile needs a C++ compiler (g++ or clang++)")


def _model_and_batch(options: Options) -> tuple[LeNet5, Tensor, Tensor]:
    model = hashed_lenet5()
    images, labels = hashed_batch(options.batch)
    # Inductor is faster with channels last, too.
    if options.mode in ("channels-last", "compile"):
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    return model, images, labels


def _lenet5(options: Options) -> Workload:
    model, images, labels = _model_and_batch(options)
    # On a CPU the fused Adam is a little faster than the foreach one.
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def forward(images: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(model(images), labels)

    compute_loss = torch.compile(forward) if options.mode == "compile" else forward

    def step() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = compute_loss(images, labels)
        loss.backward()
        optimizer.step()
        return loss

    return _workload([step().item() for _ in range(WARM_UP_STEPS)], step)


def _lenet5_inference(options: Options) -> Workload:
    model, images, labels = _model_and_batch(options)
    model.eval()
    if options.mode == "compile":
        # Weights become constants, which are packed once.
        torch._inductor.config.freezing = True
        call = torch.compile(model)
    else:
        call = model

    @torch.inference_mode(options.mode != "compile")
    def step() -> Tensor:
        with torch.no_grad():
            return call(images)

    losses = [F.cross_entropy(step(), labels).item() for _ in range(WARM_UP_STEPS)]
    return _workload(losses, step)


def _matmul(options: Options) -> Workload:
    left, right = map(torch.from_numpy, hashed_values.matrices(*options.size))
    result = torch.empty(left.shape[0], right.shape[1])

    def step() -> Tensor:
        return torch.matmul(left, right, out=result)

    return _workload([step().abs().mean().item() for _ in range(WARM_UP_STEPS)], step)


def _workload(losses: list[float], step: Callable[[], Tensor]) -> Workload:
    def run(count: int) -> tuple[float, float]:
        start = time.perf_counter()
        for _ in range(count):
            last = step()
        seconds = time.perf_counter() - start
        return seconds, last.item() if last.numel() == 1 else 0.0

    return Workload(f"torch {torch.__version__.split('+')[0]}", losses, run)
