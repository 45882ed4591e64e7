"""``tlsbench trace``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import Selectors
from tlsbench.cli.parsing import format_among
from tlsbench.cli.teaching import teaches


@teaches(
    r"""Show one handshake message by message, decrypted: sizes, extensions, flights.

    The selectors name one scenario. One handshake is made and proved, with a key log where a library
    gives one. A trace is not a benchmark: in measurements a key log is always off.

    \b
    Examples:
      tlsbench trace implementation=pyopenssl version=1.3 key=ecdsa-secp256r1
      tlsbench trace implementation=ssl version=1.2 resumption=ticket \
        --pcap ticket.pcapng
      tlsbench trace implementation=pyopenssl version=1.3 group=secp256r1 \
        --hello-retry
      tlsbench trace implementation=pyopenssl version=1.3 --json trace.json
    """
)
def command(
    *,
    selectors: Selectors = None,
    hello_retry: Annotated[
        bool,
        typer.Option(
            "--hello-retry",
            help="Short for hello_retry=yes: the server asks for a key share of another group.",
        ),
    ] = False,
    pcap: Annotated[
        Path | None,
        typer.Option(
            "--pcap",
            metavar="PATH",
            help="Write a capture with its secrets for Wireshark (pcapng); if PATH ends with .pcap, a pcap "
            "and a separate key log.",
            show_default=False,
        ),
    ] = None,
    json_path: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="PATH",
            help="Write the handshake as JSON, which 'tlsbench report' reads too.",
            show_default=False,
        ),
    ] = None,
    output_format: Annotated[str, format_among("text", "json", "svg")] = "text",
) -> None:
    """Trace a handshake, and print its ladder."""
    from tlsbench.cli import output
    from tlsbench.report.ladder import ladder_text
    from tlsbench.report.ladder_svg import ladder_svg
    from tlsbench.results.trace_json import trace_to_json
    from tlsbench.session.trace import captures, trace, traced_scenario
    from tlsbench.tracing.capture import key_log_beside

    output.check(json_path, pcap, key_log_beside(pcap) if pcap is not None else None)
    given = selectors or []
    traced = trace(traced_scenario([*given, "hello_retry=yes"] if hello_retry else given))
    content = captures(traced, pcap) if pcap is not None else {}
    steps = [partial(output.written_secret, path, data) for path, data in content.items()]
    if json_path is not None:
        steps.append(partial(output.written, json_path, trace_to_json(traced.shown)))
    code = output.store(steps)
    with output.beside(json_path, pcap):
        show = {"text": ladder_text, "json": trace_to_json, "svg": ladder_svg}[output_format]
        output.write(show(traced.shown))
    if code:
        raise typer.Exit(code)
