"""One training step of a new model, and the end: what a short program costs with PyTorch.

    start_torch.py mlp|lenet5 BATCH THREADS
"""

from __future__ import annotations

import json
import sys

import torch
import torch.nn.functional as F
from torch import nn

name, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)
if name == "mlp":
    images = torch.rand(batch, 784)
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
else:
    images = torch.rand(batch, 1, 28, 28)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
loss = F.cross_entropy(model(images), torch.arange(batch) % 10)
loss.backward()
optimizer.step()
print(json.dumps({"framework": f"torch {torch.__version__.split('+')[0]}", "losses": [loss.item()]}))
