"""``tlsbench certs demo``."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from tlsbench.certs.demos import DEMOS, load
from tlsbench.certs.demos.stage import Stage, Step, print_step, stage_console
from tlsbench.cli import output


def demo(name: str | None, *, as_json: bool) -> None:
    """Play a demo, or all, or list what there is.

    :raises RequestError: if there is none of that name.
    :raises DemoError: if an outcome is not what it must be; those after it are not played then.
    """
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
            f"\n{len(names)} demos, every outcome as told; {refused} connections refused as they must be"
        )


def _play(console: Console, name: str, steps: list[Step]) -> None:
    console.print(Text(f"{name}: {DEMOS[name]}", style="bold"))

    def tell(step: Step) -> None:
        steps.append(step)
        print_step(console, step)

    load(name)(Stage(tell))


def _list(*, as_json: bool) -> None:
    if as_json:
        output.write(json.dumps(DEMOS, indent=2) + "\n")
        return
    for name, meaning in DEMOS.items():
        output.line(f"{name:<22}{meaning}")
    output.write("\nTry: tlsbench certs demo chain, or: tlsbench certs demo all\n")
