"""Writes a file into a comment on a pull request, or updates the comment of an earlier run.

It is a step of action.yml, and needs nothing but Python. The environment says where:
GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST and GITHUB_TOKEN.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

MARK = "<!-- tokcompare check -->"
"""The first line of the comment, by which it is found again; GitHub shows nothing of it."""

MOST = 65_000
"""How many characters a comment has: GitHub takes 65,536."""


def ask(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    """Sends a request to GitHub, and returns its answer."""
    request = Request(
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}",
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
        },
        method=method,
    )
    with urlopen(request, timeout=30) as answer:
        return json.load(answer)


def comments(number: str) -> Iterator[dict[str, Any]]:
    """Yields the comments on a pull request."""
    page = 1
    while found := ask("GET", f"issues/{number}/comments?per_page=100&page={page}"):
        yield from found
        page += 1


def main() -> None:
    """Writes the comment, or says why it cannot be written. The check has its own exit code."""
    number = os.environ["PULL_REQUEST"]
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    if len(text) > MOST:
        text = f"{text[:MOST].rpartition(chr(10))[0]}\n\nThe rest is in the summary of the run.\n"
    content = {"body": f"{MARK}\n{text}"}
    try:
        for comment in comments(number):
            is_own = comment["user"]["type"] == "Bot" and comment["body"].startswith(MARK)
            if is_own:
                ask("PATCH", f"issues/comments/{comment['id']}", content)
                return
        ask("POST", f"issues/{number}/comments", content)
    except OSError as error:  # also the errors of urllib
        print(
            f"::warning title=tokcompare::The comment could not be written: {error}. The job needs "
            "the permission pull-requests: write, which a pull request from a fork does not give."
        )


if __name__ == "__main__":
    main()
