"""docs/languages.md shows the shipped counts of FLORES-200, whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.documents import DOCS, check_or_write_part
from tokcompare.estimates.flores import FloresCounts, made_with, read_flores


def table(cells: Callable[[FloresCounts], list[str]]) -> str:
    encodings = list(made_with())
    lines = [
        f"| language | code | {' | '.join(encodings)} |",
        f"| :--- | :--- |{' ---: |' * len(encodings)}",
    ]
    for counts in sorted(read_flores().values(), key=lambda counts: counts.name):
        lines.append(f"| {' | '.join([counts.name, counts.language, *cells(counts)])} |")
    return "\n".join(lines) + "\n"


def test_tokens_per_sentence(request: pytest.FixtureRequest) -> None:
    def cells(counts: FloresCounts) -> list[str]:
        least = min(counts.tokens.values())
        shown = {name: f"{n / counts.sentences:.1f}" for name, n in counts.tokens.items()}
        return [f"**{shown[k]}**" if counts.tokens[k] == least else shown[k] for k in shown]

    check_or_write_part(request, DOCS / "languages.md", "tokens", table(cells))


def test_premium(request: pytest.FixtureRequest) -> None:
    english = read_flores()["en"].tokens

    def cells(counts: FloresCounts) -> list[str]:
        return [f"{tokens / english[name]:.2f}" for name, tokens in counts.tokens.items()]

    check_or_write_part(request, DOCS / "languages.md", "premium", table(cells))
