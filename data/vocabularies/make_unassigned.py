"""Makes unassigned.txt: the code points that Unicode 14.0 does not assign, one range a line.

Run it by Python 3.11, whose `unicodedata` is that of Unicode 14.0.
"""

from __future__ import annotations

import sys
import unicodedata
from itertools import groupby
from pathlib import Path


def main() -> None:
    """Writes the file beside this script."""
    if unicodedata.unidata_version != "14.0.0":
        sys.exit(f"Needs Unicode 14.0.0, not {unicodedata.unidata_version}: run it by Python 3.11.")
    # Surrogates are no characters: they are replaced before a text is split.
    points = [
        point
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cn", "Cs")
    ]
    lines = []
    for _, group in groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        run = [point for _, point in group]
        lines.append(f"{run[0]:04X}-{run[-1]:04X}\n")
    Path(__file__).with_name("unassigned.txt").write_text("".join(lines), encoding="ascii")


if __name__ == "__main__":
    main()
