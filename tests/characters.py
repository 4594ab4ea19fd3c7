"""Every Unicode scalar value."""

import sys

SCALARS = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
