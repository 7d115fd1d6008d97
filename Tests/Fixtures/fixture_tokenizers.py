"""Tokenizers of Hugging Face's `tokenizers`, small ones trained on the licence and some sentences, and what they make of
10,000 strings of many scripts: for each hundred a hash of the ids and one of the text decoded from them.

The strings are made by a formula that `FuzzedStrings.swift` repeats. Training WordPiece gives other tokens each time;
`fixture_tokenizers.py NAME...` makes only the named tokenizers anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import tokenizers
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

FOLDER = Path(__file__).parent
MASK = (1 << 64) - 1
COUNT, BLOCK = 10_000, 100

SENTENCES = [
    "Swifts sleep on the wing, don't they? I've read so; we'll see: it's 2,024 metres up!",
    "Der Mauersegler schläft im Flug; größer als die Schwalbe ist er nicht.",
    "Le martinet noir passe l’été en Europe et l’hiver en Afrique, où il n’atterrit guère.",
    "Чёрный стриж проводит в воздухе почти всю жизнь.",
    "アマツバメは空を飛びながら眠る。雨の日も風の日も。",
    "普通雨燕在飞行中睡觉，几乎从不落地。",
    "السمامة الشائعة تنام وهي تطير. हवा में सोती है।",
]

POOLS = [
    (0x20, 95), (0x61, 26), (0x61, 26), (0x30, 10), (0xA1, 95), (0x100, 128), (0x300, 48), (0x391, 25), (0x3B1, 25),
    (0x410, 64), (0x5D0, 27), (0x621, 26), (0x905, 53), (0xE01, 46), (0xAC00, 2000), (0x3041, 83), (0x30A1, 84),
    (0x4E00, 2000), (0x1F300, 256), (0x1D400, 84), (0xFF01, 94), (0x2010, 24), (0x2150, 48),
]
WORDS = [
    " ", " ", " ", "  ", "\n", "\t", "\r\n", " the", "the ", "don't", "I've", "we'll", " licence", "Work", "2024", "[SEP]",
    "<s>", "<|end|>", "é", "e\u0301", "ǆ", "ﬁ", "İ", "ẞ", "Ω", "\u00a0", "\u200b", "\u3000", "▁", "##s", "...", "—",
]


class SplitMix:
    """Steele et al. 2014."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def string(number: int) -> str:
    """A string of up to 31 parts: stretches of one script, and words."""
    random = SplitMix(number)
    text = ""
    for _ in range(random.next() % 12):
        if random.next() % 2:
            text += WORDS[random.next() % len(WORDS)]
            continue
        start, size = POOLS[random.next() % len(POOLS)]
        for _ in range(1 + random.next() % 5):
            text += chr(start + random.next() % size)
    return text


def hashed(values: list[int], state: int) -> int:
    """FNV-1a over numbers, 64 bits."""
    for value in values:
        state = ((state ^ value) * 0x100000001B3) & MASK
    return state


def texts() -> list[str]:
    lines = (FOLDER.parent.parent / "LICENSE").read_text().splitlines()
    return [line for line in lines if line] + SENTENCES * 3


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        min_frequency=2,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def roberta() -> Tokenizer:
    tokenizer = byte_level()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.add_special_tokens([AddedToken("<s>", special=True), AddedToken("[SEP]", lstrip=True, special=True)])
    end = tokenizer.token_to_id("<|end|>")
    tokenizer.post_processor = processors.RobertaProcessing(("<|end|>", end), ("<s>", tokenizer.token_to_id("<s>")))
    return tokenizer


def cut_by_expression() -> Tokenizer:
    """As Llama 3's and Qwen's: an expression, then bytes."""
    tokenizer = byte_level()
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+"
    )
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def bert() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=600, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(24)
    tokenizer.enable_padding(length=8)
    return tokenizer


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=500, special_tokens=["<s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def llama() -> Tokenizer:
    """As Llama 2's: no cut, unknown characters as bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=special, max_token_length=8, show_progress=False)
    tokenizer.train_from_iterator([line[:60] for line in texts()[:80]], trainer)
    contents = json.loads(tokenizer.to_str())
    contents["added_tokens"] = contents["added_tokens"][:2]
    tokenizer = Tokenizer.from_str(json.dumps(contents))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def words() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    trainer = trainers.WordLevelTrainer(vocab_size=400, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def characters() -> Tokenizer:
    """A token for each character."""
    tokens = ["\ufffd", *sorted(set("\n".join(texts())))]
    tokenizer = Tokenizer(models.WordLevel({token: id for id, token in enumerate(tokens)}, unk_token="\ufffd"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    return tokenizer


def main() -> None:
    (FOLDER / "tokenizers").mkdir(exist_ok=True)
    makers = [byte_level, roberta, cut_by_expression, bert, unigram, llama, words, characters]
    results: dict[str, object] = {"versions": {"tokenizers": tokenizers.__version__}}
    if len(sys.argv) > 1:
        makers = [make for make in makers if make.__name__ in sys.argv]
        results = json.loads((FOLDER / "tokenizers.json").read_text())
    strings = [string(number) for number in range(COUNT)]
    results["strings"] = f"{hashed([ord(c) for text in strings for c in text], 0xCBF29CE484222325):016x}"
    for make in makers:
        tokenizer = make()
        contents = json.loads(tokenizer.to_str())
        path = FOLDER / "tokenizers" / f"{make.__name__}.json"
        path.write_text(json.dumps(contents, ensure_ascii=False, separators=(",", ":")) + "\n")
        ids, decoded = [], []
        for first in range(0, COUNT, BLOCK):
            a = b = 0xCBF29CE484222325
            for text in strings[first : first + BLOCK]:
                encoding = tokenizer.encode(text)
                a = hashed([*encoding.ids, 1 << 32, *encoding.type_ids], a)
                b = hashed([ord(c) for c in tokenizer.decode(encoding.ids)] + [1 << 32], b)
            ids.append(f"{a:016x}")
            decoded.append(f"{b:016x}")
        results[make.__name__] = {"ids": ids, "decoded": decoded}
        if make is bert:
            pair = ("Work it", "the licence, of a longer text than the first, which is cut")
            results["pair"] = tokenizer.encode(*pair).ids
    (FOLDER / "tokenizers.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
