"""``make reference`` and ``make docs``: write the pages that are made from the code; the site."""

import argparse
import sys

from tests.support.checkout import ROOT
from tests.support.reference.commands import commands_page
from tests.support.reference.site import build

PAGES = {"docs/cli.md": commands_page}
"""Pages that are kept in the repository; a test says that each is as the code has it."""


def main() -> int:
    """Write the pages, or build the site; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", action="store_true", help="build the site into build/site")
    if parser.parse_args().site:
        return build()
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
