"""Tables that repeat the domain's own: states, causes, effects, promises, words."""

from typing import get_args

from gofer.domain.policy import Requeue, judge
from gofer.domain.protocol import effects
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import DispatcherEffect, WorkerEffect
from gofer.domain.protocol.worker import WorkerCore
from gofer.domain.task import TRANSITIONS, Budget, Cause, Failure, Spent, TaskStatus
from gofer.entrypoints.rest import legacy
from tests.support.checkout import ROOT
from tests.support.pages import page, unquoted


def test_the_table_of_transitions_is_the_domains_table() -> None:
    rows = page("ARCHITECTURE.md").rows("from")
    shown = {(start, event): end for start, event, end, _ in rows}
    assert shown == {(str(s), str(event)): str(end) for (s, event), end in TRANSITIONS.items()}
    assert len(rows) == len(TRANSITIONS)


def test_the_glossary_has_every_status_and_how_original_clients_see_it() -> None:
    shown = {
        unquoted(name): unquoted(seen) for name, _, seen in page("docs/glossary.md").rows("status")
    }
    assert shown == {
        str(status): str(vars(legacy)["_SHOWN"].get(status, status)) for status in TaskStatus
    }


def test_the_glossary_says_of_every_cause_whether_it_is_tried_again() -> None:
    rows = page("docs/glossary.md").rows("cause")
    shown = {unquoted(name): again != "no" for name, _, again in rows}
    budget = Budget(retries=1, redeliveries=1)
    tried = {
        str(cause): isinstance(judge(Failure(cause, "", ""), budget, Spent(), 0.5), Requeue)
        for cause in Cause
    }
    assert shown == tried


def test_the_effects_of_both_cores_are_all_listed_with_the_methods_that_answer_them() -> None:
    architecture = page("ARCHITECTURE.md").prose
    names = [kind.__name__ for kind in (*_members(DispatcherEffect), *_members(WorkerEffect))]
    assert [name for name in names if f"`{name}`" not in architecture] == []
    answers = [
        unquoted(row[1]) for row in page("ARCHITECTURE.md").rows("effects of the dispatcher's core")
    ]
    methods = [name for name in answers if name.isidentifier() and name != "nothing"]
    assert methods
    assert [name for name in methods if not hasattr(DispatcherCore, name)] == []
    assert all(hasattr(WorkerCore, name) for name in ("executed", "unrunnable", "taken_back"))


def test_the_readmes_budgets_are_the_defaults() -> None:
    budget = Budget()
    readme = " ".join(page("README.md").prose.split())
    assert budget.retries == 0
    assert "never again after it raised" in readme
    assert f"up to {budget.redeliveries} more times after its own child process died" in readme
    assert f"up to {budget.worker_losses} more times after a whole worker was lost" in readme


def test_the_words_of_the_glossary_stand_in_the_files_that_it_calls_their_homes() -> None:
    strangers = [
        f"{word} in {homes}"
        for words, _, homes in page("docs/glossary.md").rows("word")
        for word in words.replace("**", "").split(", ")
        if word.split()[0].rstrip("s") not in _text_of(homes)
    ]
    assert strangers == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = [row[0].replace("**", "") for row in page("docs/glossary.md").rows("word")]
    assert words == sorted(words)


def _text_of(homes: str) -> str:
    files = (ROOT / unquoted(home) for home in homes.split(", "))
    return "\n".join(file.read_text("utf-8").lower() for file in files)


def _members(union: object) -> list[type]:
    return [
        kind
        for part in get_args(union)
        for kind in (get_args(part) or (part,))
        if kind.__module__ == effects.__name__
    ]
