"""Makes the text that is measured: real, in many languages, most of it seen once.

It is the translated help of LibreOffice and the translated manual pages of Debian's packages, which
`python -m benchmarks.corpus FOLDER` downloads with apt; and Python source code, from the standard
library and whatever is installed beside it. Nothing of it is shipped.
"""

from __future__ import annotations

import gzip
import html
import json
import random
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

STRINGS = 1_000_000
"""How many strings there are in the file of short strings."""


def main(folder: Path) -> None:
    """Makes `corpus.jsonl`, `plain.txt`, `strings.jsonl` and `code.jsonl` in a folder."""
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    if not list(packages.glob("*.deb")):
        download(packages)
    documents = [
        {"text": text, "language": language}
        for package in sorted(packages.glob("*.deb"))
        for language, text in documents_of(package)
    ]
    # Pages that nobody has translated are the same in every language; each is kept once.
    documents = list({document["text"]: document for document in documents}.values())
    random.Random(0).shuffle(documents)
    write_records(folder / "corpus.jsonl", documents)
    (folder / "plain.txt").write_bytes("\n".join(d["text"] for d in documents).encode())
    write_records(folder / "strings.jsonl", strings_of(documents))
    sources = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    code = [{"text": path.read_bytes().decode("utf-8", "replace")} for path in sources]
    write_records(folder / "code.jsonl", [{**record, "language": "und"} for record in code])


def download(folder: Path) -> None:
    """Downloads the packages, as Debian's mirror has them."""
    names: list[str] = []
    for prefix in ("libreoffice-help-", "manpages-"):
        found = subprocess.run(
            ["apt-cache", "pkgnames", prefix], capture_output=True, check=True, text=True
        )
        names += found.stdout.split()
    without = {"libreoffice-help-common", "manpages-dev"}
    subprocess.run(["apt-get", "download", *sorted(set(names) - without)], cwd=folder, check=True)


def documents_of(package: Path) -> Iterator[tuple[str, str]]:
    """Yields language and text of each page in a package."""
    unpack = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with (
        subprocess.Popen(unpack, stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            parts = Path(member.name).parts
            if file is None:
                continue
            if member.name.endswith(".html") and "help" in parts:
                language = parts[parts.index("help") + 1]
                text = text_of_help(file.read().decode("utf-8", "replace"))
            elif member.name.endswith(".gz") and "man" in parts:
                language = parts[parts.index("man") + 1].partition(".")[0]
                text = text_of_manual(gzip.decompress(file.read()).decode("utf-8", "replace"))
            else:
                continue
            if len(text) > 200:
                yield language, text


def text_of_help(page: str) -> str:
    """Returns the text of a page of LibreOffice's help, without its navigation."""
    content = page.partition('<div id="DisplayArea"')[2]
    content = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", content)
    content = html.unescape(re.sub(r"<[^>]*>", "", content.partition(">")[2]))
    return "\n".join(line.strip() for line in content.splitlines() if line.strip())


def text_of_manual(page: str) -> str:
    """Returns the text of a manual page, without the lines that only format it."""
    lines = [line for line in page.splitlines() if line[:1] not in (".", "'")]
    return re.sub(r"\\(f.|[&%/,|^])", "", "\n".join(lines)).replace("\\-", "-").strip()


def strings_of(documents: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yields strings of about 80 characters, each of them once."""
    seen: set[str] = set()
    for document in documents:
        text = document["text"]
        for line in re.findall(r".{60,100}(?=\s)|.{80}", text):
            if line not in seen:
                seen.add(line)
                yield {"text": line, "language": document["language"]}
                if len(seen) == STRINGS:
                    return


def write_records(path: Path, records: Iterator[dict[str, str]] | list[dict[str, str]]) -> None:
    """Writes JSON Lines."""
    with path.open("wb") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
    print(f"{path}: {path.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
