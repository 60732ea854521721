"""The documentation as data: pages, links, tables, code blocks; for the tests that keep it true."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.checkout import ROOT

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_RUNS = re.compile(
    r"<!-- runs: (?P<test>\S+) -->\n```\w*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\((?P<target>[^)\s]+)\)")
_QUOTED = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file; ``prose`` is its text without code blocks."""

    path: Path
    text: str
    prose: str

    @property
    def name(self) -> str:
        """Return the path within the checkout."""
        return self.path.relative_to(ROOT).as_posix()

    def links(self) -> list[str]:
        """Return the targets of all links."""
        return [match["target"] for match in _LINK.finditer(self.prose)]

    def quoted(self) -> list[str]:
        """Return what stands between backticks in the prose."""
        return _QUOTED.findall(self.prose)

    def anchors(self) -> set[str]:
        """Return the anchors of the headings, as renderers make them."""
        headings = (match["text"].lower() for match in _HEADING.finditer(self.prose))
        return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}

    def blocks(self, *languages: str) -> list[str]:
        """Return the code blocks in these languages."""
        return [m["code"] for m in _FENCE.finditer(self.text) if m["language"] in languages]

    def blocks_run_by(self, test: str) -> list[str]:
        """Return the code blocks that say that ``test`` runs them."""
        return [match["code"] for match in _RUNS.finditer(self.text) if match["test"] == test]

    def tests_that_run_blocks(self) -> set[str]:
        """Return the tests that code blocks say run them."""
        return {match["test"] for match in _RUNS.finditer(self.text)}

    def rows(self, first_heading: str) -> list[list[str]]:
        """Return the rows of every table whose first column has this heading, cell by cell."""
        rows: list[list[str]] = []
        inside = False
        for line in self.prose.splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|"):
                inside = False
            elif cells[0] == first_heading:
                inside = True
            elif inside and not set(line) <= set("|-: "):
                rows.append(cells)
        return rows


@cache
def page(name: str) -> Page:
    """Return a page by its path within the checkout."""
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    return Page(path, text, _FENCE.sub("", text))


def all_pages() -> list[Page]:
    """Return every page: those at the top, in docs/ and in benchmarks/."""
    folders = (ROOT / "docs", ROOT / "benchmarks")
    found = [*ROOT.glob("*.md"), *(path for each in folders for path in each.rglob("*.md"))]
    return [page(path.relative_to(ROOT).as_posix()) for path in sorted(found)]


def unquoted(cell: str) -> str:
    """Return a table's cell without the backticks around it."""
    return cell.strip("`")
