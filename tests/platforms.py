"""Marks for tests of what only some systems can do, each with its reason."""

from __future__ import annotations

import os
import sys

import pytest

linux_only = pytest.mark.skipif(
    sys.platform != "linux",
    reason="uses what Linux alone has, such as /proc and its memory figures",
)
posix_only = pytest.mark.skipif(
    os.name != "posix", reason="uses a shell, signals, named pipes, file modes or devices of POSIX"
)
needs_links = pytest.mark.skipif(
    os.name != "posix", reason="makes links, which Windows lets only some users do"
)
