"""What ``tlsbench load`` does."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from tlsbench.cli import output
from tlsbench.cli.request import seconds
from tlsbench.errors import RequestError
from tlsbench.interrupts import interruptible
from tlsbench.load import Load, Plan, Tally, Target, run_load
from tlsbench.load.context import client_context
from tlsbench.load.names import host_name
from tlsbench.load.tally import SUCCESS
from tlsbench.report import loads
from tlsbench.report.live import Screen
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.scenarios import parse
from tlsbench.scenarios.sizes import parse_size
from tlsbench.sockets import parse_options

_AXES = ("version", "cipher", "group")
_FAILED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """What ``tlsbench load`` was asked for, as it was written."""

    target: str
    selectors: tuple[str, ...]
    connections: int
    rate: float
    duration: str
    warm_up: str
    ramp_up: str | None
    processes: int
    requests: int
    path: str
    size: str | None
    pool: int
    pool_idle: str | None
    pool_lifetime: str | None
    early_data: bool
    socket_options: tuple[str, ...]
    hold: bool
    resume: float
    root: Path | None
    cert: Path | None
    key: Path | None
    server_name: str | None
    limit: str
    json_path: Path | None
    hgrm: Path | None
    quiet: bool
    unbounded: bool


def load_request(request: LoadRequest) -> int:
    """Load, store and print; the exit code.

    :raises RequestError: before anything is sent, if the request is wrong.
    """
    plan = _plan(request)
    plan.check(unbounded=request.unbounded)
    client_context(plan)  # which reads the files, and says what is wrong with them
    output.check(request.json_path)
    if request.hgrm is not None:
        if not request.hgrm.is_dir():
            raise RequestError(f"--hgrm {request.hgrm}: there is no such folder")
        output.check(request.hgrm / "connection.hgrm")
    seen = [Tally()]
    with interruptible() as stop:
        with Screen(Console(stderr=True), quiet=request.quiet, line_seconds=0) as screen:

            def observe(at: float, tally: Tally) -> None:
                words = loads.second_line(at, tally, seen[-1])
                seen.append(tally)
                of_s = plan.duration_s + (plan.warm_up_s if plan.hold else 0.0)
                screen.show("loading", words, min(1.0, at / of_s), lambda _width: loads.growing(seen))

            load = run_load(plan, observe, stop)
        stored = output.store(_outputs(load, request))
        with output.beside(request.json_path):
            output.show(loads.terminal(load))
    if load.interrupted:
        return stop.exit_code
    return stored if load.tally.outcomes[SUCCESS] and not load.lost else _FAILED


def _plan(request: LoadRequest) -> Plan:
    wanted = parse(request.selectors, ())
    for axis, values in wanted.items():
        if axis not in _AXES:
            raise RequestError(f"a load has no axis '{axis}': valid are {', '.join(_AXES)}")
        if len(values) != 1:
            raise RequestError(f"{axis} has {len(values)} values: a load takes one")
    size_bytes = parse_size(request.size) if request.size else 0
    path = f"/bytes/{size_bytes}" if size_bytes and request.path == "/" else request.path
    warm_up = 0.0 if request.warm_up.strip() in ("0", "0s") else seconds(request.warm_up)
    return Plan(
        target=Target.parse(request.target),
        connections=request.connections,
        rate_per_s=request.rate,
        duration_s=seconds(request.duration),
        warm_up_s=warm_up,
        ramp_up_s=seconds(request.ramp_up) if request.ramp_up else 0.0,
        requests=request.requests or int(bool(request.pool or request.size)),
        path=path,
        size_bytes=size_bytes,
        pool=request.pool,
        pool_idle_s=seconds(request.pool_idle) if request.pool_idle else 0.0,
        pool_lifetime_s=seconds(request.pool_lifetime) if request.pool_lifetime else 0.0,
        early_data=request.early_data,
        socket_options=parse_options(request.socket_options),
        hold=request.hold,
        resume=request.resume,
        root=str(request.root) if request.root else "",
        cert=str(request.cert) if request.cert else "",
        key=str(request.key) if request.key else "",
        server_name=host_name(request.server_name) if request.server_name is not None else "",
        step_limit_s=seconds(request.limit),
        workers=request.processes,
        **{axis: values[0] for axis, values in wanted.items()},  # type: ignore[arg-type]
    )


def _outputs(load: Load, request: LoadRequest) -> Iterator[Callable[[], str]]:
    """What is to be written of a load."""
    if (path := request.json_path) is not None:
        command = shlex.join(["tlsbench", *sys.argv[1:]])
        yield lambda: output.written(path, load_to_json(load, machine_info(), command))
    if (folder := request.hgrm) is not None:
        for phase in loads.phases_of(load):
            yield partial(_hgrm_written, folder / f"{phase.replace(' ', '-')}.hgrm", load, phase)


def _hgrm_written(path: Path, load: Load, phase: str) -> str:
    return output.written(path, loads.percentile_distribution(load, phase))
