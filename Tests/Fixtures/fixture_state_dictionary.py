"""Writes state_dictionary.json: a PyTorch model of many kinds of layers, its state dictionary as a safetensors file in
base64, and what it makes of an input.

    pip install safetensors && .venv/bin/python Tests/Fixtures/fixture_state_dictionary.py

"file" is by `safetensors.torch.save_file` of the whole `state_dict`, "tiedFile" by `save_model`, which leaves out one of two
names of a shared tensor.  Images are [batch, height, width, channels] here.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from pathlib import Path
from typing import Any

import numpy
import safetensors.torch
import torch
from torch import Tensor, nn

from fixture_file import Numbers, tensor, versions, write

HERE = Path(__file__).resolve().parent


class Mixed(nn.Module):
    """Images [batch, 2, 4, 4] and words [batch, 2] to logits [batch, 2, 5]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 3, (3, 2), padding=(1, 0))
        self.norm = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3 * 4 * 3, 8)
        self.lstm = nn.LSTM(4, 2, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        layer = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(4), enable_nested_tensor=False)
        self.words = nn.Embedding(5, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.words.weight

    def forward(self, images: Tensor, words: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.conv(images)))
        x = self.fc(x.flatten(1)).unflatten(1, (2, 4))
        x = self.lstm(x)[0]
        x = x + self.attention(x, x, x, need_weights=False)[0]
        return self.head(self.encoder(x + self.words(words)))


class Transposed(nn.Module):
    """Transposed convolutions of one, two and three axes, in groups and not."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, groups=2)
        self.image = nn.ConvTranspose2d(6, 4, (2, 3), stride=(1, 2), output_padding=(0, 1), bias=False)
        self.volume = nn.ConvTranspose3d(4, 2, (2, 1, 2), groups=2, dilation=(1, 1, 2))

    def forward(self, x: Tensor) -> Tensor:
        x = self.line(x)
        x = self.image(x.unflatten(2, (-1, 3)))
        return self.volume(x.unflatten(3, (2, -1)))


def transposed(numbers: Numbers) -> dict[str, Any]:
    """The same of transposed convolutions; sequences are [batch, time, channels]."""
    model = Transposed()
    for value in model.state_dict().values():
        value.copy_(torch.from_numpy(numbers.floats(*value.shape, low=-1, high=1)))
    x = numbers.floats(2, 4, 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transposed.safetensors"
        safetensors.torch.save_file(model.state_dict(), path)
        data = path.read_bytes()
    with torch.no_grad():
        y = model.double()(torch.from_numpy(x).double())
    case = {"file": base64.b64encode(data).decode(), "names": list(model.state_dict())}
    return case | {"input": tensor(numpy.moveaxis(x, 1, 2)), "output": tensor(numpy.moveaxis(y.numpy(), 1, -1))}


class Kinds(nn.Module):
    """One of each kind of layer that the other models have not."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Conv1d(4, 6, 3, groups=2)
        self.volume = nn.Conv3d(2, 4, (2, 1, 3), bias=False)
        self.slopes = nn.PReLU(4)
        self.groups = nn.GroupNorm(2, 4)
        self.instance = nn.InstanceNorm1d(3, affine=True, track_running_stats=True)
        self.pairs = nn.Bilinear(3, 2, 4)
        self.gru = nn.GRU(3, 2, 2, batch_first=True)
        self.rnn = nn.RNN(3, 2, nonlinearity="relu", batch_first=True, bidirectional=True)
        self.cell = nn.GRUCell(3, 2)
        self.bag = nn.EmbeddingBag(5, 3, mode="sum")
        self.weighted = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
        self.spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
        self.decoder = nn.TransformerDecoderLayer(4, 2, 6, batch_first=True)
        self.adaptive = nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], div_value=2.0)

    def outputs(self, numbers: Numbers) -> dict[str, tuple[list[numpy.ndarray], Tensor]]:
        """Each layer's inputs, with their channels last, and its output."""

        def call(layer: Any, *inputs: numpy.ndarray) -> tuple[list[numpy.ndarray], Tensor]:
            operands = [torch.from_numpy(x) for x in inputs]
            images = isinstance(layer, (nn.Conv1d, nn.Conv3d, nn.GroupNorm, nn.InstanceNorm1d))
            operands = [x.double() if x.is_floating_point() else x.long() for x in operands]
            y = layer(*[x.movedim(-1, 1) if images else x for x in operands])
            y = y[0] if isinstance(y, tuple) else y
            return list(inputs), y.movedim(1, -1) if images else y

        drawn = numbers.floats
        return {
            "line": call(self.line, drawn(2, 5, 4)),
            "volume": call(self.volume, drawn(1, 3, 2, 4, 2)),
            "slopes": call(self.slopes, drawn(3, 4)),
            "groups": call(self.groups, drawn(2, 3, 4)),
            "instance": call(self.instance, drawn(2, 4, 3)),
            "pairs": call(self.pairs, drawn(2, 3), drawn(2, 2)),
            "gru": call(self.gru, drawn(2, 3, 3)),
            "rnn": call(self.rnn, drawn(2, 3, 3)),
            "cell": call(self.cell, drawn(2, 3), drawn(2, 2)),
            "bag": call(self.bag, numbers.integers(0, 5, 2, 3)),
            "weighted": call(self.weighted, drawn(2, 3)),
            "spectral": call(self.spectral, drawn(2, 3)),
            "decoder": call(self.decoder, drawn(2, 3, 4), drawn(2, 5, 4)),
            "adaptive": call(self.adaptive.log_prob, drawn(2, 4)),
        }


def kinds(numbers: Numbers) -> dict[str, Any]:
    torch.manual_seed(0)
    model = Kinds().eval()
    for name, value in model.state_dict().items():
        # Singular vectors have length 1.
        if value.is_floating_point() and not name.endswith(("_u", "_v")):
            value.copy_(torch.from_numpy(numbers.floats(*value.shape, low=0.5 if name.endswith("var") else -1, high=1)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kinds.safetensors"
        safetensors.torch.save_file({k: v.clone() for k, v in model.state_dict().items()}, path)
        data = path.read_bytes()
    with torch.no_grad():
        outputs = model.double().outputs(numbers)
    layers = {k: {"inputs": [tensor(x) for x in xs], "output": tensor(y.numpy())} for k, (xs, y) in outputs.items()}
    return {"file": base64.b64encode(data).decode(), "names": list(model.state_dict()), "layers": layers}


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a PyTorch state dictionary.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to")
    path = parser.parse_args().out / "state_dictionary.json"
    torch.set_num_threads(1)
    numbers = Numbers("state dictionary")
    model = Mixed().eval()
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            low = 0.5 if name.endswith("running_var") else -1
            value.copy_(torch.from_numpy(numbers.floats(*value.shape, low=low, high=1)))
    model.norm.num_batches_tracked.fill_(7)
    images, words = numbers.floats(3, 2, 4, 4), numbers.integers(0, 5, 3, 2)
    with tempfile.TemporaryDirectory() as folder:
        whole, tied = Path(folder) / "whole.safetensors", Path(folder) / "tied.safetensors"
        safetensors.torch.save_file({k: v.clone().half() if k == "fc.bias" else v.clone() for k, v in model.state_dict().items()}, whole)
        safetensors.torch.save_model(model, str(tied))
        files = {"file": whole.read_bytes(), "tiedFile": tied.read_bytes()}
    model.fc.bias.data = model.fc.bias.data.half().float()
    with torch.no_grad():
        logits = model.double()(torch.from_numpy(images).double(), torch.from_numpy(words).long())
    case = {name: base64.b64encode(data).decode() for name, data in files.items()}
    case |= {"names": list(model.state_dict()), "images": tensor(numpy.moveaxis(images, 1, 3)), "words": tensor(words)}
    case |= {"logits": tensor(logits.numpy())}
    description = "A PyTorch model's state dictionary as safetensors, in base64, and its logits in float64, rounded to float32"
    write(path, {"versions": versions() | {"safetensors": safetensors.__version__}, "description": description}, [case, transposed(numbers), kinds(numbers)])
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
