"""Check a load's plan: the bounds of its numbers, and which options go together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from tlsbench.errors import RequestError, unknown
from tlsbench.loading.names import host_name

if TYPE_CHECKING:
    from tlsbench.loading.plan import LoadPlan

#: The origin-form of a request target (RFC 9112 section 3.2.1), as far as it could break the request.
_MOST_PATH = 8000
_PATH = re.compile(rf"/[!-~]{{0,{_MOST_PATH - 1}}}")
#: More than this needs ``--i-may-load-this-target``.
MOST_SECONDS = 600.0
MOST_PER_SECOND = 100_000.0
MOST_CONNECTIONS = 100_000
#: Concurrent HTTP/2 or HTTP/3 streams on one connection.
MOST_STREAMS = 10_000
MOST_TARGETS = 256
#: Which of several backends a connection goes to: each in turn, or one with the fewest connections in use.
SPREADS: Final = ("round-robin", "least-open")
#: What happens to the connections of a backend that is down: they keep failing, or move to the others.
WHEN_DOWN: Final = ("fail", "move")
#: The values of ``--http``, with the packages of the extra that they need.
HTTPS: Mapping[str, tuple[str, ...]] = {"": (), "1.1": (), "2": ("h2",), "3": ("qh3",), "auto": ("h2",)}


def check(plan: LoadPlan, *, unbounded: bool) -> None:
    """Check that a load is possible and permitted.

    :param unbounded: whether the user confirms that the target may be loaded, even if it is not loopback.
    :raises RequestError: if it is not, before anything is sent.
    """
    for target in plan.targets:
        if not target.is_loopback and not unbounded:
            raise RequestError(
                f"{target} is not loopback: add --i-may-load-this-target if its owner has agreed"
            )
    _check_targets(plan)
    bounds = (
        ("--connections", plan.connections, 1, MOST_CONNECTIONS),
        ("--rate", plan.rate_per_s, 0, MOST_PER_SECOND),
        ("--duration", plan.duration_s, 0.001, MOST_SECONDS),
        ("--warm-up", plan.warm_up_s, 0, MOST_SECONDS),
        ("--ramp-up", plan.ramp_up_s, 0, plan.warm_up_s),
        ("--requests", plan.requests, 0, 1_000_000),
        ("--streams", plan.streams, 1, MOST_STREAMS),
        ("--resume", plan.resume, 0, 1),
        ("--limit", plan.step_limit_s, 0.001, MOST_SECONDS),
        ("--processes", plan.workers, 1, 256),
        ("--pool", plan.pool, 0, MOST_CONNECTIONS),
        ("--pool-idle", plan.pool_idle_s, 0, MOST_SECONDS),
        ("--pool-lifetime", plan.pool_lifetime_s, 0, MOST_SECONDS),
        ("--clients", plan.clients, 0, MOST_CONNECTIONS),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise RequestError(f"{name} {value:g}: it must be from {low:g} to {high:g}")
    if plan.hold and plan.is_open_loop:
        raise RequestError("--hold keeps connections open: give --connections, not --rate")
    _check_uses(plan)
    _check_http(plan)
    _check_texts(plan)
    for what, count in (
        ("connections", plan.connections),
        ("connections of the pool", plan.pool),
        ("clients", plan.clients),
    ):
        if plan.workers > (count or plan.workers):
            raise RequestError(f"--processes {plan.workers}: there are only {count} {what} to share")


def _check_targets(plan: LoadPlan) -> None:
    twice = [one for one, count in Counter(map(str, plan.targets)).items() if count > 1]
    if twice:
        raise RequestError(f"{twice[0]} is given twice: name each backend once")
    if len(plan.targets) > MOST_TARGETS:
        raise RequestError(f"{len(plan.targets)} backends: a load takes at most {MOST_TARGETS}")
    if plan.spread not in SPREADS:
        raise unknown("spread", plan.spread, SPREADS)
    if plan.when_down not in WHEN_DOWN:
        raise unknown("value of --when-down", plan.when_down, WHEN_DOWN)
    names = sorted({plan.at(one).name for one in plan.targets})
    if plan.clients and len(names) > 1:
        raise RequestError(
            f"--clients take their sessions to any backend, but these are {len(names)} servers by name "
            f"({', '.join(names)}): give --server-name"
        )
    for name in plan.vias:
        target = next((one for one in plan.targets if str(one) == name), None)
        if target is None:
            raise RequestError(f"--via {name},{plan.vias[name]}: {name} is not one of the targets")
        if target.is_unix:
            raise RequestError(f"--via {name}: the line is for TCP, and unix:PATH is not")


def _check_uses(plan: LoadPlan) -> None:
    if plan.pool and (plan.hold or not plan.requests):
        raise RequestError("--pool is for requests: give --requests, and not --hold")
    if not plan.pool and (plan.pool_idle_s or plan.pool_lifetime_s):
        raise RequestError("--pool-idle and --pool-lifetime are limits of a pool: give --pool N")
    if plan.early_data and not (plan.resume and plan.requests):
        raise RequestError(
            "--early-data sends the first request of a resumed session: give --resume and --requests"
        )
    if plan.early_data and plan.version == "1.2":
        raise RequestError("--early-data: TLS 1.2 has none (RFC 8446 section 2.3)")
    if plan.clients and not plan.resume:
        raise RequestError("--clients keep sessions to resume: give --resume")
    if plan.via and any(one.is_unix for one in plan.targets):
        raise RequestError("--via simulates a line for TCP, which unix:PATH is not: load HOST:PORT")


def _check_http(plan: LoadPlan) -> None:
    if plan.http not in HTTPS:
        raise unknown("HTTP version", plan.http, filter(None, HTTPS))
    for package in HTTPS[plan.http]:
        if find_spec(package) is None:
            raise RequestError(
                f"--http {plan.http} needs {package}: pip install {package}, or '.[quic]' in a clone of "
                "tlsbench"
            )
    if plan.http != "3":
        return
    if any(one.is_unix for one in plan.targets):
        raise RequestError("--http 3 runs over UDP, which unix:PATH is not: load HOST:PORT")
    if plan.group:
        raise RequestError("--http 3: qh3 does not let the group be chosen: leave out group=")
    if plan.captured or plan.key_log:
        raise RequestError("--http 3: connections over QUIC are not captured: 'tlsbench trace' does that")
    if plan.version == "1.2":
        raise RequestError("--http 3: QUIC has only TLS 1.3 (RFC 9001 section 4.2)")


def _check_texts(plan: LoadPlan) -> None:
    if host_name(plan.name) != plan.name:
        raise RequestError(f"--server-name {plan.name}: write {host_name(plan.name)}")
    if not _PATH.fullmatch(plan.path):
        raise RequestError(
            f"--path {plan.path!r}: it must begin with a slash, and be plain ASCII without spaces "
            f"(write %20), {_MOST_PATH:,} characters at most"
        )
    if plan.key and not plan.cert:
        raise RequestError("--key is the key of a client certificate: give --cert too")
