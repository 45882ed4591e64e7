"""A process of a server: ``python -m tlsbench.serving.worker``.

It reads its plan as a line of JSON, listens, writes ``{"port": …}``, and then a line with its tally every
second. It writes the traffic of tapped connections as it arrives. The end of its input makes it stop.
"""

from __future__ import annotations

import contextlib
import gc
import json
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tlsbench.errors import TlsbenchError
from tlsbench.implementations import LogsKeys, SelectsProtocols, ServerContext, SharesTickets
from tlsbench.implementations.registry import spellings, tls_library
from tlsbench.links import Direction
from tlsbench.pki import Peers
from tlsbench.processes import vitals
from tlsbench.scenarios import scenario_from_id
from tlsbench.serving import models
from tlsbench.serving.answers import answerer_of
from tlsbench.serving.plan import ServerPlan
from tlsbench.serving.session import Service
from tlsbench.serving.tally import ServerTally, total
from tlsbench.sockets import UNIX, Settings, family_of, remove_stale
from tlsbench.tracing.tapping import Forwarder, Tapped, TappedServers, Taps

#: Connections may have threads of their own.
_WRITING = threading.Lock()


def _write(message: dict[str, Any]) -> None:
    with _WRITING:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def listen(plan: ServerPlan) -> socket.socket:
    """A listening TCP socket, or a UDP socket, that shares its port with those of the other workers.

    Accepted sockets inherit its options, even TCP_NODELAY: asyncio sets that only if a protocol is named.
    """
    family = family_of(plan.bind[0])
    is_unix = family == socket.AF_UNIX
    listener = socket.socket(family, plan.kind)
    Settings(plan.socket_options, family, "listen", plan.kind).apply(listener)
    if is_unix:
        path = plan.bind[0].removeprefix(UNIX)
        remove_stale(path)
        listener.bind(path)
    else:
        if plan.kind == socket.SOCK_STREAM:  # for UDP, it would let another process take the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if plan.processes * plan.threads > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(plan.bind)
    if plan.kind == socket.SOCK_STREAM:
        listener.listen(plan.backlog)
    return listener


def _context(
    plan: ServerPlan, make: Callable[[], ServerContext], hand_on: Callable[[Tapped], None]
) -> ServerContext:
    """The server's context; some of its connections are tapped if the plan asks for a capture."""
    context = make()
    _select_protocols(context, plan)
    _share_tickets(context, plan)
    if plan.key_log and isinstance(context, LogsKeys):
        context.log_keys(plan.key_log)
    if not plan.captured:
        return context
    tapped, key_log = make(), None
    _select_protocols(tapped, plan)
    _share_tickets(tapped, plan)
    if isinstance(tapped, LogsKeys):
        key_log = Path(tempfile.mkdtemp()) / "keys"  # within this process's TMPDIR, which is removed after it
        key_log.touch()
        tapped.log_keys(str(key_log))
    taps = Taps(plan.captured, Direction.TO_CLIENT, hand_on)
    return TappedServers(context, tapped, taps, key_log, Path(plan.key_log) if plan.key_log else None)


def _select_protocols(context: ServerContext, plan: ServerPlan) -> None:
    if plan.protocols and isinstance(context, SelectsProtocols):
        context.select_protocols(plan.protocols)


def _share_tickets(context: ServerContext, plan: ServerPlan) -> None:
    if plan.ticket_keys and isinstance(context, SharesTickets):
        context.set_ticket_keys(bytes.fromhex(plan.ticket_keys))


#: Serves a socket until the function says to stop, and counts its connections.
_Go = Callable[[socket.socket, ServerTally, Callable[[], bool]], None]


def _over_tls(
    plan: ServerPlan, make: Callable[[], ServerContext], _peers: Peers, hand_on: Callable[[Tapped], None]
) -> _Go:
    context = _context(plan, make, hand_on)

    def go(listener: socket.socket, tally: ServerTally, stop_asked: Callable[[], bool]) -> None:
        service = Service(context, answerer_of(plan), tally, plan.limits)
        models.BY_NAME[plan.model](listener, service, stop_asked)

    return go


def _http3(
    plan: ServerPlan, _make: Callable[[], ServerContext], peers: Peers, _hand_on: Callable[[Tapped], None]
) -> _Go:
    from tlsbench.serving.quic import serve_http3  # it needs an extra

    early_data = scenario_from_id(plan.scenario, spellings()).resumption == "early-data"

    def go(listener: socket.socket, tally: ServerTally, stop_asked: Callable[[], bool]) -> None:
        serve_http3(listener, plan, peers, tally, stop_asked, early_data=early_data)

    return go


def _write_tapped(tapped: Tapped) -> None:
    with contextlib.suppress(BrokenPipeError):  # a reader that is gone is noticed when the tally is written
        _write({"tapped": tapped.to_plain()})


def main() -> None:
    """Run a worker over standard input and output."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the parent process says when to stop
    plan, forwarder = ServerPlan.from_json(sys.stdin.readline()), Forwarder(_write_tapped)
    try:
        scenario = scenario_from_id(plan.scenario, spellings())
        library = tls_library(scenario.server)
        if plan.groups:
            scenario = replace(scenario, group=":".join(plan.groups))
        peers = Peers.from_pem(plan.peers)
        serve = _http3 if plan.http == "3" else _over_tls
        go = serve(plan, lambda: library.server_context(scenario, peers), peers, forwarder.put)
        listeners = [listen(plan)]
        port = plan.bind[1] if plan.is_unix else listeners[0].getsockname()[1]
        listeners += [listen(replace(plan, bind=(plan.bind[0], port))) for _ in range(1, plan.threads)]
    except OSError as error:
        _write({"error": f"cannot listen on {plan.place}: {error.strerror}"})
        return
    except TlsbenchError as error:
        _write({"error": str(error)})
        return
    tallies = [ServerTally() for _ in listeners]
    _write({"port": port})
    stopped = threading.Event()
    threading.Thread(target=_report, args=(tallies, stopped), daemon=True).start()
    gc.freeze()
    with forwarder if plan.captured else contextlib.nullcontext():
        _serve(go, list(zip(listeners, tallies, strict=True)), stopped.is_set)
    if plan.is_unix:
        Path(plan.bind[0].removeprefix(UNIX)).unlink(missing_ok=True)
    _write({"done": True, "tally": _together(tallies).to_plain()})


def _serve(
    go: _Go, listening: Sequence[tuple[socket.socket, ServerTally]], stop_asked: Callable[[], bool]
) -> None:
    """Serve in one thread per listener, including this thread, until it is asked to stop."""
    others = [threading.Thread(target=go, args=(*one, stop_asked), daemon=True) for one in listening[1:]]
    for thread in others:
        thread.start()
    go(*listening[0], stop_asked)
    for thread in others:
        thread.join()


def _together(tallies: Sequence[ServerTally]) -> ServerTally:
    """The counts of all threads, and the processor time of the process."""
    together = total(tallies)
    together.cpu_s = time.process_time()
    return together


def _report(tallies: Sequence[ServerTally], stopped: threading.Event) -> None:
    """Write the tally every second, until the input ends or nobody reads the output."""
    with contextlib.suppress(BrokenPipeError):
        while not select.select([sys.stdin], [], [], 1.0)[0]:
            tally = _together(tallies)
            message: dict[str, Any] = {"tally": tally.to_plain()}
            with contextlib.suppress(OSError):  # reading them needs a descriptor, and there may be none left
                message["vitals"] = vitals(tally.open)
            _write(message)
    stopped.set()


if __name__ == "__main__":
    main()
