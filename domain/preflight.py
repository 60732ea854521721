"""Whether a function can run before anybody runs it: the checks, and what they found.

Pure: the source is parsed, the pickle was walked, the workers are those that somebody saw. An error
holds for ever, so that the function is not registered; what the workers that are there now lack is
a warning, as others may join.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .findings import Finding, Level
from .function import Environment, Form, FunctionHead, form_for
from .sources import SourceView

LARGE_CLOSURE_BYTES = 1024 * 1024
"""Data that a function may bring along without a warning: it travels to each worker."""


@dataclass(frozen=True, slots=True)
class Report:
    """What preflight says. ``closure`` bytes are those of the bytecode that are data, not code."""

    findings: tuple[Finding, ...]
    environment: Environment
    bytecode_bytes: int = 0
    source_bytes: int = 0
    closure_bytes: int = 0

    @property
    def ok(self) -> bool:
        """Return whether it can be registered: there is no error."""
        return not self.unfit

    @property
    def unfit(self) -> tuple[Finding, ...]:
        """Return the errors; they hold whatever workers there are."""
        return tuple(each for each in self.findings if each.level is Level.ERROR)


def fits_nowhere(function: FunctionHead, workers: Iterable[Environment]) -> str:
    """Return why no worker of these environments can run a function; "" if one can."""
    offered = list(workers)
    if any(form_for(function, each) is not None for each in offered):
        return ""
    if not offered:
        return f"no worker is connected; it needs one of {function.tag}"
    there = ", ".join(sorted({each.tag for each in offered}))
    more = "" if function.has_source else "; register it with source, and any version can run it"
    return f"no connected worker runs {function.tag} (there are: {there}){more}"


def workers_findings(
    function: FunctionHead, view: SourceView, workers: Sequence[Environment]
) -> list[Finding]:
    """Return what the workers that are there lack; who tells no modules is taken to have all."""
    problem = fits_nowhere(function, workers)
    if problem:
        return [
            Finding(Level.WARNING, "no-worker", function.tag, None, f"{problem}; it would wait")
        ]
    findings: list[Finding] = []
    forms = [form_for(function, each) for each in workers]
    if Form.SOURCE in forms and Form.BYTECODE in forms:
        other = ", ".join(
            sorted({w.tag for w, f in zip(workers, forms, strict=True) if f is Form.SOURCE})
        )
        text = (
            f"workers of {other} get it as source, those of {function.environment.tag} as bytecode"
        )
        findings.append(Finding(Level.WARNING, "other-environment", other, None, text))
    fitting = [w for w, form in zip(workers, forms, strict=True) if form is not None]
    if any(not worker.modules for worker in fitting):
        return findings
    for module, line in view.modules:
        having = [worker for worker in fitting if module in worker.modules]
        if len(having) == len(fitting):
            continue
        who = f"{len(fitting) - len(having)} of {len(fitting)} workers lack it" if having else ""
        text = (
            f"{who or 'no worker has it'}: the module {module!r} must be installed on them, or its "
            "folder named with --path DIR when they are started"
        )
        findings.append(Finding(Level.WARNING, "missing-module", module, line or None, text))
    return findings


def closure_findings(closure_bytes: int) -> list[Finding]:
    """Return a warning about a function that carries much data."""
    if closure_bytes <= LARGE_CLOSURE_BYTES:
        return []
    text = (
        f"the function brings {closure_bytes} bytes of data along, to each worker: hand them over "
        "as an argument, or read them where it runs"
    )
    return [Finding(Level.WARNING, "large-closure", "", None, text)]


def not_looked_into(environment: Environment, ours: Environment) -> SourceView:
    """Return what there is to say of bytecode of another version: that nobody here can read it."""
    text = (
        f"bytecode of {environment.tag} is not looked into by this service, which is {ours.tag}: "
        "names and modules that it will lack are not told; register it with its source, too"
    )
    finding = Finding(Level.WARNING, "other-environment", environment.tag, None, text)
    return SourceView(findings=(finding,))


def with_contract(environment: Environment, view: SourceView) -> Environment:
    """Return an environment that says, too, which modules the source needs."""
    needed = {name for name, _ in view.modules} - view.optional
    return replace(environment, modules=tuple(sorted({*environment.modules, *needed})))
