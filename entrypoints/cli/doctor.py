"""``gofer doctor``: what is wrong with this installation, and what to do."""

# ruff: noqa: PLC0415 - see the package

from dataclasses import asdict

import typer

from .options import AsJson, Url
from .showing import print_json, styled


def doctor(url: Url = None, as_json: AsJson = False) -> None:
    """Look at versions, settings, store, service, workers, clocks, ports and this machine.

    Nothing is changed. Exits with 1 if something cannot work as it is.
    """
    from ..doctor.run import examine, is_healthy

    findings, facts = examine(url)
    healthy = is_healthy(findings)
    if as_json:
        checks = [asdict(finding) for finding in findings]
        print_json({"ok": healthy, "checks": checks, **facts})
    else:
        for finding in findings:
            typer.echo(f"{styled(f'{finding.level:4}')}  {finding.check:12}  {finding.text}")
            if finding.do:
                typer.echo(f"{'':20}-> {finding.do}")
    if not healthy:
        raise typer.Exit(1)
