"""All looks, one after another, in the order in which one would mend things."""

from typing import Any

from . import configuration, machine
from .findings import Finding, Level
from .service import look_at_service
from .store import look_at_store


def examine(url: str | None) -> tuple[list[Finding], dict[str, Any]]:
    """Return what was found, and the facts behind it: versions, settings, workers."""
    findings = [*machine.look_at_versions()]
    facts: dict[str, Any] = {"versions": machine.versions()}
    settings, said = configuration.read()
    findings += said
    look = look_at_service(url)
    if settings is not None:
        facts["settings"] = configuration.shown(settings)
        named = "store" in configuration.sources()
        findings += look_at_store(settings, named=named, served=look.ready)
    findings += look.findings
    facts["workers"] = look.workers
    if settings is not None:
        findings += machine.look_at_ports(settings, look.local_ports)
    findings += machine.look_at_resources()
    return findings, facts


def is_healthy(findings: list[Finding]) -> bool:
    """Return whether nothing failed."""
    return all(finding.level is not Level.FAIL for finding in findings)
