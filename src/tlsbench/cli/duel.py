"""``tlsbench duel``."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tlsbench.cli import output
from tlsbench.cli.request import seconds
from tlsbench.cli.sides import Sides, Words, sides_and_matches
from tlsbench.comparison import Gate, parse_gate
from tlsbench.errors import MeasurementError, RequestError, unknown
from tlsbench.interrupts import interruptible
from tlsbench.report import duels
from tlsbench.report.live import Screen
from tlsbench.results.duel import Duel, DuelResult, Side
from tlsbench.results.duel_json import duel_to_json
from tlsbench.results.environment import engines
from tlsbench.results.machine import governor
from tlsbench.sampling import METERS, Instrument, Plan
from tlsbench.sampling.duel import Match, duel, local_side, remote_side
from tlsbench.sampling.instructions import INSTRUCTIONS, Count, count_instructions, require_valgrind
from tlsbench.sampling.places import interpreter_of, need_workers
from tlsbench.stats import PairedComparison, compare_paired, compare_paired_counts

_GATE_FAILED = 1
_FORMATS = ("text", "markdown", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelRequest:
    """What ``tlsbench duel`` was asked for, as it was written."""

    words: Words
    time_budget: str
    meter: str
    seed: int | None
    fail_on: tuple[str, ...]
    output_format: str
    json_path: Path | None
    quiet: bool


def run_duel(request: DuelRequest) -> int:
    """Measure, say who won, and return the exit code.

    :raises RequestError: before anything is measured, if the request is wrong.
    """
    _check(request)
    gates = [parse_gate(text) for text in request.fail_on]
    sides, matches = sides_and_matches(request.words)
    if any(side.workload == "memory" for match in matches for side in (match.a, match.b)):
        raise RequestError("a duel is of times: bytes do not scatter, see 'tlsbench run workload=memory'")
    seed = random.SystemRandom().randrange(2**31) if request.seed is None else request.seed
    plan = Plan(time_budget_s=seconds(request.time_budget), precision=0, seed=seed)
    with interruptible() as stop:
        if request.meter == INSTRUCTIONS:
            fought = _count(sides, matches, plan, stop, quiet=request.quiet)
        else:
            fought = _fight(sides, matches, plan, METERS[request.meter], stop, quiet=request.quiet)
        if not fought.results:
            raise stop.interrupted("interrupted before anything was measured")
        stored = _give(fought, request)
        failed = [line for gate in gates for line in _failures(gate, fought.results)]
        for line in failed:
            output.note(f"tlsbench: {line}")
        if fought.interrupted:
            return stop.exit_code
        return _GATE_FAILED if failed else stored


def _give(fought: Duel, request: DuelRequest) -> int:
    """Store it, then print it; the exit code."""
    document, path = duel_to_json(fought), request.json_path
    stored = output.store([] if path is None else [lambda: output.written(path, document)])
    with output.beside(path):
        if request.output_format == "json":
            output.write(document)
        else:
            write = duels.markdown if request.output_format == "markdown" else duels.text
            output.write(write(fought))
    return stored


def _check(request: DuelRequest) -> None:
    """Refuse now what would fail after the measurement."""
    if request.output_format not in _FORMATS:
        raise unknown("format", request.output_format, _FORMATS)
    if request.meter == INSTRUCTIONS:
        require_valgrind()
    elif request.meter not in METERS:
        raise unknown("meter", request.meter, (*METERS, INSTRUCTIONS))
    output.check(request.json_path)


def _fight(
    sides: Sides,
    matches: Sequence[Match],
    plan: Plan,
    meter: Instrument,
    asked: Callable[[], bool],
    *,
    quiet: bool,
) -> Duel:
    """Measure the matches with a clock, showing how far it is."""
    began = time.monotonic()
    scenarios = [scenario for match in matches for scenario in (match.a, match.b)]
    with Screen(Console(stderr=True), quiet=quiet) as screen:

        def observe(done: int, of: int) -> None:
            left_s = (time.monotonic() - began) / done * (of - done)
            screen.show("epochs", f"{done} of {of}, about {left_s:.0f} s left", done / of)

        outcome = duel(
            matches,
            remote_side(sides.a, meter) if sides.a else local_side(meter, scenarios),
            remote_side(sides.b, meter) if sides.b else local_side(meter, scenarios),
            plan,
            in_workers=sides.a is not None or need_workers(scenarios),
            observe=observe,
            stop_asked=asked,
        )
    results = [
        _result(
            sides,
            record.match,
            record.proofs,
            {side: compare_paired(epochs) for side, epochs in record.epochs.items()},
        )
        for record in outcome.records
    ]
    epochs = results[0].comparisons["total"].epochs if results else 0
    method = (
        f"{epochs} epochs in {outcome.elapsed_s:.0f} s, both sides interleaved and each measured twice; b/a "
        "is the median of the epochs' ratios, the floor what A/A and B/B cells differ by"
    )
    return _duel(results, plan, meter.name, method, interrupted=outcome.interrupted)


def _count(
    sides: Sides, matches: Sequence[Match], plan: Plan, asked: Callable[[], bool], *, quiet: bool
) -> Duel:
    """Count the instructions of the matches."""
    ends = [
        (scenario, interpreter or interpreter_of(scenario))
        for match in matches
        for scenario, interpreter in ((match.a, sides.a), (match.b, sides.b))
    ]
    with Screen(Console(stderr=True), quiet=quiet) as screen:

        def observe(done: int, of: int) -> None:
            screen.show("counting", f"{done} of {of} processes", done / of)

        counts = count_instructions(ends, observe, asked)
    results = []
    for match, a, b in zip(matches, counts[::2], counts[1::2], strict=True):
        for count in (a, b):
            if isinstance(count, MeasurementError):
                raise count
        if isinstance(a, Count) and isinstance(b, Count):
            total = compare_paired_counts(a.per_operation, b.per_operation)
            results.append(_result(sides, match, (a.proof, b.proof), {"total": total}))
    method = (
        "instructions of both sides and the harness together, by callgrind; the interval is the range that "
        "the repetitions allow, the floor their spread"
    )
    return _duel(results, plan, INSTRUCTIONS, method, interrupted=None in counts)


def _result(
    sides: Sides,
    match: Match,
    proofs: Sequence[Mapping[str, object]],
    comparisons: Mapping[str, PairedComparison],
) -> DuelResult:
    a, b = (
        Side(name, scenario.id, scenario.axes(), dict(proof))
        for name, scenario, proof in zip(
            (sides.name_a, sides.name_b), (match.a, match.b), proofs, strict=True
        )
    )
    return DuelResult(a, b, comparisons)


def _duel(results: Sequence[DuelResult], plan: Plan, meter: str, method: str, *, interrupted: bool) -> Duel:
    return Duel(
        results=results,
        meter=meter,
        method=method,
        seed=plan.seed,
        governor=governor(),
        engines=engines(),
        interrupted=interrupted,
    )


def _failures(gate: Gate, results: Sequence[DuelResult]) -> list[str]:
    parts = [part for result in results for part in result.by_part()]
    return [
        f"failed '{gate.text}': {verdict.id}: {100 * (verdict.ratio.median - 1):+.1f} %"
        for verdict in gate.failing(parts)
    ]
