"""What scikit-learn's MLPClassifier reaches on tables that come with scikit-learn: writes tables.json.

python Tests/Fixtures/fixture_tables.py
"""

from __future__ import annotations

import json
import platform
import warnings
from pathlib import Path
from typing import Any

import numpy
import sklearn
from sklearn import datasets, exceptions, model_selection, neural_network, pipeline, preprocessing

HERE = Path(__file__).resolve().parent
SEEDS = range(10)


def case(name: str) -> dict[str, Any]:
    """The rows that are held out, and the accuracy on them of perceptrons that begin with different numbers."""
    table = getattr(datasets, f"load_{name}")()
    rows = numpy.arange(len(table.target))
    training, test = model_selection.train_test_split(rows, test_size=0.3, random_state=1, stratify=table.target)
    accuracies = []
    for seed in SEEDS:
        perceptron = neural_network.MLPClassifier(random_state=seed)
        model = pipeline.make_pipeline(preprocessing.StandardScaler(), perceptron)
        model.fit(table.data[training], table.target[training])
        accuracies.append(float(model.score(table.data[test], table.target[test])))
    scaler = preprocessing.StandardScaler().fit(table.data[training])
    return {
        "name": name,
        "test_rows": sorted(test.tolist()),
        "means": scaler.mean_.tolist(),
        "deviations": scaler.scale_.tolist(),
        "accuracies": accuracies,
    }


def main() -> None:
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    contents = {
        "versions": {"scikit-learn": sklearn.__version__, "python": ".".join(platform.python_version_tuple()[:2])},
        "description": "Held-out rows, columns' means and deviations over the others, and accuracies of MLPClassifier as "
        "it comes, on standardised columns, for ten random states",
        "cases": [case(name) for name in ("iris", "breast_cancer")],
    }
    lines = [f"  {json.dumps(name)}: {json.dumps(contents[name])}" for name in ("versions", "description")]
    cases = ",\n".join(f"    {json.dumps(entry, separators=(',', ':'))}" for entry in contents["cases"])
    text = "{\n" + ",\n".join(lines) + ',\n  "cases": [\n' + cases + "\n  ]\n}\n"
    (HERE / "tables.json").write_text(text)


if __name__ == "__main__":
    main()
