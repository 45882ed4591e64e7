"""What ``tlsbench serve`` does."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from tlsbench import files
from tlsbench.certs import folder as pki_folder
from tlsbench.cli import output
from tlsbench.cli.request import matrix_of, seconds
from tlsbench.errors import MeasurementError, OutputError, RequestError
from tlsbench.interrupts import SIGNALS
from tlsbench.pki import Peers, peers_for
from tlsbench.report.memory import growth_lines
from tlsbench.scenarios import Scenario
from tlsbench.serving import Limits, Plan, Serving, Tally
from tlsbench.sockets import Settings, family_of, parse_options

_AXES = ("implementation", "server", "version", "cipher", "group", "key", "chain_length", "client_auth")
#: What a server takes unless it is given a group, the preferred one first; of these, what its library has.
_GROUPS = ("X25519MLKEM768", "x25519", "secp256r1", "secp384r1", "secp521r1")
_RETRIED = (
    "the client had sent no key for a group of this server, which costs a round trip and processor time"
)
_EARLY_DATA = "resumption=early-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What ``tlsbench serve`` was asked for, as it was written."""

    selectors: tuple[str, ...]
    bind: str
    port: int
    processes: int
    model: str
    answer: str
    early_data: bool
    handshake_timeout: str
    request_timeout: str
    idle_timeout: str
    socket_options: tuple[str, ...]
    pki: Path | None
    root: Path | None
    json_path: Path | None
    quiet: bool


def serve_request(request: ServeRequest) -> int:
    """Serve until a signal ends it; the exit code.

    :raises RequestError: if the request is wrong, or the port cannot be had.
    """
    scenario = _scenario(request.selectors, early_data=request.early_data)
    peers = _peers(request.pki, scenario)
    plan = Plan(
        scenario=scenario.id,
        peers=peers.to_pem(),
        bind=(request.bind, request.port),
        processes=request.processes or os.cpu_count() or 1,
        model=request.model,
        answer=request.answer,
        groups=_groups(request.selectors, scenario),
        limits=Limits(
            handshake_s=_limit("--handshake-timeout", request.handshake_timeout),
            request_s=_limit("--request-timeout", request.request_timeout),
            idle_s=_limit("--idle-timeout", request.idle_timeout),
        ),
        socket_options=parse_options(request.socket_options),
    )
    plan.check()
    output.check(request.json_path, request.root)
    if request.root is not None:
        files.write(request.root, peers.root.certificate_pem)
    for remark in Settings(plan.socket_options, family_of(plan.bind[0]), "listen").try_out():
        output.note(remark)
    with _signals() as stopped:
        died = 0
        with Serving(plan) as server:
            _greet(server, plan, scenario, request)
            try:
                _watch(server, request, stopped)
            except MeasurementError as error:  # what was counted until then is told all the same
                output.note(f"tlsbench: {error}")
                died = error.exit_code
        return _finish(server, request) or died


def _watch(server: Serving, request: ServeRequest, stopped: Sequence[int]) -> None:
    """Tell and store the counts each second, until a signal has come.

    :raises MeasurementError: if a process of the server died.
    """
    before = Tally()
    path = request.json_path
    while not stopped:
        server.watch(1.0)
        tally = server.tally()
        if tally.accepted > before.accepted and not request.quiet:
            output.note(_line(tally, before))
        if tally != before and path is not None and files.is_replaced(path):
            with suppress(OutputError):  # that it cannot be written is told at the end, if it still is so
                files.write(path, _document(tally))
        before = tally


def _limit(option: str, text: str) -> float:
    if text.strip() == "0":
        return 0.0
    try:
        return seconds(text)
    except RequestError:
        raise RequestError(
            f"{option} {text}: write a number and a unit, such as 500ms, 10s or 2m, or 0 for no limit"
        ) from None


def _groups(selectors: tuple[str, ...], scenario: Scenario) -> tuple[str, ...]:
    """What the server takes of the client of ``tlsbench load``, where no selector names a group."""
    if any(word.startswith("group=") for text in selectors for word in text.lower().split()):
        return ()
    axes = replace(scenario, client="pyopenssl", group="").axes()
    words = (*(f"{axis}={value}" for axis, value in axes.items()), f"group={','.join(_GROUPS)}")
    able = {found.group for found in matrix_of(words, None).scenarios}
    return tuple(group for group in _GROUPS if group in able)


def _scenario(selectors: tuple[str, ...], *, early_data: bool) -> Scenario:
    given = (*selectors, _EARLY_DATA) if early_data else selectors
    matrix = matrix_of(given or ("workload=handshake",), None)
    if matrix.excluded and not matrix.scenarios:
        raise RequestError(f"cannot serve that: {matrix.excluded[0].reason}")
    if len(matrix.scenarios) != 1:
        raise RequestError(f"a server is of one scenario, the selectors name {len(matrix.scenarios)}")
    (scenario,) = matrix.scenarios
    own = ("workload", *_AXES)
    idle = [
        axis
        for axis in scenario.id.split()
        if axis.partition("=")[0] not in own and not (early_data and axis == _EARLY_DATA)
    ]
    if idle or scenario.workload != "handshake":
        raise RequestError(f"a server has no {' '.join(idle) or 'workload'}: its axes are {', '.join(_AXES)}")
    return scenario


def _peers(folder: Path | None, scenario: Scenario) -> Peers:
    if folder is None:
        return peers_for(scenario)
    pki = pki_folder.load(folder)
    return Peers(root=pki.root, issuer=pki.issuer, server=pki.server, client=pki.client)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that were sent to end the server."""
    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        seen.append(number)

    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greet(server: Serving, plan: Plan, scenario: Scenario, request: ServeRequest) -> None:
    name = server.plan.place
    processes = f"{plan.processes} process{'es' if plan.processes > 1 else ''}"
    output.note(f"serving on {name} with {processes}, model {plan.model}; Ctrl-C ends")
    shown = [word for word in scenario.id.split() if not plan.groups or not word.startswith("group=")]
    output.note(f"  {' '.join(shown)}")
    if plan.groups:
        output.note(f"  takes any group of {', '.join(plan.groups)}")
    if scenario.version == "1.3" and not request.early_data:
        output.note("  its tickets allow no early data (see --early-data)")
    if not plan.is_unix and not ipaddress.ip_address(plan.bind[0]).is_loopback:
        output.note("this is not loopback: others can connect")
    trusting = f" --root {request.root} --server-name localhost" if request.root else ""
    output.note(f"  tlsbench load {name}{trusting} version={scenario.version}")


def _line(tally: Tally, before: Tally) -> str:
    handshakes, requests = tally.handshakes - before.handshakes, tally.requests - before.requests
    retried = tally.hello_retry_requests - before.hello_retry_requests
    failed = tally.failures.total() - before.failures.total()
    return (
        f"{handshakes:,} handshakes, {requests:,} requests, {tally.open:,} open"
        f"{f', {retried:,} HelloRetryRequests' if retried else ''}{f', {failed:,} failed' if failed else ''}"
    )


def _finish(server: Serving, request: ServeRequest) -> int:
    """Store the counts, then print them; the exit code."""
    tally, path = server.tally(), request.json_path
    stored = output.store([] if path is None else [lambda: output.written(path, _document(tally))])
    with output.beside(path, request.root):
        for line in (*_counts(tally, request), *growth_lines("server", server.vitals())):
            output.line(line)
    return stored


def _counts(tally: Tally, request: ServeRequest) -> Iterator[str]:
    yield f"{tally.accepted:,} connections, {tally.handshakes:,} handshakes, {tally.requests:,} requests"
    for what, count in tally.negotiated.most_common():
        yield f"  {count:,} × TLS {what}"
    if tally.hello_retry_requests:
        yield f"  {tally.hello_retry_requests:,} × HelloRetryRequest: {_RETRIED}"
    if tally.early_data:
        yield f"  {tally.early_data:,} × early data accepted"
    if tally.closed_idle:
        yield f"  {tally.closed_idle:,} × closed because idle for {request.idle_timeout}"
    for why, count in tally.failures.most_common():
        yield f"  {count:,} × failed: {why}"
    for alert, count in tally.alerts.most_common():
        yield f"  {count:,} × alert {alert}"
    if tally.handshakes:
        yield f"{1e6 * tally.cpu_s / tally.handshakes:,.0f} µs of the server's processor for each handshake"


def _document(tally: Tally) -> str:
    return json.dumps(tally.to_plain(), indent=2) + "\n"
