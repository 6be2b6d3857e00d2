"""How near each reader comes to what a page must say: score.py FIXTURES OUT.

F1 is of words (of characters in scripts that do not part words), the mean over all pages; a page is
entirely right when it says the words that it must, in their order, and no others. The headline
counts for nobody: some readers have it in the text."""

import collections
import pathlib
import re
import sys
import unicodedata

WIDE = re.compile("[\u2e80-\uabff\uf900-\ufaff]")


def words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "").lower()
    found = []
    for word in re.findall(r"\w+", text):
        found.extend(word if WIDE.search(word) else [word])
    return found


def f1(said: list[str], wanted: list[str]) -> float:
    common = sum((collections.Counter(said) & collections.Counter(wanted)).values())
    if not said or not wanted or not common:
        return 1.0 if said == wanted else 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def without(said: list[str], title: list[str]) -> list[str]:
    return said[len(title) :] if title and said[: len(title)] == title else said


def main() -> None:
    fixtures, out = map(pathlib.Path, sys.argv[1:3])
    pages = {}
    for path in sorted(fixtures.glob("*.html")):
        lines = path.with_suffix(".expected.txt").read_text(encoding="utf-8").splitlines()
        if "REFUSED" in lines or any(line.startswith("TABLE ") for line in lines):
            continue
        title = next((line[6:] for line in lines if line.startswith("TITLE ")), "")
        asks = ("TITLE ", "DATE ", "PARAGRAPHS ")
        text = "\n".join(line for line in lines if not line.startswith(asks))
        pages[path.stem] = (words(title), words(text))
    kinds = {re.sub(r"-[a-z]{2}\d?$", "", name) for name in pages}
    print(f"{len(pages)} pages of {len(kinds)} kinds")
    print(f"{'reader':22} {'F1':>6} {'entirely right':>15}")
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        total, right = 0.0, 0
        for name, (title, wanted) in pages.items():
            said = without(words((folder / f"{name}.txt").read_text(encoding="utf-8")), title)
            total += f1(said, wanted)
            right += said == wanted
        print(f"{folder.name:22} {total / len(pages):6.3f} {right:7} of {len(pages)}")


main()
