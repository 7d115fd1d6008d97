"""The losses of vocabulary.json."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from fixture_vocabulary_cases import RNG, Tensor, case, ints, real, signs, values

REDUCTIONS = ("none", "sum", "mean")


def reductions(shape: tuple[int, ...]) -> tuple[str, ...]:
    """All of them for matrices, one for other shapes."""
    return REDUCTIONS if len(shape) == 2 else ("none",) if len(shape) == 1 else ("mean",)


def entropies() -> None:
    def moved(x: Tensor) -> Tensor:
        return x.movedim(-1, 1).contiguous() if x.ndim > 1 else x

    weights = real(4, low=0.1, high=2)
    for shape in ((5, 4), (2, 3, 4), (2, 2, 2, 4), (4,)):
        x = real(*shape, low=-3, high=3)
        labels = ints(0, 4, *shape[:-1])
        soft = F.softmax(real(*shape), -1).float().double()
        for reduction in reductions(shape):
            case(
                "crossEntropy",
                lambda x, y: F.cross_entropy(moved(x), y, reduction=reduction),
                x,
                labels,
                reduction=reduction,
            )
            case(
                "crossEntropy",
                lambda x, y, w: F.cross_entropy(
                    moved(x), y, w, ignore_index=2, reduction=reduction, label_smoothing=0.2
                ),
                x,
                torch.where(labels.sum() == 2 * labels.numel(), 1, labels),
                weights,
                fixed=(2,),
                reduction=reduction,
                labelSmoothing=0.2,
                ignoredLabel=2,
            )
            case(
                "softCrossEntropy",
                lambda x, y: F.cross_entropy(moved(x), moved(y), reduction=reduction),
                x,
                soft,
                reduction=reduction,
            )
            case(
                "softCrossEntropy",
                lambda x, y, w: F.cross_entropy(moved(x), moved(y), w, reduction=reduction, label_smoothing=0.1),
                x,
                soft,
                weights,
                fixed=(2,),
                reduction=reduction,
                labelSmoothing=0.1,
            )
            log = F.log_softmax(x, -1).float().double()
            case(
                "negativeLogLikelihood",
                lambda x, y: F.nll_loss(moved(x), y, reduction=reduction),
                log,
                labels,
                reduction=reduction,
            )
            case(
                "negativeLogLikelihood",
                lambda x, y, w: F.nll_loss(moved(x), y, w, ignore_index=1, reduction=reduction),
                log,
                torch.where(labels.sum() == labels.numel(), 0, labels),
                weights,
                fixed=(2,),
                reduction=reduction,
                ignoredLabel=1,
            )
    far = values([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])
    case(
        "crossEntropy",
        lambda x, y: F.cross_entropy(x, y, reduction="none"),
        far,
        torch.tensor([1, 2]),
        reduction="none",
    )
    soft = values([[0.5, 0.25, 0.25], [1.0, 0, 0]])
    case("softCrossEntropy", lambda x, y: F.cross_entropy(x, y, reduction="none"), far, soft, reduction="none")

    for shape in ((6,), (3, 4), (2, 2, 3)):
        x, p = real(*shape, low=-5, high=5), real(*shape, low=0.02, high=0.98)
        y, w, positive = real(*shape, low=0, high=1), real(*shape, low=0, high=2), real(shape[-1], low=0.5, high=3)
        for reduction in reductions(shape):
            logits = lambda x, y, *r: F.binary_cross_entropy_with_logits(
                x, y, reduction=reduction, **dict(zip(("weight", "pos_weight"), r))
            )
            case("logitsBinaryCrossEntropy", logits, x, y, reduction=reduction)
            case("logitsBinaryCrossEntropy", logits, x, y, w, positive, fixed=(2, 3), reduction=reduction)
            case(
                "binaryCrossEntropy",
                lambda p, y: F.binary_cross_entropy(p, y, reduction=reduction),
                p,
                y,
                reduction=reduction,
            )
            case(
                "binaryCrossEntropy",
                lambda p, y, w: F.binary_cross_entropy(p, y, w, reduction=reduction),
                p,
                y,
                w,
                fixed=(2,),
                reduction=reduction,
            )
    far, y = values([1e4, -1e4, 1e4, -1e4, 0, 30]), values([1, 0, 0, 1, 1, 0.5])
    case(
        "logitsBinaryCrossEntropy",
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="none"),
        far,
        y,
        reduction="none",
    )
    ends, y = values([0, 1, 0, 1, 0.5]), values([0, 1, 1, 0, 1])
    case(
        "binaryCrossEntropy",
        lambda p, y: F.binary_cross_entropy(p, y, reduction="none"),
        ends,
        y,
        fixed=(1,),
        reduction="none",
    )
    for shape in ((3, 4), (2, 3, 2), (5,)):
        log, target = F.log_softmax(real(*shape), -1).float().double(), F.softmax(real(*shape), -1).float().double()
        with_zero = torch.where(target == target.max(), 0.0, target)
        for reduction in (*reductions(shape), "batchmean"):
            kl = lambda x, y, logs=False: F.kl_div(x, y, reduction=reduction, log_target=logs)
            name = {"batchmean": "batchMean"}.get(reduction, reduction)
            case("klDivergence", kl, log, target, reduction=name)
            case(
                "klDivergence",
                lambda x, y: kl(x, y, True),
                log,
                target.log().float().double(),
                reduction=name,
                isLogTarget=True,
            )
            case("klDivergence", kl, log, with_zero, fixed=(1,), reduction=name)


def regressions() -> None:
    for shape in ((7,), (3, 4), (2, 2, 3)):
        x, y, w = real(*shape), real(*shape), real(*shape, low=0.1, high=2)
        counts = ints(0, 6, *shape).double()
        variances = real(*shape, low=0.05, high=2)
        for reduction in reductions(shape):
            options: dict[str, Any] = {"reduction": reduction}
            case("meanSquaredError", lambda x, y: F.mse_loss(x, y, **options), x, y, **options)
            case(
                "meanSquaredError",
                lambda x, y, w: F.mse_loss(x, y, weight=w, **options),
                x,
                y,
                w,
                fixed=(2,),
                **options,
            )
            case("meanAbsoluteError", lambda x, y: F.l1_loss(x, y, **options), x, y, **options)
            case(
                "meanAbsoluteError",
                lambda x, y, w: F.l1_loss(x, y, weight=w, **options),
                x,
                y,
                w,
                fixed=(2,),
                **options,
            )
            for delta in (1.0, 0.4):
                case("huberLoss", lambda x, y: F.huber_loss(x, y, delta=delta, **options), x, y, delta=delta, **options)
            case(
                "huberLoss",
                lambda x, y, w: F.huber_loss(x, y, weight=w, **options),
                x,
                y,
                w,
                fixed=(2,),
                delta=1.0,
                **options,
            )
            for beta in (1.0, 0.3, 0.0):
                case(
                    "smoothL1Loss",
                    lambda x, y: F.smooth_l1_loss(x, y, beta=beta, **options),
                    x,
                    y,
                    beta=beta,
                    **options,
                )
            for full in (False, True) if len(shape) == 2 else (len(shape) == 1,):
                poisson = lambda x, y, logs: F.poisson_nll_loss(x, y, log_input=logs, full=full, **options)
                case(
                    "poissonNLLLoss",
                    lambda x, y: poisson(x, y, True),
                    x,
                    counts,
                    fixed=(1,),
                    includesStirling=full,
                    **options,
                )
                case(
                    "poissonNLLLoss",
                    lambda x, y: poisson(x, y, False),
                    w,
                    counts,
                    fixed=(1,),
                    isLogarithm=False,
                    includesStirling=full,
                    **options,
                )
                gaussian = lambda x, y, v: F.gaussian_nll_loss(x, y, v, full=full, **options)
                case("gaussianNLLLoss", gaussian, x, y, variances, includesConstant=full, **options)
            case(
                "gaussianNLLLoss",
                lambda x, y, v: F.gaussian_nll_loss(x, y, v, eps=0.5, **options),
                x,
                y,
                variances,
                epsilon=0.5,
                **options,
            )
            if len(shape) > 1:
                one = variances[..., :1].clone()
                case("gaussianNLLLoss", lambda x, y, v: F.gaussian_nll_loss(x, y, v, **options), x, y, one, **options)
                case(
                    "gaussianNLLLoss",
                    lambda x, y, v: F.gaussian_nll_loss(x, y, v, **options),
                    x,
                    y,
                    one[..., 0],
                    **options,
                )


def margins() -> None:
    for shape in ((7,), (3, 4), (2, 2, 3)):
        x, second, y = real(*shape), real(*shape), signs(*shape)
        for reduction in reductions(shape):
            options: dict[str, Any] = {"reduction": reduction}
            reduce = {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}[reduction]
            hinge = lambda x, y, margin: (margin - y * x).clamp_min(0)
            case("hingeLoss", lambda x, y: reduce(hinge(x, y, 1.0)), x, y, fixed=(1,), **options)
            case(
                "hingeLoss",
                lambda x, y: reduce(hinge(x, y, 0.5) ** 2),
                x,
                y,
                fixed=(1,),
                margin=0.5,
                isSquared=True,
                **options,
            )
            for margin in (1.0, 0.25):
                case(
                    "hingeEmbeddingLoss",
                    lambda x, y: F.hinge_embedding_loss(x, y, margin, **options),
                    x,
                    y,
                    fixed=(1,),
                    margin=margin,
                    **options,
                )
                ranking = lambda a, b, y: F.margin_ranking_loss(a, b, y, margin, **options)
                case("marginRankingLoss", ranking, x, second, y, fixed=(2,), margin=margin, **options)
            case("softMarginLoss", lambda x, y: F.soft_margin_loss(x, y, **options), x, y, fixed=(1,), **options)
    for batch, classes in ((4, 3), (2, 5), (1, 4)):
        x, labels, weights = real(batch, classes), ints(0, classes, batch), real(classes, low=0.1, high=2)
        entries = torch.full((batch, classes), -1)
        for row in range(batch):
            entries[row, : row % classes] = torch.tensor(RNG.permutation(classes)[: row % classes])
        entries[0, :3] = torch.tensor([1, -1, 2])
        flags = ints(0, 2, batch, classes).double()
        for reduction in REDUCTIONS if batch == 4 else ("mean",):
            options = {"reduction": reduction}
            for power, margin in ((1, 1.0), (2, 0.5)):
                multi = lambda x, y: F.multi_margin_loss(x, y, power, margin, **options)
                case("multiMarginLoss", multi, x, labels, power=power, margin=margin, **options)
            multi = lambda x, y, w: F.multi_margin_loss(x, y, weight=w, **options)
            case("multiMarginLoss", multi, x, labels, weights, fixed=(2,), **options)
            case("multilabelMarginLoss", lambda x, y: F.multilabel_margin_loss(x, y, **options), x, entries, **options)
            soft = lambda x, y: F.multilabel_soft_margin_loss(x, y, **options)
            case("multilabelSoftMarginLoss", soft, x, flags, fixed=(1,), **options)
            soft = lambda x, y, w: F.multilabel_soft_margin_loss(x, y, w, **options)
            case("multilabelSoftMarginLoss", soft, x, flags, weights, fixed=(1, 2), **options)
    case(
        "multilabelMarginLoss",
        lambda x, y: F.multilabel_margin_loss(x, y),
        real(4),
        torch.tensor([2, 0, -1, 1]),
        reduction="mean",
    )


def embeddings() -> None:
    for shape in ((3, 4), (2, 5), (1, 3)):
        a, b, c, y = real(*shape), real(*shape), real(*shape), signs(shape[0])
        case("cosineSimilarity", F.cosine_similarity, a, b, axis=1)
        case("cosineSimilarity", lambda a, b: F.cosine_similarity(a, b, 0), a, b, axis=0)
        for order, axis in ((2.0, 1), (1.0, 0), (3.0, 1)):
            case("normalized", lambda x: F.normalize(x, order, axis), a, order=order, axis=axis)
        for order in (2.0, 1.0, 3.0):
            case("pairwiseDistance", lambda a, b: F.pairwise_distance(a, b, order), a, b, order=order)
        for reduction in REDUCTIONS if shape[0] == 3 else ("mean",):
            options: dict[str, Any] = {"reduction": reduction}
            for margin in (0.0, 0.4):
                cosine = lambda a, b, y: F.cosine_embedding_loss(a, b, y, margin, **options)
                case("cosineEmbeddingLoss", cosine, a, b, y, fixed=(2,), margin=margin, **options)
            for margin, order, swaps in ((1.0, 2.0, False), (0.3, 2.0, True), (2.03125, 1.0, True)):
                triplet = lambda a, b, c: F.triplet_margin_loss(a, b, c, margin, order, swap=swaps, **options)
                case("tripletMarginLoss", triplet, a, b, c, margin=margin, order=order, swaps=swaps, **options)


def ctc() -> None:
    def ctc_loss(x: Tensor, y: Tensor, inputs: Tensor, targets: Tensor, **options: Any) -> Tensor:
        return F.ctc_loss(F.log_softmax(x, -1).transpose(0, 1), y, inputs, targets, **options)

    def add(x: Tensor, y: Tensor, inputs: list[int], targets: list[int], blank: int = 0, zeroes: bool = False) -> None:
        for reduction in REDUCTIONS:
            call = lambda *all: ctc_loss(*all, blank=blank, reduction=reduction, zero_infinity=zeroes)
            lengths = (torch.tensor(inputs), torch.tensor(targets))
            case("ctcLoss", call, x, y, *lengths, reduction=reduction, blank=blank, zeroesInfinity=zeroes)

    add(real(2, 6, 4), torch.tensor([[1, 2, 3], [3, 3, 1]]), [6, 6], [3, 3])
    add(real(3, 7, 4), torch.tensor([[1, 1, 2, 0], [2, 0, 0, 0], [3, 1, 3, 1]]), [7, 4, 6], [3, 1, 4])
    add(real(2, 5, 3, low=-5, high=5), torch.tensor([[0, 1, 0], [1, 1, 0]]), [5, 4], [3, 2], blank=2)
    # The first example has no alignment: equal neighbours need a blank between them, and there is no time for one.
    add(real(3, 5, 3), torch.tensor([[1, 1, 1], [1, 2, 1], [2, 0, 0]]), [4, 3, 5], [3, 3, 0], zeroes=True)
    add(real(1, 4, 3) * 1e4, torch.tensor([[1, 2]]), [4], [2])


def losses() -> None:
    entropies()
    regressions()
    margins()
    embeddings()
    ctc()


def latents() -> None:
    """The divergence of a variational autoencoder's codes, by torch.distributions."""

    def gaussian(means: Tensor, logs: Tensor, reduction: str) -> Tensor:
        q = torch.distributions.Normal(means, (logs / 2).exp())
        p = torch.distributions.Normal(torch.zeros_like(means), torch.ones_like(means))
        each = torch.distributions.kl_divergence(q, p).sum(-1)
        return {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]

    for shape in ((3, 4), (2, 2, 3), (5,)):
        means, logs = real(*shape), real(*shape, low=-4, high=2)
        for reduction in reductions(shape):
            case("gaussianKLDivergence", lambda m, v: gaussian(m, v, reduction), means, logs, reduction=reduction)
    far = values([[1e-4, -1e-4, 0.0], [30.0, -20.0, 1.0]])
    spread = values([[1e-4, -1e-4, 0.0], [-20.0, 6.0, 0.5]])
    case("gaussianKLDivergence", lambda m, v: gaussian(m, v, "none"), far, spread, reduction="none")
