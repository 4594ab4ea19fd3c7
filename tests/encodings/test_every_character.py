"""Every Unicode scalar value has the tokens that tiktoken gives it."""

from __future__ import annotations

import pytest

from tests.characters import Sample, scalars
from tests.reference import ENCODINGS, References, load_tiktoken
from tokcompare import load_encoding

pytestmark = pytest.mark.exhaustive

CONTEXTS = ("{}", "a{}b")


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("name", ENCODINGS)
def test_equals_tiktoken(name: str, context: str, references: References, sample: Sample) -> None:
    assert len(scalars()) == 1_112_064
    ours, reference = load_encoding(name).encode, references[name].encode_ordinary
    texts = map(context.format, sample(scalars()))
    assert [text for text in texts if ours(text) != reference(text)] == []


@pytest.mark.parametrize("name", ENCODINGS)
def test_run_before_it_equals_tiktoken(name: str, references: References, sample: Sample) -> None:
    ours, reference = load_tiktoken(name), references[name]
    texts = [f"a{scalar}   {scalar}b" for scalar in sample(scalars())]
    # Two hundred at a time: alone, each would take longer to call for than to encode.
    blocks = ["".join(texts[start : start + 200]) for start in range(0, len(texts), 200)]
    differing = [
        block
        for block in blocks
        if ours._encode_around_runs(block, 2) != reference.encode_ordinary(block)
    ]
    assert differing == []
