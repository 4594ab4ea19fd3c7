"""Calibrations that tests make by hand, and documents with the counts of a provider."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokcompare import Document, count_tokens, load_encoding, load_samples

BASE = "o200k_base"


def udhr(*languages: str) -> list[tuple[str, str]]:
    """Returns the texts of the Declaration in some languages, each with its language."""
    return [(str(d.text), d.language) for d in load_samples("udhr") if d.language in languages]


def documents_with(
    texts: list[tuple[str, str]], factors: Mapping[str, float], constant: float
) -> list[Document]:
    """Returns documents whose field "usage" is exactly on a line, but for rounding."""
    return [
        Document(
            text=text,
            language=code,
            fields={"usage": round(constant + factors[code] * count_tokens(text, BASE))},
        )
        for text, code in texts
    ]


def calibration(factors: Mapping[str, float], constant: float, **numbers: float) -> dict[str, Any]:
    """Returns the content of a calibration's file; `numbers` are those of each language."""
    fit = {
        **{"low": 0.5, "high": 3.0, "documents": 20, "tokens": 400, "base_tokens": 200},
        **{"variance": 0.0, "covariance": 0.0, "residual_variance": 0.0},
    }
    return {
        "tokcompare_calibration": 1,
        "name": "claude",
        "base": BASE,
        "base_sha256": load_encoding(BASE).sha256,
        "field": "usage",
        "source": "made.jsonl",
        "documents": 20 * len(factors),
        "constant": constant,
        "constant_low": 0.0,
        "constant_high": 9.0,
        "constant_variance": numbers.pop("constant_variance", 0.0),
        "languages": {
            code: {"factor": factor, **fit, **numbers} for code, factor in factors.items()
        },
        "too_few": {},
        "without_tokens": 0,
        "rejected": 0,
        "absolute_error": 4.0,
        "confidence": 0.95,
        "method": "by hand",
        "signature": "by hand",
    }


def write_calibration(path: Path, content: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)
