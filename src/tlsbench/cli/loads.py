"""What ``load`` and ``fleet load`` have in common: from options to a request, from a load to its outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlsbench.cli.usage import usage
from tlsbench.errors import RequestError

if TYPE_CHECKING:
    from tlsbench.interrupts import Stop
    from tlsbench.loading import Load, LoadTally
    from tlsbench.session.load import LoadRequest

_FAILED = 3


def request_of(given: Mapping[str, Any], *, key_log: str = "", captured: int = 0) -> LoadRequest:
    """The request that the options of ``tlsbench load`` describe, by the names of its parameters.

    :param key_log: a file for secrets; ``captured`` is how many connections to capture.
    """
    from types import SimpleNamespace

    from tlsbench.loading import LoadPlan
    from tlsbench.session.load import LoadRequest, handshakes_of, lines_of, split_words

    of = SimpleNamespace(**given)
    with usage():
        targets, selectors = split_words(of.words)
        handshakes = handshakes_of(selectors)
        line, lines = lines_of(of.via or ())
    plan = LoadPlan(
        target=targets[0],
        others=targets[1:],
        spread=of.spread,
        when_down=of.when_down,
        clients=of.clients,
        connections=of.connections,
        rate_per_s=of.rate,
        duration_s=of.duration_s,
        warm_up_s=of.warm_up,
        ramp_up_s=of.ramp_up,
        requests=of.requests or int(bool(of.pool or of.size)),
        path=f"/bytes/{of.size}" if of.size and of.path == "/" else of.path,
        size_bytes=of.size,
        pool=of.pool,
        pool_idle_s=of.pool_idle,
        pool_lifetime_s=of.pool_lifetime,
        early_data=of.early_data,
        http=of.http,
        streams=of.streams,
        socket_options=dict(of.socket_options or ()),
        via=line,
        vias=lines,
        hold=of.hold,
        resume=of.resume,
        root=_name(of.root),
        cert=_name(of.cert),
        key=_name(of.key),
        server_name=of.server_name or "",
        key_log=key_log,
        captured=captured,
        step_limit_s=of.limit,
        workers=of.processes,
        **handshakes,  # type: ignore[arg-type] # of axes that are texts
    )
    return LoadRequest(plan=plan, unbounded=of.unbounded, thresholds=tuple(of.fail_on or ()))


def check_outputs(json_path: Path | None, hgrm: Path | None, *others: Path | None) -> None:
    """Refuse early what could not be written after the load."""
    from tlsbench.cli import output

    output.check(json_path, *others)
    if hgrm is not None:
        if not hgrm.is_dir():
            raise RequestError(f"--hgrm {hgrm}: there is no such folder")
        output.check(hgrm / "connection.hgrm")


def carry_out(
    request: LoadRequest,
    load: Callable[[Callable[[float, LoadTally], None]], Load],
    stop: Stop,
    *,
    quiet: bool,
    json_path: Path | None,
    hgrm: Path | None,
    output_format: str,
    undecided: str | None,
    more: Callable[[], Iterable[Callable[[], str]]] = tuple,
    taken: Sequence[Path | None] = (),
) -> int:
    """Load, store and print; return the exit code.

    :param load: does the load; it is given a function to call each second.
    :param stop: whether a signal requested a stop.
    :param more: the further outputs to write, to ``taken``.
    """
    from tlsbench.cli import measuring, output
    from tlsbench.loading import LoadTally
    from tlsbench.loading.tally import SUCCESS
    from tlsbench.report import loads

    plan = request.plan
    seen = [LoadTally()]
    with measuring.screen(quiet=quiet, line_seconds=0) as screen:

        def observe(at: float, tally: LoadTally) -> None:
            words = loads.second_line(at, tally, seen[-1])
            seen.append(tally)
            of_s = plan.duration_s + (plan.warm_up_s if plan.hold else 0.0)
            screen.show("loading", words, min(1.0, at / of_s), lambda width: loads.growing(seen, width))

        found = load(observe)
    stored = output.store([*_outputs(found, json_path, hgrm), *more()])
    report = loads.report_of_load(found, command=measuring.invocation())
    report = replace(report, undecided_as=undecided or "")
    with output.beside(json_path, *taken):
        output.report(report, output_format)
    if found.interrupted:
        return stop.exit_code
    if not found.tally.outcomes[SUCCESS] or found.lost or found.lost_machines:
        output.note(f"tlsbench: {loads.why_failed(found)}")
        return _FAILED
    return measuring.code_of_gates(report, undecided) or stored


def _name(path: Path | None) -> str:
    return "" if path is None else str(path)


def _outputs(load: Load, json_path: Path | None, hgrm: Path | None) -> Iterator[Callable[[], str]]:
    """The steps that write the outputs of a load."""
    from functools import partial

    from tlsbench.cli import measuring, output
    from tlsbench.report import loads
    from tlsbench.results.environment import machine_info
    from tlsbench.results.load_json import load_to_json

    if json_path is not None:
        yield lambda: output.written(json_path, load_to_json(load, machine_info(), measuring.invocation()))
    if hgrm is not None:

        def distribution_written(phase: str) -> str:
            path = hgrm / f"{phase.replace(' ', '-')}.hgrm"
            return output.written(path, loads.percentile_distribution(load, phase))

        for phase in loads.phases_of(load):
            yield partial(distribution_written, phase)
