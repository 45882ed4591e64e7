"""What a server does, as lines of text: where it listens, what happens each second, and the totals."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from tlsbench.protocol.http import NAMES
from tlsbench.scenarios import Scenario
from tlsbench.serving import ServerPlan, ServerTally

_RETRIED = (
    "the client had sent no key for a group of this server, which costs a round trip and processor time"
)


def greeting(
    place: str, plan: ServerPlan, scenario: Scenario, root: Path | None, *, early_data: bool
) -> Iterator[str]:
    """Where it is, what it serves, and how to load it.

    :param place: where it listens, in words.
    :param root: the file of the root certificate.
    """
    processes = f"{plan.processes} process{'es' if plan.processes > 1 else ''}"
    is_quic = plan.http == "3"
    how = "by aioquic over QUIC" if is_quic else f"model {plan.model}"
    threads = f" of {plan.threads} threads" if plan.threads > 1 else ""
    yield f"serving on {place} with {processes}{threads}, {how}; Ctrl-C stops it"
    hidden = ("implementation=", "cipher=", "group=") if is_quic else ("group=",) * bool(plan.groups)
    yield f"  {' '.join(word for word in scenario.id.split() if not word.startswith(hidden))}"
    if plan.groups:
        yield f"  takes any group of {', '.join(plan.groups)}"
    if plan.protocols:
        yield f"  speaks {' and '.join(NAMES[one] for one in plan.protocols)}"
    if scenario.version == "1.3" and not early_data and not is_quic:
        yield "  its tickets allow no early data (see --early-data)"
    if not plan.is_unix and not ipaddress.ip_address(plan.bind[0]).is_loopback:
        yield "this is not loopback: others can connect"
    trusting = f" --root {root} --server-name localhost" if root else ""
    http = " --http 3" if is_quic else ""
    yield f"  tlsbench load {place}{trusting} version={scenario.version}{http}"


def second_line(tally: ServerTally, before: ServerTally) -> str:
    """What happened between two tallies."""
    handshakes, requests = tally.handshakes - before.handshakes, tally.requests - before.requests
    retried = tally.hello_retry_requests - before.hello_retry_requests
    failed = tally.failures.total() - before.failures.total()
    return (
        f"{handshakes:,} handshakes, {requests:,} requests, {tally.open:,} open"
        f"{f', {retried:,} HelloRetryRequests' if retried else ''}{f', {failed:,} failed' if failed else ''}"
    )


def counts(tally: ServerTally, idle_s: float) -> Iterator[str]:
    """The totals of a server.

    :param idle_s: the seconds after which idle connections were closed.
    """
    yield f"{tally.accepted:,} connections, {tally.handshakes:,} handshakes, {tally.requests:,} requests"
    for what, count in tally.negotiated.most_common():
        yield f"  {count:,} × TLS {what}"
    for spoken, count in tally.protocols.most_common():
        yield f"  {count:,} × {spoken}"
    if tally.hello_retry_requests:
        yield f"  {tally.hello_retry_requests:,} × HelloRetryRequest: {_RETRIED}"
    if tally.early_data:
        yield f"  {tally.early_data:,} × early data accepted"
    if tally.closed_idle:
        yield f"  {tally.closed_idle:,} × closed because idle for {idle_s:g} s"
    for why, count in tally.failures.most_common():
        yield f"  {count:,} × failed: {why}"
    for alert, count in tally.alerts.most_common():
        yield f"  {count:,} × alert {alert}"
    if tally.handshakes:
        yield f"{1e6 * tally.cpu_s / tally.handshakes:,.0f} µs of the server's processor for each handshake"
