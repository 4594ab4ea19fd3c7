"""The table of quantities, and the law that cutting a text changes no count."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tests.strategies import TEXT
from tokcompare import metrics as metrics  # a metric may bring a quantity
from tokcompare.counting.quantities import QUANTITIES, Quantity
from tokcompare.encodings import LoadedEncoding, load_encodings
from tokcompare.text import cut, replace_surrogates, split_words

SENTENCES = st.lists(
    st.sampled_from(
        ["word", " word", "\nword", ". ", "? ", "।", "。", "字", "\uff0c", "1\u202f000"]
    ),
    max_size=12,
)
"""Words and marks at the ends of sentences, which a piece may lack."""


def count(quantity: Quantity, text: str, encodings: list[LoadedEncoding]) -> list[int]:
    """The counts of a text, one for each encoding."""
    assert quantity.count is not None
    counted = split_words(text) if quantity.of_words else text
    if quantity.per_encoding:
        return [quantity.count(counted, encoding) for encoding in encodings]
    return [quantity.count(counted)]


@pytest.mark.parametrize(
    "name", [name for name, each in QUANTITIES.items() if each.count and each.is_additive]
)
@given(text=TEXT.map(replace_surrogates) | SENTENCES.map("".join), length=st.integers(1, 20))
@example(text="One two three", length=7)
def test_counts_of_pieces_add_up(name: str, text: str, length: int) -> None:
    quantity, encodings = QUANTITIES[name], load_encodings(ENCODINGS)
    of_pieces = [count(quantity, piece, encodings) for piece in cut(text, length=length)]
    expected = [sum(numbers) for numbers in zip(*of_pieces, strict=True)] if text else None
    assert count(quantity, text, encodings) == (expected or count(quantity, "", encodings))


@pytest.mark.parametrize("name", QUANTITIES)
def test_empty_text_has_none_of_it(name: str) -> None:
    quantity = QUANTITIES[name]
    if quantity.count is not None:
        assert not any(count(quantity, "", load_encodings(ENCODINGS)))


@pytest.mark.parametrize("name", QUANTITIES)
def test_name_is_the_key_of_counts(name: str) -> None:
    quantity = QUANTITIES[name]
    assert quantity.name == name
    assert quantity.key("gpt2") == (f"{name} gpt2" if quantity.per_encoding else name)


COUNT = """
import sys
from tokcompare import metrics  # a metric may bring a quantity
from tokcompare.counting.quantities import QUANTITIES
from tokcompare.text import split_words

class Letters:
    encode = list

quantity, text = QUANTITIES[sys.argv[1]], "One two. Three!"
counted = split_words(text) if quantity.of_words else text
if quantity.count is not None:
    quantity.count(counted, *[Letters()] * quantity.per_encoding)
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", QUANTITIES)
def test_libraries_are_those_that_counting_imports(name: str) -> None:
    """Otherwise the signature would not name all that the count depends on."""
    process = subprocess.run(
        [sys.executable, "-c", COUNT, name], capture_output=True, check=True, text=True
    )
    installed = packages_distributions()
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    modules = set(process.stdout.split()) - set(bare.stdout.split()) - {"tokcompare"}
    used = {library for module in modules for library in installed.get(module, [])}
    assert used == QUANTITIES[name].libraries


def test_name_is_an_identifier() -> None:
    with pytest.raises(ValueError, match="name of a quantity must be an identifier, not 'a b'"):
        Quantity(name="a b")
