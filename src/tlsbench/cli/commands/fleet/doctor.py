"""``tlsbench fleet doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from tlsbench.cli.fleets import Allow, Certs, Local, Scheduler
from tlsbench.cli.options import AsJson, Quiet
from tlsbench.cli.teaching import teaches

_FAILED = 1


@teaches(
    r"""Check the machines of a fleet, their software and clocks.

    Says what 'fleet run' and 'fleet load' would refuse, and measures nothing.

    \b
    Examples:
      tlsbench fleet doctor --scheduler tls://192.0.2.1:8786
      tlsbench fleet doctor --local 2 --json
      tlsbench fleet doctor --local 2 --implementations pyopenssl,ssl

    Exit codes: 0 the machines agree, 1 they do not, 2 wrong request.
    """
)
def command(
    *,
    scheduler: Scheduler = None,
    local: Local = 0,
    certs: Certs = None,
    allow: Allow = None,
    implementations: Annotated[
        str,
        typer.Option("--implementations", metavar="A,B", help="Implementations whose engines are compared."),
    ] = "pyopenssl",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Look, and print what was found."""
    import json
    from dataclasses import asdict

    from tlsbench.cli import output
    from tlsbench.cli.fleets import allowed, cluster
    from tlsbench.fleet.agreeing import survey
    from tlsbench.interrupts import interruptible

    may_differ = allowed(allow, local)
    note = (lambda _line: None) if quiet else output.note
    with interruptible() as stop, cluster(scheduler, local, certs, note, stop) as there:
        found = survey(there, implementations.split(","), share_hosts="shared-hosts" in may_differ)
    if as_json:
        output.write(json.dumps(asdict(found), indent=2) + "\n")
        return _FAILED if found.problems(may_differ) else 0
    for one in found.machines:
        facts = ", ".join(f"{name} {value}" for name, value in one.rows.items())
        output.line(f"{one.name} ({one.address}): {facts}")
        clock = f"clock {one.clock_off_ms:+,.1f} ms, read to ± {one.uncertain_ms:.1f} ms"
        output.line(f"  {clock}{f'; {one.spare} more workers on this host' if one.spare else ''}")
    for line in found.remarks:
        output.line(line)
    for line in found.problems(may_differ):
        output.line(f"refused: {line}")
    return _FAILED if found.problems(may_differ) else 0
