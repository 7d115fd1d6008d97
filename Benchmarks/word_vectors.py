"""Words a second and quality of word vectors beside gensim's, from the same words in one alternating run.

    make build
    .venv/bin/python Benchmarks/word_vectors.py         (needs gensim; --rounds 3 --epochs 5 --words 1000000 for speed)

The corpus is the King James Bible, GCIDE and WordNet's glosses (`apus datasets`), cut into words here, so that both read
the same ones.  Speed is of one thread; of each the best round counts.  Quality is by the test files that gensim brings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path

import gensim
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

APUS = Path(__file__).resolve().parent.parent / ".build/release/apus"
NAMES = ["king-james-bible", "gcide", "wordnet-glosses"]
WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def corpus(folder: Path, limit: int | None) -> tuple[Path, list[list[str]]]:
    sentences = []
    for name in NAMES:
        subprocess.run([APUS, "datasets", "extract", name, "--out", folder], check=True, capture_output=True)
        for line in (folder / f"{name}.txt").open():
            if words := WORD.findall(line.lower()):
                sentences.append(words)
    if limit:
        count = 0
        for place, sentence in enumerate(sentences):
            count += len(sentence)
            if count >= limit:
                sentences = sentences[: place + 1]
                break
    path = folder / "corpus.txt"
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences))
    return path, sentences


def theirs(sentences: list[list[str]], skip_gram: bool, tree: bool, epochs: int, workers: int) -> tuple[float, KeyedVectors]:
    model = Word2Vec(sg=skip_gram, hs=tree, negative=0 if tree else 5, workers=workers, epochs=epochs, seed=1)
    model.build_vocab(sentences)
    start = time.perf_counter()
    model.train(sentences, total_examples=model.corpus_count, epochs=epochs)
    words = sum(entry_count(model.wv, word) for word in model.wv.key_to_index)
    return words * epochs / (time.perf_counter() - start), model.wv


def entry_count(vectors: KeyedVectors, word: str) -> int:
    return vectors.get_vecattr(word, "count")


def ours(path: Path, out: Path, model: str, tree: bool, epochs: int, threads: int) -> float:
    command = [APUS, "vectors", "train", path, "--model", model, "--epochs", epochs, "--threads", threads, "--out", out]
    run = subprocess.run([str(x) for x in command + (["--hierarchical"] if tree else [])], check=True, capture_output=True, text=True)
    return float(re.search(r"([\d,]+) words/s", run.stderr).group(1).replace(",", ""))


def judge(vectors: KeyedVectors) -> str:
    analogies = vectors.evaluate_word_analogies(datapath("questions-words.txt"))[0]
    pairs = vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))[1][0]
    simlex = vectors.evaluate_word_pairs(datapath("simlex999.txt"))[1][0]
    return f"analogies {analogies:.4f}  WordSim-353 {pairs:.4f}  SimLex-999 {simlex:.4f}"


def main() -> None:
    global APUS
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--words", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--only", help="skip-gram or cbow")
    parser.add_argument("--apus", type=Path, default=APUS)
    options = parser.parse_args()
    APUS = options.apus.resolve()
    print(f"gensim {gensim.__version__}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, sentences = corpus(folder, options.words)
        print(f"{sum(map(len, sentences))} words")
        for model in ("skip-gram", "cbow"):
            if options.only not in (None, model):
                continue
            for tree in (False, True):
                best = [0.0, 0.0]
                for _ in range(options.rounds):
                    speed, vectors = theirs(sentences, model == "skip-gram", tree, options.epochs, options.threads)
                    best[0] = max(best[0], speed)
                    best[1] = max(best[1], ours(path, folder / "v.bin", model, tree, options.epochs, options.threads))
                label = f"{model}, {'hierarchical' if tree else 'negative'}"
                print(f"{label}: gensim {best[0]:.0f} words/s, Apus {best[1]:.0f}, ratio {best[1] / best[0]:.2f}", flush=True)
                if options.quality:
                    mine = KeyedVectors.load_word2vec_format(folder / "v.bin", binary=True)
                    print(f"  gensim {judge(vectors)}\n  Apus   {judge(mine)}", flush=True)


if __name__ == "__main__":
    main()
