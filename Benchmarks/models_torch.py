"""The models in PyTorch, with the weights of `parameter_lists`."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import parameter_lists
from parameter_lists import ALEXNET_CONVOLUTIONS, GPT_CONTEXT, GPT_HEADS, GPT_LAYERS, GPT_VOCABULARY, GPT_WIDTH, VGG16_WIDTHS

State = list[tuple[Tensor, Tensor]]


def mlp() -> nn.Module:
    """784-512-512-10 with ReLU."""
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


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


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the way around them, with torchvision's names."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample: nn.Module | None = None
        if inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1(x)), inplace=True)
        h = self.bn2(self.conv2(h))
        h += x if self.downsample is None else self.downsample(x)
        return F.relu(h, inplace=True)


class ResNet18(nn.Module):
    """ResNet-18 for small images: a 3x3 stem, and no pooling after it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))

    def fuse(self) -> None:
        """Puts the norms into the convolutions before them, for inference."""
        fuse = torch.nn.utils.fusion.fuse_conv_bn_eval
        self.conv1, self.bn1 = fuse(self.conv1, self.bn1), nn.Identity()
        for block in (module for module in self.modules() if isinstance(module, BasicBlock)):
            block.conv1, block.bn1 = fuse(block.conv1, block.bn1), nn.Identity()
            block.conv2, block.bn2 = fuse(block.conv2, block.bn2), nn.Identity()
            if block.downsample is not None:
                block.downsample = fuse(block.downsample[0], block.downsample[1])


class FeaturesAndClassifier(nn.Module):
    """AlexNet and VGG-16, which differ in these two parts; without the average pooling, which at 224 pixels copies."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


def alexnet() -> nn.Module:
    """AlexNet as in torchvision, without dropout."""
    layers: list[nn.Module] = []
    for place, inputs, outputs, kernel in ALEXNET_CONVOLUTIONS:
        stride, padding = {11: (4, 2), 5: (1, 2), 3: (1, 1)}[kernel]
        layers += [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(inplace=True)]
        if place in (0, 3, 10):
            layers.append(nn.MaxPool2d(3, 2))
    classifier = nn.Sequential(
        nn.Identity(), nn.Linear(256 * 36, 4096), nn.ReLU(inplace=True),
        nn.Identity(), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 1000),
    )  # fmt: skip
    return FeaturesAndClassifier(nn.Sequential(*layers), classifier)


def vgg16() -> nn.Module:
    """VGG-16 as in torchvision, without dropout."""
    layers: list[nn.Module] = []
    inputs = 3
    for width in VGG16_WIDTHS:
        if width:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = width
        else:
            layers.append(nn.MaxPool2d(2, 2))
    classifier = nn.Sequential(
        nn.Linear(512 * 49, 4096), nn.ReLU(inplace=True), nn.Identity(),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Identity(), nn.Linear(4096, 1000),
    )  # fmt: skip
    return FeaturesAndClassifier(nn.Sequential(*layers), classifier)


class LSTMLanguageModel(nn.Module):
    """Token numbers [batch, time] to logits [batch, time, 10,000]."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10_000, 256)
        self.lstm = nn.LSTM(256, 512, batch_first=True)
        self.fc = nn.Linear(512, 10_000)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc(self.lstm(self.embedding(tokens))[0])


class Attention(nn.Module):
    """Causal self-attention; with a cache, of one token that follows those in the cache."""

    def __init__(self) -> None:
        super().__init__()
        self.c_attn = nn.Linear(GPT_WIDTH, 3 * GPT_WIDTH)
        self.c_proj = nn.Linear(GPT_WIDTH, GPT_WIDTH)

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        parts = self.c_attn(x).split(GPT_WIDTH, dim=2)
        query, key, value = (part.unflatten(2, (GPT_HEADS, -1)).transpose(1, 2) for part in parts)
        return query, key, value

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self._heads(x)
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.c_proj(y.transpose(1, 2).flatten(2))

    def decode(self, x: Tensor, place: int, keys: Tensor, values: Tensor) -> Tensor:
        """Attends to the part of the cache [1, heads, context, width] that is filled."""
        query, key, value = self._heads(x)
        keys[:, :, place : place + 1] = key
        values[:, :, place : place + 1] = value
        y = F.scaled_dot_product_attention(query, keys[:, :, : place + 1], values[:, :, : place + 1])
        return self.c_proj(y.transpose(1, 2).flatten(2))

    def decode_masked(self, x: Tensor, place: Tensor, mask: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attends to the whole cache, so that a compiler sees the same shapes for every token."""
        query, key, value = self._heads(x)
        keys.index_copy_(2, place, key)
        values.index_copy_(2, place, value)
        y = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
        return self.c_proj(y.transpose(1, 2).flatten(2))


class Perceptron(nn.Module):
    """Four times as wide inside, with GELU in its tanh form."""

    def __init__(self) -> None:
        super().__init__()
        self.c_fc = nn.Linear(GPT_WIDTH, 4 * GPT_WIDTH)
        self.c_proj = nn.Linear(4 * GPT_WIDTH, GPT_WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Attention and a perceptron, each after a norm and with a way around it."""

    def __init__(self) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(GPT_WIDTH)
        self.attn = Attention()
        self.ln_2 = nn.LayerNorm(GPT_WIDTH)
        self.mlp = Perceptron()

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """GPT-2's architecture, small; the head is not tied to the table of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(GPT_VOCABULARY, GPT_WIDTH),
                "wpe": nn.Embedding(GPT_CONTEXT, GPT_WIDTH),
                "h": nn.ModuleList(Block() for _ in range(GPT_LAYERS)),
                "ln_f": nn.LayerNorm(GPT_WIDTH),
            }
        )
        self.lm_head = nn.Linear(GPT_WIDTH, GPT_VOCABULARY, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        t = self.transformer
        x = t.wte(tokens) + t.wpe.weight[: tokens.shape[1]]
        for block in t.h:
            x = block(x)
        return self.lm_head(t.ln_f(x))

    def decode(self, token: Tensor, place: int, cache: State) -> Tensor:
        """The logits [1, 1, vocabulary] after one token [1, 1], which is added to the cache."""
        t = self.transformer
        x = t.wte(token) + t.wpe.weight[place]
        for block, (keys, values) in zip(t.h, cache):
            x = x + block.attn.decode(block.ln_1(x), place, keys, values)
            x = x + block.mlp(block.ln_2(x))
        return self.lm_head(t.ln_f(x))

    def decode_masked(self, token: Tensor, place: Tensor, cache: State) -> Tensor:
        """The same with the place as a tensor [1]."""
        t = self.transformer
        x = t.wte(token) + t.wpe(place)
        mask = (torch.arange(GPT_CONTEXT) <= place)[None, None, None]
        for block, (keys, values) in zip(t.h, cache):
            x = x + block.attn.decode_masked(block.ln_1(x), place, mask, keys, values)
            x = x + block.mlp(block.ln_2(x))
        return self.lm_head(t.ln_f(x))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": mlp,
    "lenet5": LeNet5,
    "resnet18": ResNet18,
    "alexnet": alexnet,
    "vgg16": vgg16,
    "lstm-lm": LSTMLanguageModel,
    "gpt": GPT,
}


def hashed(name: str) -> nn.Module:
    """A model with the weights of `parameter_lists`, which has to name them as PyTorch does."""
    with torch.device("meta"):
        model = MODELS[name]()
    model = model.to_empty(device="cpu")
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
    parameters = dict(model.named_parameters())
    names = [parameter.name for parameter in parameter_lists.LISTS[name]()]
    if names != list(parameters):
        raise ValueError(f"{name}: the list of parameters differs from PyTorch's: {list(parameters)}")
    with torch.no_grad():
        for parameter, array in parameter_lists.values(name):
            parameters[parameter.name].copy_(torch.from_numpy(parameter.for_torch(array)))
    return model
