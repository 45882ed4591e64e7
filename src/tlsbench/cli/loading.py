"""``tlsbench load`` and ``serve``: their options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli.options import JsonPath, Quiet, format_option, teaches

_SocketOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--socket",
        metavar="NAME=VALUE",
        help="A socket option: SO_SNDBUF=64KiB, TCP_CONGESTION=bbr, TCP_FASTOPEN=1; again for more.",
        show_default=False,
    ),
]


@teaches(
    r"""Load a TLS server with many connections, and tell how it fares.

    A closed loop (--connections) begins a connection when one ends, and so never sees a queue. An open
    loop (--rate) begins them by the clock, and counts from when they should have begun: a server that
    stalls is seen.

    \b
    Examples:
      tlsbench load 127.0.0.1:8443 --duration 5s
      tlsbench load 127.0.0.1:8443 --rate 500 --resume 0.7 version=1.3
      tlsbench load localhost:8443 --connections 100 --requests 50 --path / --root pki/root.pem
      tlsbench load 127.0.0.1:8443 --rate 200 --requests 1 --pool 10 --pool-idle 5s

    Ctrl-C ends it early and prints what there is.
    Exit codes: 0 done, 2 wrong request, 3 no connection succeeded, 130 interrupted.
    """
)
def load_command(  # noqa: PLR0917 - the options of a command are its parameters
    target: Annotated[
        str, typer.Argument(metavar="HOST:PORT", help="Any TLS server on loopback, or unix:PATH.")
    ],
    selectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR]...",
            help="What the handshakes must be: version=, cipher=, group= of one value each.",
            show_default=False,
        ),
    ] = None,
    connections: Annotated[
        int, typer.Option("--connections", "-c", help="Connections at once; with --rate, at most.")
    ] = 10,
    rate: Annotated[
        float,
        typer.Option(
            metavar="PER_SECOND",
            help="Begin so many a second, come what may (an open loop).",
        ),
    ] = 0.0,
    duration: Annotated[str, typer.Option(metavar="TIME", help="Count for so long: 500ms, 10s, 2m.")] = "10s",
    warm_up: Annotated[str, typer.Option(metavar="TIME", help="Before that, uncounted.")] = "1s",
    ramp_up: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Take so long of the warm-up to begin all connections.", show_default=False
        ),
    ] = None,
    processes: Annotated[int, typer.Option("--processes", "-p", help="Worker processes.")] = 1,
    requests: Annotated[
        int, typer.Option("--requests", "-k", help="HTTP requests on each connection; 0 shakes hands alone.")
    ] = 0,
    path: Annotated[str, typer.Option(help="What they ask for.")] = "/",
    size: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Ask 'tlsbench serve' for so many bytes; of another --path, the answer must have them.",
            show_default=False,
        ),
    ] = None,
    pool: Annotated[
        int,
        typer.Option(help="Keep so many connections and use them again; 0 opens one for each use."),
    ] = 0,
    pool_idle: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Close those unused for so long.", show_default=False),
    ] = None,
    pool_lifetime: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Close those as old as that.", show_default=False),
    ] = None,
    early_data: Annotated[
        bool, typer.Option("--early-data", help="Send a resumed connection's first request as 0-RTT.")
    ] = False,
    socket_options: _SocketOptions = None,
    hold: Annotated[bool, typer.Option("--hold", help="Keep every connection open until the end.")] = False,
    resume: Annotated[float, typer.Option(metavar="SHARE", help="Resume this share of them: 0 to 1.")] = 0.0,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Verify the server against these roots, PEM or DER.", show_default=False
        ),
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Show this client certificate, with its chain.", show_default=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Its key. [default: in the file of --cert]", show_default=False),
    ] = None,
    server_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="For SNI and verification. [default: HOST]", show_default=False),
    ] = None,
    limit: Annotated[
        str, typer.Option(metavar="TIME", help="For each step of a connection, and for all at the end.")
    ] = "5s",
    output_format: Annotated[str, format_option("load")] = "table",
    json_path: JsonPath = None,
    hgrm: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write each phase's distribution as a .hgrm file.", show_default=False
        ),
    ] = None,
    quiet: Quiet = False,
    unbounded: Annotated[
        bool,
        typer.Option(
            "--i-may-load-this-target", help="The target is not loopback, and its owner has agreed."
        ),
    ] = False,
) -> None:
    """The command ``tlsbench load``."""
    from tlsbench.cli.load import LoadRequest, load_request

    code = load_request(
        LoadRequest(
            target=target,
            selectors=tuple(selectors or ()),
            connections=connections,
            rate=rate,
            duration=duration,
            warm_up=warm_up,
            ramp_up=ramp_up,
            processes=processes,
            requests=requests,
            path=path,
            size=size,
            pool=pool,
            pool_idle=pool_idle,
            pool_lifetime=pool_lifetime,
            early_data=early_data,
            socket_options=tuple(socket_options or ()),
            hold=hold,
            resume=resume,
            root=root,
            cert=cert,
            key=key,
            server_name=server_name,
            limit=limit,
            output_format=output_format,
            json_path=json_path,
            hgrm=hgrm,
            quiet=quiet,
            unbounded=unbounded,
        )
    )
    if code:
        raise typer.Exit(code)


@teaches(
    r"""Serve TLS with any implementation, to load it: many connections, in several processes.

    \b
    Examples:
      tlsbench serve
      tlsbench serve implementation=rtls version=1.3 --port 9443 --processes 1
      tlsbench serve key=rsa-2048 --model asyncio --root root.pem --json counts.json

    Without group= it takes the groups that clients offer first, where its library has them.

    Ctrl-C ends it: no more is accepted, and what is open may go on for three seconds.
    """
)
def serve_command(  # noqa: PLR0917 - the options of a command are its parameters
    selectors: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SELECTOR]...",
            help="What is served: implementation=, version=, cipher=, group=, key=, chain_length=, ...",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="0 takes any that is free.")] = 8443,
    bind: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; also unix:PATH.")
    ] = "127.0.0.1",
    processes: Annotated[
        int, typer.Option("--processes", "-p", help="Worker processes that share the port; 0 is one a core.")
    ] = 0,
    model: Annotated[
        str, typer.Option(help="How each serves many connections: selector, thread or asyncio.")
    ] = "selector",
    answer: Annotated[
        str, typer.Option(help="http (/bytes/N has so many bytes), echo, or bulk:SIZE for whatever is sent.")
    ] = "http",
    early_data: Annotated[
        bool, typer.Option("--early-data", help="Accept early data (0-RTT) of resumed TLS 1.3 sessions.")
    ] = False,
    handshake_timeout: Annotated[
        str, typer.Option(metavar="TIME", help="Time for a whole handshake; 0 is no limit.")
    ] = "10s",
    request_timeout: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Time for a whole request, and for a client to take more of its answer; 0 is no limit.",
        ),
    ] = "60s",
    idle_timeout: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Close a connection after this time without a request; 0 never does."
        ),
    ] = "0",
    socket_options: _SocketOptions = None,
    pki: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Of 'tlsbench certs init'. [default: made now]", show_default=False),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="Write the root's certificate there.", show_default=False),
    ] = None,
    json_path: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="PATH", help="Write the counts, anew each second.", show_default=False
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """The command ``tlsbench serve``."""
    from tlsbench.cli.serve import ServeRequest, serve_request

    code = serve_request(
        ServeRequest(
            selectors=tuple(selectors or ()),
            bind=bind,
            port=port,
            processes=processes,
            model=model,
            answer=answer,
            early_data=early_data,
            handshake_timeout=handshake_timeout,
            request_timeout=request_timeout,
            idle_timeout=idle_timeout,
            socket_options=tuple(socket_options or ()),
            pki=pki,
            root=root,
            json_path=json_path,
            quiet=quiet,
        )
    )
    if code:
        raise typer.Exit(code)
