"""The definition of a metric: mistakes in it are errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from tokcompare import Counts
from tokcompare.counting.quantities import QUANTITIES, WORDS, Quantity
from tokcompare.metrics import METRICS
from tokcompare.metrics.metric import metric, paired_ratio, ratio


class TestDefinitions:
    """A mistake in a definition is an error at once, not a metric that is always undefined."""

    FACTS: ClassVar[dict[str, Any]] = {"heading": "h", "formula": "f", "source": "s"}

    @pytest.fixture(autouse=True)
    def _keep_the_table(self) -> Iterator[None]:
        metrics, quantities = dict(METRICS), dict(QUANTITIES)
        yield
        assert metrics == METRICS
        assert quantities == QUANTITIES

    def test_parameter_that_no_comparison_has(self) -> None:
        def density(counts: Counts, *, encoding: str, words: int) -> float:
            return words / counts.documents

        with pytest.raises(ValueError, match="density: no comparison can give the parameter 'word"):
            metric(**self.FACTS)(density)

    def test_name_that_is_taken(self) -> None:
        def fertility(counts: Counts, *, encoding: str) -> float:
            return 1.0

        with pytest.raises(ValueError, match="There is another metric, quantity or key 'fertil"):
            metric(**self.FACTS)(fertility)

        def words(counts: Counts, *, encoding: str) -> float:
            return 1.0

        with pytest.raises(ValueError, match="There is another metric, quantity or key 'words'"):
            metric(needs=(WORDS,), **self.FACTS)(words)

    def test_quantity_that_is_taken(self) -> None:
        def density(counts: Counts, *, encoding: str) -> float:
            return 1.0

        for name in ("words", "tokens"):
            other = Quantity(name=name, count=str.__len__)
            with pytest.raises(
                ValueError, match=f"There is another metric, quantity or key '{name}"
            ):
                metric(needs=(other,), **self.FACTS)(density)

    @pytest.mark.parametrize("quantity", ["words", "tokens", "bytes {encoding}", "nope"])
    def test_quantity_that_is_not_counted(self, quantity: str) -> None:
        def density(counts: Counts, *, encoding: str) -> float:
            return 1.0

        message = f"density: '{quantity}' is not counted. There are: bytes, characters, tokens {{e"
        with pytest.raises(ValueError, match=re.escape(message)):
            ratio("tokens {encoding}", quantity, **self.FACTS)(density)
        with pytest.raises(ValueError, match=re.escape(message)):
            paired_ratio(quantity, **self.FACTS)(density)

    def test_body_that_would_be_ignored(self) -> None:
        def density(counts: Counts, *, encoding: str) -> float:
            return 1.0

        try:
            defined = ratio("tokens {encoding}", "bytes", **self.FACTS)(density)
            with pytest.raises(TypeError, match="density must have no body: its decorator compute"):
                defined(Counts(documents=0, sums={}, products={}), encoding="x")
        finally:
            del METRICS["density"]

    def test_fact_that_is_missing(self) -> None:
        with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'source'"):
            metric(heading="h", formula="f")(lambda counts: 1.0)
