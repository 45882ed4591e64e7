"""``tlsbench certs serve``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlsbench.cli.capturing import PcapConnections, PcapPath
from tlsbench.cli.parsing import one_of, parsed
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError, TlsbenchError

if TYPE_CHECKING:
    from types import FrameType

    from tlsbench.loopback import Server, ServerSetup, Visit


def _client_auth() -> Iterable[str]:
    from tlsbench.loopback.setups import CLIENT_AUTH

    return CLIENT_AUTH


@teaches(
    r"""Serve HTTPS with a PKI, to test curl, openssl or a browser.

    \b
    Examples:
      tlsbench certs serve pki
      tlsbench certs serve pki --client-auth required
      tlsbench certs serve pki --port 0 --early-data

    SIGHUP reloads the folder; Ctrl-C ends the server.
    """
)
def command(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder made by 'tlsbench certs init'.")],
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="Port; 0 takes any free one.")] = 8443,
    client_auth: Annotated[
        str,
        typer.Option(
            "--client-auth",
            metavar="MODE",
            parser=parsed(one_of("mode of --client-auth", _client_auth)),
            help="Client certificates: none, optional or required.",
        ),
    ] = "none",
    no_staple: Annotated[bool, typer.Option("--no-staple", help="Do not staple an OCSP response.")] = False,
    early_data: Annotated[
        bool,
        typer.Option(
            "--early-data", help="Accept early data (0-RTT), once per ticket, and answer it at once."
        ),
    ] = False,
    no_anti_replay: Annotated[
        bool,
        typer.Option(
            "--no-anti-replay",
            help="Accept the same early data repeatedly: for demonstration, on loopback only.",
        ),
    ] = False,
    bind: Annotated[
        str, typer.Option("--bind", metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    pcap: PcapPath = None,
    pcap_connections: PcapConnections = None,
) -> int:
    """Serve until a signal ends it; return the exit code."""
    import signal
    import threading
    from collections import Counter
    from functools import partial

    from tlsbench.cli import capturing, output
    from tlsbench.implementations.pyopenssl.tapped import untapped
    from tlsbench.interrupts import SIGNALS
    from tlsbench.links import Direction
    from tlsbench.loopback import Server
    from tlsbench.tracing.tapping import Taps

    if not 0 <= port <= 65535:
        raise RequestError(f"port {port} is not valid: it must be from 0 to 65535")
    if no_anti_replay and not early_data:
        raise RequestError("--no-anti-replay needs early data: add --early-data")
    key_log, most = output.key_log(), capturing.captured(pcap, pcap_connections)
    output.check(*capturing.outputs(pcap))
    read_folder = partial(
        _setup,
        folder,
        staple=not no_staple,
        client_auth=client_auth,
        key_log=key_log,
        tapped=most > 0,
        early_data=early_data,
        anti_replay=not no_anti_replay,
    )
    setup = read_folder()
    woken, wanted = threading.Event(), {"reload": False, "stop": False}

    def wake(number: int, _frame: FrameType | None) -> None:
        wanted["reload" if number == signal.SIGHUP else "stop"] = True
        woken.set()

    ended: Counter[bool] = Counter()

    def observe(visit: Visit) -> None:
        ended[bool(visit.problem)] += 1
        output.line(_line(visit))

    of = f"tlsbench certs serve {folder}"
    with capturing.capture(pcap, most, of) as live, output.beside(pcap):
        taps = Taps(most, Direction.TO_CLIENT, partial(live.take, 0)) if live is not None else None
        before = {number: signal.signal(number, wake) for number in SIGNALS}
        try:
            with Server(setup, (bind, port), observe, tap=taps.begin if taps else untapped) as server:
                _greet(folder, server.address, setup)
                while not wanted["stop"]:
                    woken.wait()
                    woken.clear()
                    if wanted["reload"]:
                        wanted["reload"] = False
                        _renew(server, read_folder)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    code = output.store(capturing.steps(live))
    output.note(f"stopped after {ended.total()} connections, {ended[True]} of them failed")
    return code


def _setup(folder: Path, *, staple: bool, **others: Any) -> ServerSetup:  # noqa: ANN401 - its fields
    from tlsbench.certs import folder as pki_folder
    from tlsbench.loopback import ServerSetup

    pki = pki_folder.load(folder)
    return ServerSetup(
        identity=pki.server,
        client_roots=(pki.root.certificate,),
        staple=pki.staple() if staple else b"",
        **others,
    )


def _renew(server: Server, read_folder: Callable[[], ServerSetup]) -> None:
    from tlsbench.cli import output

    try:
        server.renew(read_folder())
        output.note("reloaded the folder: new connections use its contents")
    except TlsbenchError as error:
        output.note(f"tlsbench: {error}; the old certificate stays")


def _greet(folder: Path, address: tuple[str, int], setup: ServerSetup) -> None:
    import ipaddress
    import shlex

    from tlsbench.certs.snippets import host_of
    from tlsbench.cli import output

    host, port = host_of(setup.identity.leaf), address[1]
    name = f"[{host}]" if ":" in host else host
    root, chain, key = (shlex.quote(f"{folder}/{n}") for n in ("root.pem", "client-chain.pem", "client.key"))
    client = f" --cert {chain} --key {key}"
    output.note(f"serving https://{name}:{port}/ on {address[0]}; Ctrl-C stops it")
    if not ipaddress.ip_address(address[0]).is_loopback:
        output.note("this is not loopback: others can connect")
    if not setup.anti_replay:
        output.note("anti-replay is off: anyone who saw an early request can send it again")
    output.note(
        f"  curl --cacert {root} --resolve {host}:{port}:{address[0]}"
        f"{client if setup.client_auth != 'none' else ''} https://{name}:{port}/"
    )
    output.note(f"  openssl s_client -connect {address[0]}:{port} -servername {host} -CAfile {root} -status")


def _line(visit: Visit) -> str:
    """A connection in one line."""
    from tlsbench.pki.names import short_name

    if visit.problem:
        alert = f"; alert {visit.alert}" if visit.alert else ""
        early = f" (after {visit.early_bytes} bytes of early data)" if visit.early_bytes else ""
        return f"{visit.peer} failed: {visit.problem}{alert}{early}"
    client = f"client '{short_name(visit.client)}'" if visit.client is not None else "no client certificate"
    requests = f"{visit.requests} request{'s' * (visit.requests != 1)}"
    resumed = ", resumed" if visit.resumed else ""
    early = f", {visit.early_bytes} bytes of early data" if visit.early_bytes else ""
    agreed = f"{visit.peer} {visit.version} {visit.cipher} {visit.group}"
    return f"{agreed}{resumed}, {client}, {requests}{early}"
