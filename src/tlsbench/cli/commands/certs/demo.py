"""``tlsbench certs demo``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli import completion
from tlsbench.cli.options import AsJson
from tlsbench.cli.teaching import teaches

if TYPE_CHECKING:
    from rich.console import Console

    from tlsbench.certs.demos.stage import Step


@teaches(
    r"""See certificates work or fail in real handshakes on loopback.

    Each outcome is asserted, the alert on the wire included.

    \b
    Examples:
      tlsbench certs demo
      tlsbench certs demo mutual-tls
      tlsbench certs demo all
    """
)
def command(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|all]",
            help="The demo to run. [default: list them]",
            show_default=False,
            autocompletion=completion.demos,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play one demo or all, or list them; a demo with an unexpected outcome ends the command."""
    import json
    from dataclasses import asdict

    from tlsbench.certs.demos import DEMOS, load
    from tlsbench.certs.demos.stage import Stage, stage_console
    from tlsbench.cli import output

    if name is None:
        _list(as_json=as_json)
        return
    names = tuple(DEMOS) if name == "all" else (name,)
    console = stage_console()
    played = {}
    for one in names:
        steps: list[Step] = []
        play = load(one)
        if as_json:
            play(Stage(steps.append))
        else:
            _play(console, one, steps)
        played[one] = steps
    if as_json:
        document = {one: [asdict(step) for step in steps] for one, steps in played.items()}
        output.write(json.dumps(document, indent=2) + "\n")
    elif len(names) > 1:
        refused = sum(step.kind == "refused" for steps in played.values() for step in steps)
        console.print(
            f"\n{len(names)} demos, every outcome as expected; {refused} connections refused as they should "
            "be"
        )


def _play(console: Console, name: str, steps: list[Step]) -> None:
    from rich.text import Text

    from tlsbench.certs.demos import DEMOS, load
    from tlsbench.certs.demos.stage import Stage, print_step

    console.print(Text(f"{name}: {DEMOS[name]}", style="bold"))

    def tell(step: Step) -> None:
        steps.append(step)
        print_step(console, step)

    load(name)(Stage(tell))


def _list(*, as_json: bool) -> None:
    import json

    from tlsbench.certs.demos import DEMOS
    from tlsbench.cli import output

    if as_json:
        output.write(json.dumps(DEMOS, indent=2) + "\n")
        return
    columns = output.columns_wanted()
    for name, meaning in DEMOS.items():
        whole = f"{name:<22}{meaning}"
        for part in [whole] if columns is None else output.wrapped(whole, " " * 22, columns):
            output.line(part)
    output.write("\nTry: tlsbench certs demo chain, or: tlsbench certs demo all\n")
