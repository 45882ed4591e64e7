"""``tlsbench engines``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.options import AsJson
from tlsbench.cli.teaching import teaches

if TYPE_CHECKING:
    from tlsbench.session.engines import Engine

_PLAIN_WIDTH = 200
#: With fewer columns than this, selectors are listed below the table.
_ROOM_FOR_SELECTORS = 120


@teaches(
    r"""List every TLS library on this machine and in this environment, with the selector that measures it.

    Each is loaded in a separate process, so a library that crashes is still listed, with the reason.

    \b
    Examples:
      tlsbench engines
      tlsbench engines --json
      tlsbench run 'implementation=libssl:*' version=1.3
    """
)
def command(
    *,
    as_json: AsJson = False,
    measurable: Annotated[
        bool,
        typer.Option("--measurable", help="List only those that can be measured, one selector per line."),
    ] = False,
) -> None:
    """Print what is found, what cannot be measured and why, and what could be installed for more."""
    import json
    from dataclasses import asdict

    from tlsbench.cli import output
    from tlsbench.session.engines import find_engines

    engines = find_engines()
    if as_json:
        document = {
            "engines": [{**asdict(one), "selector": one.selector} for one in engines.found],
            "installable": [{**asdict(one), "how": one.how} for one in engines.installable],
        }
        output.write(json.dumps(document, indent=2) + "\n")
        return
    usable = [one for one in engines.found if not one.state]
    if measurable:
        for one in usable:
            output.line(one.selector)
        return
    _print_usable(usable)
    rest = [one for one in engines.found if one.state]
    if rest:
        output.line("")
        output.line("found, but cannot be measured:")
        for one in rest:
            where = f" ({one.file}{f', {one.brought_by}' if one.brought_by else ''})" if one.file else ""
            name = one.implementation if one.implementation and not one.file else one.engine
            output.line(f"  {name}{where}: {one.state}: {one.reason}")
    if engines.installable:
        output.line("")
        output.line("more that could be installed:")
        for more in engines.installable:
            output.line(f"  {more.how}: {more.brings}, then {more.measured_as}")


def _print_usable(usable: Sequence[Engine]) -> None:
    """Print the engines that can be measured; a selector is meant to be copied, and is never broken."""
    from rich.table import Table

    from tlsbench.cli import output
    from tlsbench.report.terminal import line

    is_narrow = (output.columns_wanted() or _PLAIN_WIDTH) < _ROOM_FOR_SELECTORS
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("engine", "brought by", "can", *(() if is_narrow else ("selector",))):
        table.add_column(heading, overflow="fold")
    for one in usable:
        told = (one.engine, one.brought_by, ", ".join(one.can), *(() if is_narrow else (one.selector,)))
        table.add_row(*map(line, told))
    output.show(table, _PLAIN_WIDTH)
    if is_narrow:
        output.line("")
        output.line("selected by:")
        for one in usable:
            output.line(f"  {one.selector} is {one.engine}")
