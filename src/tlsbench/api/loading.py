"""Load tests from plain Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tlsbench.api.arguments import AxisValues, Path, Seconds, in_words_of_python, seconds_of, selectors_of
from tlsbench.api.interrupted import until_interrupted
from tlsbench.api.result import Result
from tlsbench.loading import LoadPlan, LoadTally, parse_threshold
from tlsbench.loading.names import host_name
from tlsbench.results import reader
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.sampling import Progress
from tlsbench.scenarios.sizes import parse_size
from tlsbench.session import load as loading
from tlsbench.sockets import parse_options


def load(
    target: str,
    *words: str,
    connections: int = 10,
    rate: float = 0.0,
    duration: Seconds = 10.0,
    warm_up: Seconds = 1.0,
    ramp_up: Seconds = 0.0,
    processes: int = 1,
    requests: int = 0,
    http: str = "",
    streams: int = 10,
    path: str = "/",
    size: int | str | None = None,
    pool: int = 0,
    pool_idle: Seconds = 0.0,
    pool_lifetime: Seconds = 0.0,
    early_data: bool = False,
    socket: Mapping[str, int | str] | None = None,
    spread: str = "round-robin",
    when_down: str = "fail",
    clients: int = 0,
    via: str | Sequence[str] | None = None,
    hold: bool = False,
    resume: float = 0.0,
    root: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    server_name: str | None = None,
    limit: Seconds = 5.0,
    fail_on: str | Sequence[str] = (),
    i_may_load_this_target: bool = False,
    observe: Callable[[Progress], None] = lambda _progress: None,
    stop_asked: Callable[[], bool] = lambda: False,
    **axes: AxisValues,
) -> Result:
    """Load TLS servers that are already running on this machine, with many connections.

    ``load("127.0.0.1:8443", version="1.3", rate=500, duration="5s")`` is equivalent to
    ``tlsbench load 127.0.0.1:8443 version=1.3 --rate 500 --duration 5s``. All durations are seconds, or text
    with a unit: ``"500ms"``.

    Ctrl-C ends the load early and raises :class:`~tlsbench.Interrupted` with the counts so far.

    :param target: ``"HOST:PORT"`` or ``"unix:PATH"``.
    :param words: further targets (backends of the same service), and requirements for the handshakes:
        ``version=``, ``cipher=`` and ``group=`` with one value each, as text or as keywords (``axes``).
    :param connections: concurrent connections; with ``rate``, the maximum.
    :param rate: connections started each second, regardless of completions (an open loop); 0 starts one
        whenever another ends (a closed loop).
    :param duration: how long to measure: connections started in this time count.
    :param warm_up: how long to start connections before that without counting them.
    :param ramp_up: the part of the warm-up over which the connections are started.
    :param processes: worker processes.
    :param requests: HTTP requests on each connection; 0 for handshakes only.
    :param http: ``"1.1"``, ``"2"``, ``"3"`` or ``"auto"`` (2 or 1.1), offered with ALPN and then spoken;
        ``""`` speaks 1.1 without ALPN.
    :param streams: concurrent requests on each connection, for HTTP/2 and HTTP/3.
    :param path: the path of the requests.
    :param size: bytes in each answer (requested from ``tlsbench serve``); also ``"16KiB"``.
    :param pool: connections that are kept and reused; 0 opens a new one for each use.
    :param pool_idle: close pooled connections that have been idle this long; 0 keeps them.
    :param pool_lifetime: close pooled connections that are this old; 0 keeps them.
    :param early_data: send a resumed connection's first request as 0-RTT.
    :param socket: socket options by the kernel's names: ``{"SO_SNDBUF": "64KiB"}``.
    :param spread: how to choose among several backends: ``"round-robin"``, or ``"least-open"``, one with the
        fewest connections in use.
    :param when_down: what happens to the connections of a backend after several consecutive failures:
        ``"fail"``, or ``"move"`` to the others.
    :param clients: how many clients return at random, each with its session, to any backend; 0 resumes the
        latest session of the same backend.
    :param via: emulate a network line to a server on this machine: ``"rtt=50ms,bandwidth=10mbit,loss=1%"``,
        with the values of those axes; a line for one backend starts with its name: ``["rtt=5ms",
        "127.0.0.1:8444,rtt=50ms"]``. It needs root on Linux.
    :param hold: keep every connection open until the end.
    :param resume: the share of connections that resume a session, 0 to 1.
    :param root: a PEM or DER file of roots to verify the server with; None does not verify it.
    :param cert: a PEM file with the client's certificates; ``key`` has its key, if that is in another file.
    :param server_name: for SNI and verification; the target's host if None.
    :param limit: the time limit for each step of a connection, and for all connections at the end.
    :param fail_on: thresholds such as ``"p99<50ms"``, ``"failed<1%"`` or ``"handshakes>500/s"``. For each of
        ``result.value.thresholds``, ``threshold.answer(result.value)`` is ``"pass"``, ``"fail"`` or
        ``"undecided"``.
    :param i_may_load_this_target: confirms that the owner of a target beyond loopback has agreed.
    :param observe: called every second with the :class:`~tlsbench.Progress`: ``done`` of ``of`` connections.
    :param stop_asked: polled during the load; True ends it early.
    :returns: the result; failures by kind are in ``value.tally.failures``.
    :raises RequestError: if the request is wrong, before anything is sent.
    :raises MeasurementError: if the workers do not start.
    :raises Interrupted: after Ctrl-C.
    """
    with in_words_of_python():
        targets, selectors = loading.split_words([target, *words])
        selected = selectors_of(selectors, axes)
        wanted = loading.handshakes_of(selected)
        line, lines = loading.lines_of([via] if isinstance(via, str) else via or ())
        size_bytes = parse_size(str(size)) if size is not None else 0
        plan = LoadPlan(
            target=targets[0],
            others=targets[1:],
            spread=spread,
            when_down=when_down,
            clients=clients,
            connections=connections,
            rate_per_s=rate,
            duration_s=seconds_of("duration", duration),
            warm_up_s=seconds_of("warm_up", warm_up, zero=True),
            ramp_up_s=seconds_of("ramp_up", ramp_up, zero=True),
            requests=requests or int(bool(pool or size_bytes)),
            path=f"/bytes/{size_bytes}" if size_bytes and path == "/" else path,
            size_bytes=size_bytes,
            pool=pool,
            pool_idle_s=seconds_of("pool_idle", pool_idle, zero=True),
            pool_lifetime_s=seconds_of("pool_lifetime", pool_lifetime, zero=True),
            early_data=early_data,
            http=http,
            streams=streams,
            socket_options=parse_options(f"{name}={value}" for name, value in (socket or {}).items()),
            via=line,
            vias=lines,
            hold=hold,
            resume=resume,
            root=os.fspath(root) if root is not None else "",
            cert=os.fspath(cert) if cert is not None else "",
            key=os.fspath(key) if key is not None else "",
            server_name=host_name(server_name) if server_name is not None else "",
            step_limit_s=seconds_of("limit", limit),
            workers=processes,
            version=wanted.get("version", ""),
            cipher=wanted.get("cipher", ""),
            group=wanted.get("group", ""),
        )
        texts = [fail_on] if isinstance(fail_on, str) else fail_on
        request = loading.LoadRequest(
            plan=plan, unbounded=i_may_load_this_target, thresholds=tuple(map(parse_threshold, texts))
        )
        request.check()

    def note(seconds: float, tally: LoadTally) -> None:
        observe(Progress("loading", tally.begun - tally.open, tally.begun, seconds, ()))

    def measure(asked_to_stop: Callable[[], bool]) -> Result | None:
        done = loading.load(request, note, asked_to_stop)
        command = f"tlsbench.load({', '.join(map(repr, [*map(str, targets), *selected]))})"
        source = f"the load of {datetime.now(UTC).isoformat(' ', 'seconds')}"
        return Result(reader.parse(load_to_json(done, machine_info(), command), source))

    return until_interrupted(measure, stop_asked)
