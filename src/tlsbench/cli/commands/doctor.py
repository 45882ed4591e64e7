"""``tlsbench doctor``."""

from __future__ import annotations

from typing import Annotated, Final

from tlsbench.cli.parsing import format_among
from tlsbench.cli.teaching import teaches

_COLOURS: Final = {"good": "green", "fair": "yellow", "poor": "red", "unknown": "dim"}
_PLAIN_WIDTH = 160


@teaches(
    r"""Rate this machine as a benchmark host, with a remedy for each problem.

    \b
    Examples:
      tlsbench doctor
      tlsbench doctor --format json
      taskset -c 1 tlsbench doctor
    """
)
def command(
    *,
    output_format: Annotated[str, format_among("table", "json")] = "table",
) -> None:
    """Grade this machine, and print the findings with their remedies."""
    import json
    from dataclasses import asdict

    from rich.table import Table
    from rich.text import Text

    from tlsbench.cli import output, settings
    from tlsbench.report.terminal import line
    from tlsbench.session import doctor

    output.note(f"checking and measuring for about {doctor.SECONDS:.0f} s")
    findings = [*settings.findings(), *doctor.examine()]
    if output_format == "json":
        output.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("", "grade", "found", "remedy"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        grade = Text(finding.grade, style=_COLOURS[finding.grade])
        table.add_row(finding.name, grade, line(finding.found), line(finding.remedy))
    output.show(table, _PLAIN_WIDTH)
