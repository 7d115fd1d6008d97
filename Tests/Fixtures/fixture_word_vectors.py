"""One pass of word2vec over a sentence in each of its four variants, and vectors by singular values, in double precision by
NumPy (word_vectors.json).

The window is fixed, nothing is left out, and noise is always the word 3, so that nothing is random.

    .venv/bin/python Tests/Fixtures/fixture_word_vectors.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WORDS, DIMENSIONS, WINDOW, RATE = 5, 20, 2, 0.1
SENTENCE = [0, 2, 4, 2, 1, 0]
NOISE = 3
# A tree of five words: the inner nodes from the root on, and the turns.
PATHS = {0: ([0, 1], [0, 0]), 1: ([0, 1], [0, 1]), 2: ([0, 2], [1, 0]), 3: ([0, 2, 3], [1, 1, 0]), 4: ([0, 2, 3], [1, 1, 1])}


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def predict(hidden: np.ndarray, word: int, output: np.ndarray, tree: bool) -> np.ndarray:
    """Changes the rows of output and returns the step of the hidden vector."""
    if tree:
        rows, labels = PATHS[word][0], [1 - turn for turn in PATHS[word][1]]
    else:
        noise = [NOISE, NOISE] if word != NOISE else []
        rows, labels = [word, *noise], [1] + [0] * len(noise)
    errors = RATE * (np.array(labels) - logistic(output[rows] @ hidden))
    step = np.zeros_like(hidden)
    for row, error in zip(rows, errors):
        step += error * output[row]
        output[row] += error * hidden
    return step


def train(inputs: np.ndarray, outputs: np.ndarray, skip_gram: bool, tree: bool) -> tuple[np.ndarray, np.ndarray]:
    inputs, outputs = inputs.copy(), outputs.copy()
    for i, word in enumerate(SENTENCE):
        around = [SENTENCE[j] for j in range(max(0, i - WINDOW), min(len(SENTENCE), i + WINDOW + 1)) if j != i]
        if skip_gram:
            for other in around:
                inputs[other] += predict(inputs[other].copy(), word, outputs, tree)
        else:
            step = predict(inputs[around].mean(axis=0), word, outputs, tree)
            for other in around:
                inputs[other] += step
    return inputs, outputs


def associations(sentences: list[list[int]], words: int, window: int) -> np.ndarray:
    """Positive associations (Levy & Goldberg 2014), contexts to the power of 0.75, nearer words counting more."""
    counts = np.zeros((words, words))
    for sentence in sentences:
        for i, word in enumerate(sentence):
            for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
                if j != i:
                    counts[word, sentence[j]] += (window - abs(i - j) + 1) / window
    sums = counts.sum(axis=1)
    smooth = sums**0.75 / (sums**0.75).sum()
    with np.errstate(divide="ignore"):
        return np.maximum(0, np.log(counts / sums[:, None] / smooth[None, :]))


def singular_values(random: np.random.Generator) -> dict[str, object]:
    words, dimensions, window = 60, 12, 3
    # Each word is followed by one near it, so that there is something to find.
    sentences = []
    for _ in range(150):
        sentence = [int(random.integers(words))]
        for _ in range(19):
            sentence.append(int((sentence[-1] + random.integers(-4, 5)) % words))
        sentences.append(sentence)
    u, s, _ = np.linalg.svd(associations(sentences, words, window))
    vectors = u[:, :dimensions] * np.sqrt(s[:dimensions])
    return {"sentences": sentences, "window": window, "dimensions": dimensions, "values": s[:dimensions].tolist(),
            "products": (vectors @ vectors.T).ravel().tolist()}


def main() -> None:
    random = np.random.default_rng(1)
    inputs = random.uniform(-1, 1, (WORDS, DIMENSIONS)).astype(np.float32).astype(np.float64)
    outputs = random.uniform(-1, 1, (WORDS, DIMENSIONS)).astype(np.float32).astype(np.float64)
    result: dict[str, object] = {"versions": {"numpy": np.__version__}}
    result["inputs"], result["outputs"] = inputs.ravel().tolist(), outputs.ravel().tolist()
    for skip_gram in (False, True):
        for tree in (False, True):
            name = ("skip_gram" if skip_gram else "cbow") + ("_tree" if tree else "_noise")
            after = train(inputs, outputs, skip_gram, tree)
            result[name] = {"inputs": after[0].ravel().tolist(), "outputs": after[1].ravel().tolist()}
    result["singular_values"] = singular_values(np.random.default_rng(2))
    (Path(__file__).parent / "word_vectors.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
