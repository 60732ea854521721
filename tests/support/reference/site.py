"""The documentation site: the pages as they stand in the checkout, and those made from the code.

Pages link to one another as files do, so they are copied with their places kept; links to what is
no page (code, tests) lead to nothing on a site, and become the words alone.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gofer
from tests.support.checkout import ROOT
from tests.support.pages import all_pages
from tests.support.reference.routes import routes_page

SOURCE = ROOT / "build" / "pages"
SITE = ROOT / "build" / "site"
PICTURES = (".svg", ".png")
LINK = re.compile(r"(?P<bang>!?)\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s]+)\)")


def build() -> int:
    """Build the site; return 1 where there is a warning: a dead link, a page that no menu has."""
    stage()
    command = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--clean"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # the theme's word on MkDocs' future
    command += ["-f", str(ROOT / "mkdocs.yml")]
    code = subprocess.run(command, check=False, env=quiet).returncode
    if code == 0:
        sys.stdout.write(f"{SITE.relative_to(ROOT)}/index.html\n")
    return code


def stage() -> None:
    """Put everything that the site is made of into build/pages."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for each in all_pages():
        _write(each.name, _linked(each.path, each.text))
    for picture in (ROOT / "benchmarks").rglob("*"):
        if picture.suffix in PICTURES:
            _write(picture.relative_to(ROOT).as_posix(), picture.read_bytes())
    _write("index.md", _linked(ROOT / "README.md", (ROOT / "README.md").read_text("utf-8")))
    (SOURCE / "README.md").unlink()
    _write("docs/reference/rest.md", routes_page())
    _write("docs/reference/sdk.md", sdk_page())


def sdk_page() -> str:
    """Return what mkdocstrings makes the SDK's reference of: one entry a public name."""
    names = sorted(name for name in gofer.__all__ if not name.startswith("_"))
    entries = "\n\n".join(f"::: gofer.{name}" for name in names)
    head = "# SDK reference\n\nWhat `import gofer` offers, from the code's own words."
    return f"{head}\n\n{entries}\n"


def _linked(path: Path, text: str) -> str:
    """Return a page's text whose links lead to what the site has."""

    def relinked(match: re.Match[str]) -> str:
        name, hash_, anchor = match["target"].partition("#")
        if "://" in name or not name:
            return match[0]
        target = (path.parent / name).resolve()
        if target.suffix in {".md", *PICTURES} and target.is_file():
            if target == ROOT / "README.md":
                home = os.path.relpath(ROOT / "index.md", path.parent)
                return f"{match['bang']}[{match['words']}]({home}{hash_}{anchor})"
            return match[0]
        return match["words"]

    return LINK.sub(relinked, text)


def _write(name: str, content: str | bytes) -> None:
    target = SOURCE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
