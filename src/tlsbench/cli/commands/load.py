"""``tlsbench load``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.backends import Clients, Spread, Via, WhenDown
from tlsbench.cli.capturing import PcapConnections, PcapPath
from tlsbench.cli.loads import carry_out, check_outputs, request_of
from tlsbench.cli.options import JsonPath, Quiet, SocketOptions, Undecided
from tlsbench.cli.parsing import Written, duration, duration_or_zero, format_of, lazily, option
from tlsbench.cli.teaching import teaches
from tlsbench.session.quantities import seconds

if TYPE_CHECKING:
    from tlsbench.loading import Threshold
else:  # as in tlsbench.cli.options
    Threshold = object


@teaches(
    r"""Load TLS servers with many connections, and report rates, latencies and failures.

    A closed loop (--connections) starts a connection when one ends, so it never sees a queue. An open
    loop (--rate) starts them by the clock, and counts from when each should have started, so that a
    stalled server shows.

    \b
    Examples:
      tlsbench load 127.0.0.1:8443 --duration 5s
      tlsbench load 127.0.0.1:8443 --rate 500 --resume 0.7 version=1.3
      tlsbench load localhost:8443 --connections 100 --requests 50 \
        --path / --root pki/root.pem
      tlsbench load 127.0.0.1:8443 --rate 200 --requests 1 \
        --pool 10 --pool-idle 5s
      tlsbench load 127.0.0.1:8443 --http 2 --requests 1000 --streams 100
      tlsbench load 127.0.0.1:8443 --via rtt=50ms,bandwidth=10mbit,loss=1%
      tlsbench load 127.0.0.1:8443 --rate 200 --fail-on 'p99<50ms' \
        --fail-on 'failed<1%'
      tlsbench load 127.0.0.1:8443 127.0.0.1:8444 \
        --spread least-open --when-down move
      tlsbench load 127.0.0.1:8443 127.0.0.1:8444 \
        --via rtt=5ms --via 127.0.0.1:8444,rtt=50ms

    Several targets are the backends of one service: connections are spread over them, and results are
    shown per backend and in total.

    Ctrl-C ends it early and prints what there is.
    Exit codes: 0 done, 1 a threshold is missed, 2 wrong request, 3 no connection succeeded, 4 a threshold is
    undecided, 130 interrupted.
    """
)
def command(
    *,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="HOST:PORT... [SELECTOR]...",
            help="TLS servers on loopback, or unix:PATH; and what the handshakes must be: version=, cipher=, "
            "group= of one value each.",
        ),
    ],
    connections: Annotated[
        int,
        typer.Option("--connections", "-c", metavar="N", help="Connections at once; with --rate, at most."),
    ] = 10,
    rate: Annotated[
        float,
        typer.Option(
            "--rate",
            metavar="PER_SECOND",
            help="Start this many connections per second regardless of completions (an open loop).",
            show_default=False,
        ),
    ] = 0.0,
    duration_s: Annotated[
        float, duration("--duration", help="Measure for this long: 500ms, 10s, 2m.")
    ] = Written("10s", seconds),
    warm_up: Annotated[
        float, duration_or_zero("--warm-up", help="Time before that, which does not count.")
    ] = Written("1s", seconds),
    ramp_up: Annotated[
        float,
        duration(
            "--ramp-up",
            help="Part of the warm-up over which the connections are started.",
            show_default=False,
        ),
    ] = 0.0,
    processes: Annotated[int, typer.Option("--processes", "-p", metavar="N", help="Worker processes.")] = 1,
    requests: Annotated[
        int,
        typer.Option(
            "--requests", "-k", metavar="N", help="HTTP requests on each connection; 0 for handshakes only."
        ),
    ] = 0,
    http: Annotated[
        str,
        typer.Option(
            "--http",
            metavar="VERSION",
            help="Offer HTTP 1.1, 2, 3 (over QUIC) or auto (2 or 1.1) by ALPN, and speak it. [default: 1.1, "
            "nothing offered]",
            show_default=False,
        ),
    ] = "",
    streams: Annotated[
        int,
        typer.Option(
            "--streams", metavar="N", help="HTTP/2 and HTTP/3: concurrent requests on each connection."
        ),
    ] = 10,
    path: Annotated[str, typer.Option("--path", metavar="PATH", help="Path that is requested.")] = "/",
    size: Annotated[
        int,
        option(
            lazily("tlsbench.scenarios.sizes:parse_size"),
            "--size",
            metavar="SIZE",
            help="Ask 'tlsbench serve' for this many bytes; with --path, the answer must have this size.",
            show_default=False,
        ),
    ] = 0,
    pool: Annotated[
        int,
        typer.Option(
            "--pool", metavar="N", help="Keep this many connections and reuse them; 0 opens one for each use."
        ),
    ] = 0,
    pool_idle: Annotated[
        float,
        duration("--pool-idle", help="Close connections that were unused for this long.", show_default=False),
    ] = 0.0,
    pool_lifetime: Annotated[
        float, duration("--pool-lifetime", help="Close connections of this age.", show_default=False)
    ] = 0.0,
    early_data: Annotated[
        bool, typer.Option("--early-data", help="Send a resumed connection's first request as 0-RTT.")
    ] = False,
    socket_options: SocketOptions = None,
    spread: Spread = "round-robin",
    when_down: WhenDown = "fail",
    clients: Clients = 0,
    via: Via = None,
    hold: Annotated[bool, typer.Option("--hold", help="Keep every connection open until the end.")] = False,
    resume: Annotated[
        float,
        typer.Option(
            "--resume", metavar="SHARE", help="Share of the connections that resume a session: 0 to 1."
        ),
    ] = 0,
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="FILE",
            help="Verify the server against these roots, PEM or DER.",
            show_default=False,
        ),
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option(
            "--cert",
            metavar="PEM",
            help="Present this client certificate, with its chain.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PEM", help="Its key. [default: in that file]", show_default=False),
    ] = None,
    server_name: Annotated[
        str | None,
        option(
            lazily("tlsbench.loading.names:host_name"),
            "--server-name",
            metavar="NAME",
            help="For SNI and verification. [default: HOST]",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        float,
        duration("--limit", help="Time limit for each step, and for connections still open at the end."),
    ] = Written("5s", seconds),
    fail_on: Annotated[
        list[Threshold] | None,
        option(
            lazily("tlsbench.loading:parse_threshold"),
            "--fail-on",
            metavar="THRESHOLD",
            help="Exit with 1 if it is missed, with 4 if undecided: 'p99<50ms', 'failed<1%', "
            "'handshakes>500/s'. Repeatable.",
            show_default=False,
        ),
    ] = None,
    undecided: Undecided = None,
    output_format: Annotated[str, format_of("load")] = "table",
    json_path: JsonPath = None,
    hgrm: Annotated[
        Path | None,
        typer.Option(
            "--hgrm",
            metavar="FOLDER",
            help="Write each phase's distribution as a .hgrm file.",
            show_default=False,
        ),
    ] = None,
    pcap: PcapPath = None,
    pcap_connections: PcapConnections = None,
    quiet: Quiet = False,
    unbounded: Annotated[
        bool,
        typer.Option(
            "--i-may-load-this-target", help="The target is not loopback, and its owner has agreed."
        ),
    ] = False,
) -> int:
    """Load, store and print; return the exit code."""
    from tlsbench.cli import capturing, output
    from tlsbench.interrupts import interruptible
    from tlsbench.session.load import load

    captured = capturing.captured(pcap, pcap_connections)
    request = request_of(locals(), key_log=output.key_log(), captured=captured)
    request.check()
    check_outputs(json_path, hgrm, *capturing.outputs(pcap))
    of = f"tlsbench load {' '.join(map(str, request.plan.targets))}"
    with interruptible() as stop, capturing.capture(pcap, captured, of) as live:
        return carry_out(
            request,
            lambda observe: load(request, observe, stop, live),
            stop,
            quiet=quiet,
            json_path=json_path,
            hgrm=hgrm,
            output_format=output_format,
            undecided=undecided,
            more=lambda: capturing.steps(live),
            taken=(pcap,),
        )
