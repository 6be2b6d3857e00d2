"""What trafilatura and readability-lxml make of each fixture: peers.py FIXTURES OUT."""

import pathlib
import sys

import lxml.html
import trafilatura
from readability import Document


def read_with_trafilatura(page: str) -> str:
    return trafilatura.extract(page, include_comments=False, include_tables=True) or ""


def read_with_readability(page: str) -> str:
    summary = Document(page).summary()
    tree = lxml.html.fromstring(summary)
    return "\n".join(text.strip() for text in tree.itertext() if text.strip())


READERS = {"trafilatura": read_with_trafilatura, "readability-lxml": read_with_readability}


def main() -> None:
    fixtures, out = map(pathlib.Path, sys.argv[1:3])
    for name, read in READERS.items():
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(fixtures.glob("*.html")):
            try:
                text = read(path.read_text(encoding="utf-8", errors="replace"))
            except Exception as error:  # a reader that gives up has read nothing
                print(f"{name} gives up on {path.name}: {error}", file=sys.stderr)
                text = ""
            (folder / f"{path.stem}.txt").write_text(text, encoding="utf-8")


main()
