"""Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011): the published vectors, and more of the same generator."""

from __future__ import annotations

from typing import Any

Words = list[int]

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
MASK = 0xFFFFFFFF

# Random123's kat_vectors: counter, key, output.
PUBLISHED = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
FURTHER = [
    ("00000001 00000000 00000000 00000000", "00000000 00000000"),
    ("00000000 00000000 00000000 00000001", "00000000 00000000"),
    ("00000000 00000000 00000000 00000000", "00000001 00000000"),
    ("ffffffff 00000000 00000000 00000000", "0000002a 00000000"),
    ("00000000 00000001 00000000 00000000", "0000002a 00000000"),
    ("12345678 9abcdef0 0fedcba9 87654321", "deadbeef 00c0ffee"),
]


def philox(counter: Words, key: Words) -> Words:
    """Ten rounds."""
    (a, b, c, d), (k, l) = counter, key
    for _ in range(10):
        left, right = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (right >> 32) ^ b ^ k, right & MASK, (left >> 32) ^ d ^ l, left & MASK
        k, l = (k + WEYL[0]) & MASK, (l + WEYL[1]) & MASK
    return [a, b, c, d]


def words(text: str) -> Words:
    return [int(part, 16) for part in text.split()]


def make() -> list[dict[str, Any]]:
    """All vectors, as unsigned 32-bit numbers."""
    cases = []
    for counter, key, output in PUBLISHED:
        if philox(words(counter), words(key)) != words(output):
            raise ValueError(f"philox of {counter}, {key} is not what was published")
        cases.append(case(counter, key, "published"))
    return cases + [case(counter, key, "further") for counter, key in FURTHER]


def case(counter: str, key: str, source: str) -> dict[str, Any]:
    output = philox(words(counter), words(key))
    return {"source": source, "counter": words(counter), "key": words(key), "output": output}
