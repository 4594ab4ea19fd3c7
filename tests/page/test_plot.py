"""Charts that matplotlib draws: the numbers that they show, and what they leave alone."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from io import BytesIO
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import tokcompare
from tests import ROOT
from tokcompare import Comparison, Document, OutputError, compare
from tokcompare.page.parts import Chart, ChartRow, Mark
from tokcompare.page.plot import plot


@pytest.fixture(scope="module")
def twenty() -> Comparison:
    return compare()


def figure_of(ax: Axes) -> Figure:
    figure = ax.figure
    assert isinstance(figure, Figure)
    return figure


def names(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def points(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """Returns the places of the marks, by encoding."""
    lines = [line for line in ax.lines if line.get_gid() == "encoding"]
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in lines
    }


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def mark(
    tokens: int | None = None, ratio: float = nan, low: float = nan, high: float = nan
) -> Mark:
    return Mark(tokens=tokens, ratio=ratio, low=low, high=high)


def chart(kind: Any, encodings: tuple[str, ...], *rows: ChartRow) -> Chart:
    return Chart(kind=kind, encodings=encodings, confidence=0.9, rows=rows)


def test_tokens_of_the_announcement(twenty: Comparison) -> None:
    ax = twenty.plot()
    assert names(ax)[:3] == ["Gujarati", "Telugu", "Tamil"]
    assert len(names(ax)) == 20
    shown = points(ax)
    assert list(shown) == ["cl100k_base", "o200k_base"]
    assert shown["cl100k_base"][:2] == [(145, 0), (159, 1)]
    assert shown["o200k_base"][:2] == [(33, 0), (45, 1)]
    assert texts(ax)[:2] == ["33", "145"]
    assert [text for text in texts(ax) if "×" in text][:2] == ["4.39×", "3.53×"]
    assert ax.get_xlabel() == "tokens for the same text"
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first row is the highest


def test_labels_are_in_english(twenty: Comparison) -> None:
    written = "".join([*names(twenty.plot()), *texts(twenty.plot())])
    assert written.replace("×", "").isascii()


def test_unequal_corpora_are_drawn_as_ratios_with_intervals() -> None:
    documents = list(tokcompare.load_samples("udhr").select(["gu", "en"]))
    comparison = compare(documents[:-1], confidence=0.9)
    ax = comparison.plot()
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "times fewer tokens than under cl100k_base (90% interval)"
    assert list(points(ax)) == ["o200k_base"]
    gujarati = comparison.rows[0]
    measured = comparison.measure(gujarati.counts, "compression_ratio", "o200k_base")
    assert points(ax)["o200k_base"][0] == (measured.value, 0)
    (line,) = ax.collections[0].get_segments()  # type: ignore[attr-defined]
    assert line.tolist() == [[measured.interval.low, 0], [measured.interval.high, 0]]
    assert "1×" in [label.get_text() for label in ax.get_xticklabels()]


def test_encodings_stand_one_below_the_other() -> None:
    row = ChartRow(name="a", marks=(mark(), mark(ratio=2, low=1.5, high=3), mark(ratio=0.5)))
    ax = plot(chart("ratios", ("old", "new", "other"), row))
    (upper,), (lower,) = points(ax).values()
    assert (upper[0], lower[0]) == (2, 0.5)
    assert -0.5 < upper[1] < lower[1] < ax.get_ylim()[0]
    markers = [line.get_marker() for line in ax.lines if line.get_gid() == "encoding"]
    assert len(set(markers)) == 2
    assert not [text for text in texts(ax) if "×" in text]


def test_many_languages_are_dots_by_script() -> None:
    members = [ChartRow(name=f"l{n}", marks=(mark(), mark(ratio=1.2))) for n in range(30)]
    latin = ChartRow(name="Latin", marks=(mark(), mark(ratio=1.2)), members=tuple(members))
    other = ChartRow(name="Thai", marks=(mark(), mark(ratio=nan)), members=(members[0],))
    ax = plot(chart("scripts", ("old", "new"), latin, other))
    assert names(ax) == ["Latin (30)", "Thai (1)"]
    dots = points(ax)["new"]
    assert len(dots) == 31 == len(set(dots))
    heights = [height for _, height in dots]
    places = [float(place) for place in ax.get_yticks()]
    assert max(heights[:30]) < heights[30]
    assert min(heights[:30]) < places[0] < max(heights[:30])
    assert [text for text in texts(ax) if "×" in text or text == "–"] == ["1.20×", "–"]


def test_comparison_of_many_languages() -> None:
    codes = "en de fr es it pt nl sv da fi cs pl hu ro hr sl sk et lv lt mt ga sq is no af sw id ms"
    codes += " tl vi tr az uz eo eu ca gl cy br la ru uk"
    documents = [Document(text="Hello, world", language=code) for code in codes.split()]
    ax = compare(documents).plot()
    assert names(ax) == ["Cyrillic (2)", "Latin (41)"]
    assert len(points(ax)["o200k_base"]) == 43


class Utf8:
    name, vocabulary_size = "utf8", 256

    def encode(self, text: str) -> list[int]:
        return list(text.encode())


def test_any_number_of_encodings() -> None:
    assert points(compare("Hello!", encodings="o200k_base").plot()) == {"o200k_base": [(2, 0)]}
    three = compare("Hello!", encodings=("o200k_base", "cl100k_base", Utf8())).plot()
    assert {name: ratio for name, ((ratio, _),) in points(three).items()} == {
        "cl100k_base": 1,
        "utf8": 2 / 6,
    }


def test_nothing_to_draw() -> None:
    figure_of(compare([]).plot()).savefig(BytesIO(), format="png")
    unknown = ChartRow(name="a", marks=(mark(), mark(tokens=3, ratio=nan)))
    ax = plot(chart("tokens", ("old", "new"), unknown))
    assert points(ax) == {"old": [], "new": [(3, 0)]}
    assert "–" in texts(ax)
    figure_of(ax).savefig(BytesIO(), format="png")


def test_names_are_no_mathematics_and_control_nothing() -> None:
    name, long = "$x^{$\x1b[31m\n_", "é" * 500
    rows = [ChartRow(name=each, marks=(mark(1), mark(2, ratio=0.5))) for each in (name, long)]
    ax = plot(chart("tokens", ("_$\\frac$", name), *rows))
    svg = BytesIO()
    figure_of(ax).savefig(svg, format="svg")
    assert names(ax) == [r"$x^{$\x1b[31m\n_", "é" * 39 + "…"]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["_$\\frac$", r"$x^{$\x1b[31m\n_"]


def test_draws_into_given_axes(twenty: Comparison) -> None:
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    assert twenty.plot(ax=right) is right
    assert len(right.lines) > 0 == len(left.lines)


def test_colours_suit_the_ground(twenty: Comparison) -> None:
    figure = Figure()
    light, dark = figure.subplots(1, 2)
    dark.set_facecolor("#101010")
    colors = [to_hex(twenty.plot(ax=ax).lines[0].get_color()) for ax in (light, dark)]
    assert colors == ["#a8480a", "#f2a55f"]


@pytest.mark.parametrize(
    ("suffix", "begin", "metadata"),
    [
        ("png", b"\x89PNG", None),
        ("pdf", b"%PDF", {"CreationDate": None}),
        ("svg", b"<?xml", {"Date": None}),
    ],
)
def test_files(
    twenty: Comparison, tmp_path: Path, suffix: str, begin: bytes, metadata: Any
) -> None:
    path = tmp_path / f"tokens.{suffix}"
    figure_of(twenty.plot()).savefig(path, metadata=metadata)
    assert path.read_bytes().startswith(begin)
    if suffix == "svg":
        ET.parse(path)


def test_nothing_of_the_chart_is_cut_off(twenty: Comparison) -> None:
    figure = figure_of(twenty.plot())
    figure.draw_without_rendering()  # the layout
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= width
    assert box.y1 <= height


def test_changes_nothing_that_the_process_shares() -> None:
    code = (
        "import io, sys, matplotlib\n"
        "settings = matplotlib.rcParams.copy()\n"
        "from tests.process_state import changes, state\n"
        "before = state()\n"
        "import tokcompare\n"
        "assert 'tokcompare.page.plot' not in sys.modules\n"
        "figure = tokcompare.compare('Hello').plot().figure\n"
        "for kind in ('png', 'svg', 'pdf'):\n"
        "    figure.savefig(io.BytesIO(), format=kind)\n"
        "assert changes(before) == []\n"
        "assert matplotlib.rcParams.copy() == settings\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_without_matplotlib(twenty: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    message = r"matplotlib is needed: pip install 'tokcompare\[plot\]'"
    with pytest.raises(OutputError, match=message):
        twenty.plot()
