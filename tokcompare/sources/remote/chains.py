"""Chains: URLs such as "zip://a.csv::simplecache::https://host/b.zip", taken apart.

The caches in a chain are replaced by files without a name, because their folders would stay behind.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tokcompare.files import split_links

_CACHES = ("simplecache", "filecache", "blockcache", "cached")
_ARCHIVES = ("zip", "tar", "libarchive")


class Chain(NamedTuple):
    """The parts of a chained URL.

    Attributes:
        caches: The caches that it begins with, such as "simplecache::", or "".
        url: The URL behind them, up to the next cache.
        cached: The URL behind that cache, of a file that is copied first; "" if there is none.
    """

    caches: str
    url: str
    cached: str

    @property
    def scheme(self) -> str:
        """The protocol of the file itself."""
        return self.url.partition("://")[0].lower()

    @property
    def innermost(self) -> str:
        """The protocol that the cached file is opened by."""
        return split_links(self.url)[-1].partition("://")[0]

    def url_of(self, path: str, found: str, complete: str) -> str:
        """Returns the URL of a file that was found at another path.

        Args:
            path: The path that the chain has in its file system.
            found: The path of the file there.
            complete: The URL of the file according to fsspec, which leaves out hosts and users.
        """
        link, *rest = split_links(self.url)
        link = link.rstrip("/")
        shown = link[: -len(path)] + found if path and link.endswith(path) else complete
        if self.cached:
            rest = [*rest, self.cached]
        return self.caches + "::".join([shown, *rest])


def parse_chain(url: str) -> Chain:
    """Takes a URL apart.

    >>> parse_chain("simplecache::zip://a.csv::filecache::s3://bucket/b.zip")
    Chain(caches='simplecache::', url='zip://a.csv', cached='filecache::s3://bucket/b.zip')
    """
    links = split_links(url)
    is_cache = [link.partition("://")[0].lower() in _CACHES for link in links]
    start = is_cache.index(False) if False in is_cache else len(links)
    end = is_cache.index(True, start) if True in is_cache[start:] else len(links)
    return Chain(
        caches="".join(f"{link}::" for link in links[:start]),
        url="::".join(links[start:end]),
        cached="::".join(links[end:]),
    )


def leads_out(chain: Chain, path: str) -> bool:
    """Returns whether a member of an archive would be unpacked outside of the folder.

    Args:
        chain: The URL.
        path: The path of the member, or of a folder or glob.
    """
    if chain.scheme not in _ARCHIVES or not path:
        return False
    parts = re.split(r"[/\\]", path)
    return ".." in parts or not parts[0] or re.fullmatch(r"[A-Za-z]:", parts[0]) is not None
