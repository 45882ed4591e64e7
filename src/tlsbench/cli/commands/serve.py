"""``tlsbench serve``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.capturing import PcapConnections, PcapPath
from tlsbench.cli.options import Quiet, SocketOptions
from tlsbench.cli.parsing import Written, duration_or_zero, seconds_or_zero
from tlsbench.cli.teaching import teaches

if TYPE_CHECKING:
    from types import FrameType

    from tlsbench.pki import Peers
    from tlsbench.scenarios import Scenario
    from tlsbench.serving import ServerTally, Serving


@teaches(
    r"""Serve TLS with any implementation, in several processes, as a target for loads.

    \b
    Examples:
      tlsbench serve
      tlsbench serve implementation=rtls version=1.3 --port 9443 --processes 1
      tlsbench serve implementation=libssl --processes 1 --threads 4
      tlsbench serve implementation=libssl --ticket-keys pool.keys --port 8444
      tlsbench serve --http 3 key=ecdsa-secp256r1 --processes 1
      tlsbench serve key=rsa-2048 --model asyncio --root root.pem \
        --json counts.json

    Without group= it accepts any group that its library has and the client prefers.

    Ctrl-C ends it: it accepts no more connections, and open ones may go on for three seconds.
    """
)
def command(
    *,
    selectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR]...",
            help="What is served: implementation=, version=, cipher=, group=, key=, chain_length=, ...",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Port; 0 takes any free one.")] = 8443,
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDRESS", help="Address to listen on, or unix:PATH.")
    ] = "127.0.0.1",
    processes: Annotated[
        int,
        typer.Option(
            "--processes", "-p", metavar="N", help="Worker processes that share the port; 0 for one per core."
        ),
    ] = 0,
    threads: Annotated[
        int,
        typer.Option(
            "--threads", metavar="N", help="Threads of each process; they share the library's context."
        ),
    ] = 1,
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="MODEL", help="How each serves many connections: selector, thread or asyncio."
        ),
    ] = "selector",
    answer: Annotated[
        str,
        typer.Option(
            "--answer",
            metavar="ANSWER",
            help="http (/bytes/N answers N bytes), echo, or bulk:SIZE for any request.",
        ),
    ] = "http",
    http: Annotated[
        str,
        typer.Option(
            "--http", metavar="VERSION", help="Which HTTP: auto (2 and 1.1, by ALPN), 1.1, or 3 (over QUIC)."
        ),
    ] = "auto",
    early_data: Annotated[
        bool, typer.Option("--early-data", help="Accept early data (0-RTT) of resumed TLS 1.3 sessions.")
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--ticket-keys",
            metavar="FILE",
            help="Seal session tickets with the keys in this file (80 bytes, mode 0600; made if missing), so "
            "that all servers and processes with it resume each other's sessions.",
            show_default=False,
        ),
    ] = None,
    handshake_timeout: Annotated[
        float, duration_or_zero("--handshake-timeout", help="Time for a whole handshake; 0 means no limit.")
    ] = Written("10s", seconds_or_zero),
    request_timeout: Annotated[
        float,
        duration_or_zero(
            "--request-timeout",
            help="Time for a whole request, and for a client to take more of its answer; 0 means no limit.",
        ),
    ] = Written("60s", seconds_or_zero),
    idle_timeout: Annotated[
        float,
        duration_or_zero(
            "--idle-timeout", help="Close a connection after this time without a request; 0 never does."
        ),
    ] = Written("0", seconds_or_zero),
    socket_options: SocketOptions = None,
    pki: Annotated[
        Path | None,
        typer.Option(
            "--pki",
            metavar="DIR",
            help="Folder made by 'tlsbench certs init'. [default: made now]",
            show_default=False,
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root", metavar="PEM", help="Write the root certificate to this file.", show_default=False
        ),
    ] = None,
    json_path: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="PATH", help="Write the counts to this file, each second.", show_default=False
        ),
    ] = None,
    pcap: PcapPath = None,
    pcap_connections: PcapConnections = None,
    quiet: Quiet = False,
) -> int:
    """Serve until a signal ends it; return the exit code."""
    import os

    from tlsbench import files
    from tlsbench.cli import capturing, output
    from tlsbench.errors import MeasurementError
    from tlsbench.report.growth import growth_lines
    from tlsbench.report.serving import counts, greeting
    from tlsbench.serving import Limits, ServerPlan, Serving
    from tlsbench.session.serve import check_http3, logs_keys, served_groups, served_http, served_scenario
    from tlsbench.session.ticket_keys import check_shares_tickets, ticket_keys
    from tlsbench.sockets import Settings, family_of

    scenario = served_scenario(selectors or (), early_data=early_data)
    if http == "3":
        check_http3(selectors or ())
    peers = _peers(pki, scenario)
    if keys is not None:
        check_shares_tickets(scenario, peers, http=http, early_data=early_data)
    plan = ServerPlan(
        scenario=scenario.id,
        peers=peers.to_pem(),
        bind=(bind, port),
        processes=processes or os.cpu_count() or 1,
        threads=threads,
        model=model,
        answer=answer,
        http=served_http(http, scenario, peers),
        groups=() if http == "3" else served_groups(selectors or (), scenario),
        ticket_keys="" if keys is None else ticket_keys(keys).hex(),
        key_log=output.key_log(),
        captured=capturing.captured(pcap, pcap_connections),
        limits=Limits(handshake_s=handshake_timeout, request_s=request_timeout, idle_s=idle_timeout),
        socket_options=dict(socket_options or ()),
    )
    plan.check()
    output.check(json_path, root, *capturing.outputs(pcap))
    if root is not None:
        files.write(root, peers.root.certificate_pem)
    for remark in Settings(plan.socket_options, family_of(plan.bind[0]), "listen", plan.kind).try_out():
        output.note(remark)
    of, has_keys = f"tlsbench serve: {scenario.id}", plan.captured > 0 and logs_keys(scenario, peers)
    with capturing.capture(pcap, plan.captured, of, has_keys=has_keys) as live, _signals() as stopped:
        died = 0
        with Serving(plan, live) as server:
            for line in greeting(server.plan.place, plan, scenario, root, early_data=early_data):
                output.note(line)
            try:
                _watch(server, json_path, stopped, quiet=quiet)
            except MeasurementError as error:  # what was counted until then is still reported
                output.note(f"tlsbench: {error}")
                died = error.exit_code
        tally = server.tally()
        steps = [] if json_path is None else [lambda: output.written(json_path, _document(tally))]
        stored = output.store([*steps, *capturing.steps(live)])
        with output.beside(json_path, root, pcap):
            for line in (*counts(tally, idle_timeout), *growth_lines("server", server.vitals())):
                output.line(line)
        return stored or died


def _watch(server: Serving, path: Path | None, stopped: Sequence[int], *, quiet: bool) -> None:
    """Report and store the counts each second, until a signal arrives.

    :raises MeasurementError: if a process of the server died.
    """
    from contextlib import suppress

    from tlsbench import files
    from tlsbench.cli import output
    from tlsbench.errors import OutputError
    from tlsbench.report.serving import second_line
    from tlsbench.serving import ServerTally

    before = ServerTally()
    while not stopped:
        server.watch(1.0)
        tally = server.tally()
        if tally.accepted > before.accepted and not quiet:
            output.note(second_line(tally, before))
        if tally != before and path is not None and files.is_replaced(path):
            with suppress(OutputError):  # reported at the end, if it still cannot be written then
                files.write(path, _document(tally))
        before = tally


def _peers(folder: Path | None, scenario: Scenario) -> Peers:
    from tlsbench.certs import folder as pki_folder
    from tlsbench.pki import Peers, peers_for

    if folder is None:
        return peers_for(scenario)
    pki = pki_folder.load(folder)
    return Peers(root=pki.root, issuer=pki.issuer, server=pki.server, client=pki.client)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that are sent to end the server."""
    import signal

    from tlsbench.interrupts import SIGNALS

    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        seen.append(number)

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _document(tally: ServerTally) -> str:
    import json

    return json.dumps(tally.to_plain(), indent=2) + "\n"
