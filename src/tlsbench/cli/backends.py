"""The options for loads on several backends."""

from __future__ import annotations

from typing import Annotated

import typer

Spread = Annotated[
    str,
    typer.Option(
        "--spread",
        metavar="METHOD",
        help="Which of several backends a connection goes to: round-robin, or least-open (fewest in use).",
    ),
]
WhenDown = Annotated[
    str,
    typer.Option(
        "--when-down",
        metavar="ACTION",
        help="A backend is down after three failures in a row: its share keeps failing (fail), or goes to "
        "the others (move).",
    ),
]
Clients = Annotated[
    int,
    typer.Option(
        "--clients",
        metavar="N",
        help="Resume as N returning clients, chosen at random, on any backend. [default: the latest session "
        "of the same backend]",
        show_default=False,
    ),
]
Via = Annotated[
    list[str] | None,
    typer.Option(
        "--via",
        metavar="[HOST:PORT,]CONDITIONS",
        help="Simulate a line to local servers, or to one of them: rtt=50ms,bandwidth=10mbit,loss=1% (root, "
        "Linux). Repeatable.",
        show_default=False,
    ),
]
