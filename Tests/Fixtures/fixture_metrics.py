"""What scikit-learn measures: writes metrics.json. Needs scikit-learn, which the environment of the other fixtures lacks.

python Tests/Fixtures/fixture_metrics.py
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import numpy
import sklearn
from sklearn import metrics

HERE = Path(__file__).resolve().parent
AVERAGES = ("macro", "micro", "weighted")


def classification(seed: int, count: int, classes: int, drawn: int, ties: bool = False) -> dict[str, Any]:
    """Scores of `count` examples; labels are drawn from the first `drawn` classes, so that some may not occur."""
    generator = numpy.random.default_rng(seed)
    labels = generator.integers(0, drawn, count)
    scores = generator.normal(0, 1, (count, classes))
    scores[numpy.arange(count), labels] += 1
    scores = numpy.round(scores, 1 if ties else 3)
    # Of equal scores the first counts, here as there.
    predicted = scores.argmax(1)
    shares = numpy.exp(scores) / numpy.exp(scores).sum(1, keepdims=True)
    case: dict[str, Any] = {
        "kind": "classification",
        "classes": classes,
        "labels": labels.tolist(),
        "scores": scores.ravel().tolist(),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
        "perplexity": float(numpy.exp(metrics.log_loss(labels, shares, labels=range(classes)))),
        "areas": [area(labels == number, scores[:, number]) for number in range(classes)],
    }
    if not ties and classes > 2:
        case["topK"] = [
            metrics.top_k_accuracy_score(labels, scores, k=k, labels=range(classes)) for k in range(1, classes)
        ]
    for name, key in (("precision", "precision"), ("recall", "recall"), ("f1", "f1"), ("jaccard", "iou")):
        score = getattr(metrics, f"{name}_score")
        case[key] = {
            "perClass": score(labels, predicted, average=None, labels=range(classes), zero_division=0).tolist()
        } | {average: float(score(labels, predicted, average=average, zero_division=0)) for average in AVERAGES}
    return case


def area(is_positive: numpy.ndarray, scores: numpy.ndarray) -> float | None:
    """None where there are examples of one kind only."""
    return float(metrics.roc_auc_score(is_positive, scores)) if 0 < is_positive.sum() < len(scores) else None


def regression(seed: int, count: int, width: int, offset: float) -> dict[str, Any]:
    generator = numpy.random.default_rng(seed)
    targets = numpy.round(generator.normal(offset, 2, (count, width)), 3).astype(numpy.float32)
    predictions = numpy.round(targets + generator.normal(0, 1, (count, width)), 3).astype(numpy.float32)
    (y, p) = (targets.ravel().astype(float), predictions.ravel().astype(float))
    return {
        "kind": "regression",
        "targets": [float(str(x)) for x in targets.ravel()],
        "predictions": [float(str(x)) for x in predictions.ravel()],
        "width": width,
        "meanAbsolute": metrics.mean_absolute_error(y, p),
        "meanSquared": metrics.mean_squared_error(y, p),
        "rootMeanSquared": metrics.root_mean_squared_error(y, p),
        "rSquared": metrics.r2_score(y, p),
    }


def main() -> None:
    cases = [
        classification(1, 60, 4, 4),
        classification(2, 37, 2, 2),
        classification(3, 50, 6, 4),
        classification(4, 80, 3, 3, ties=True),
        regression(5, 40, 1, 0),
        regression(6, 25, 3, 100),
    ]
    header = {
        "versions": {
            "scikit-learn": sklearn.__version__,
            "numpy": numpy.__version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
        },
        "description": "Measures by scikit-learn in double precision; scores [examples, classes]",
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / "metrics.json").write_text("{\n" + "\n".join(lines) + '\n"cases": [\n' + rows + "\n]}\n")


if __name__ == "__main__":
    main()
