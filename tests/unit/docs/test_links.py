"""Links between pages lead somewhere, and every page can be found."""

import re

from tests.support.checkout import ROOT
from tests.support.pages import all_pages, page


def test_every_link_between_pages_resolves() -> None:
    dead: list[str] = []
    for each in all_pages():
        for target in each.links():
            name, _, anchor = target.partition("#")
            if "://" in name:
                continue
            path = (each.path.parent / name).resolve() if name else each.path
            if not path.exists():
                dead.append(f"{each.name}: {target}")
            elif anchor and anchor not in page(path.relative_to(ROOT).as_posix()).anchors():
                dead.append(f"{each.name}: {target} has no such heading")
    assert dead == []


def test_every_page_is_in_the_index() -> None:
    index = page("docs/index.md")
    listed = {(index.path.parent / target.partition("#")[0]).resolve() for target in index.links()}
    unlisted = [each.name for each in all_pages() if each.path not in {*listed, index.path}]
    assert unlisted == []


def test_every_page_is_in_the_menu_of_the_site() -> None:
    menu = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    listed = set(re.findall(r"[\w/.-]+\.md", menu))
    assert [each.name for each in all_pages() if each.name not in {*listed, "README.md"}] == []


def test_every_code_block_that_says_so_is_run_by_a_test_that_exists() -> None:
    named = {(each.name, test) for each in all_pages() for test in each.tests_that_run_blocks()}
    missing = [test for _, test in named if not (ROOT / test).is_file()]
    assert named
    assert missing == []
    assert [
        (name, test) for name, test in named if name not in (ROOT / test).read_text("utf-8")
    ] == []
