"""Makes up a corpus with the counts of a provider, by a rule that is known.

No provider has counted these texts. The counts are 7 + a factor of the language x the tokens of
o200k_base, plus noise, so a calibration can be checked against the truth. The texts are articles of
the Universal Declaration of Human Rights.

    python -m benchmarks.usage > usage.jsonl
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from tokcompare import count_tokens, load_samples

CONSTANT = 7
FACTORS = {"en": 1.37, "hi": 1.62, "gu": 1.9, "fr": 1.45}
"""The factor of each language."""

FEW = {"fr": 6}
"""The languages with fewer documents than there are, and how many they have."""

_NOISE = 0.4
"""The standard deviation of the noise, for the square root of the tokens of o200k_base."""


def usage_records() -> Iterator[dict[str, Any]]:
    """Yields the records: a text, its language and the number of tokens that was made up."""
    generator = random.Random(0)
    left = dict(FEW)
    for document in load_samples("udhr"):
        code, text = document.language, str(document.text)
        if code not in FACTORS or left.get(code, 1) == 0:
            continue
        if code in left:
            left[code] -= 1
        tokens = count_tokens(text, "o200k_base")
        noise = generator.gauss(0, _NOISE) * tokens**0.5
        number = round(CONSTANT + FACTORS[code] * tokens + noise)
        yield {"text": text, "language": code, "usage_tokens": number}


def usage_lines() -> str:
    """Returns the records as JSON Lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in usage_records())


if __name__ == "__main__":
    print(usage_lines(), end="")
