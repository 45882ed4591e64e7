"""``tlsbench duel``."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console

from tlsbench.cli.request import seconds
from tlsbench.cli.sides import Sides, Words, sides_and_matches
from tlsbench.comparison import Gate, Verdict, parse_gate
from tlsbench.errors import unknown
from tlsbench.report import duels
from tlsbench.results import storage
from tlsbench.results.benchmark_json import finite
from tlsbench.results.environment import engines, governor
from tlsbench.sampling import Meter, Plan, interruptible, meter_named
from tlsbench.sampling.duel import DuelOutcome, Match, duel, local_side, remote_side
from tlsbench.stats import compare_paired

_GATE_FAILED = 1
_INTERRUPTED = 130
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


def run_duel(request: DuelRequest) -> int:
    """Measure, say who won, and return the exit code.

    :raises RequestError: before anything is measured, if the request is wrong.
    """
    if request.output_format not in _FORMATS:
        raise unknown("format", request.output_format, _FORMATS)
    gates = [parse_gate(text) for text in request.fail_on]
    sides, matches = sides_and_matches(request.words)
    seed = random.SystemRandom().randrange(2**31) if request.seed is None else request.seed
    plan = Plan(time_budget_s=seconds(request.time_budget), precision=0, seed=seed)
    meter = meter_named(request.meter)
    if request.json_path is not None:
        storage.check_writable(request.json_path)
    outcome = _fight(sides, matches, plan, meter)
    results = [
        duels.DuelResult(
            match=record.match,
            name_a=sides.name_a,
            name_b=sides.name_b,
            comparisons={side: compare_paired(epochs) for side, epochs in record.epochs.items()},
        )
        for record in outcome.records
    ]
    document = json.dumps(_document(results, outcome, plan, meter), indent=2) + "\n"
    if request.output_format == "json":
        sys.stdout.write(document)
    else:
        text = duels.markdown if request.output_format == "markdown" else duels.text
        sys.stdout.write(text(results, outcome.elapsed_s))
    sys.stdout.flush()
    if request.json_path is not None:
        storage.write_atomically(request.json_path, document)
        print(f"wrote {request.json_path}", file=sys.stderr)
    failed = [line for gate in gates for line in _failures(gate, results)]
    for line in failed:
        print(f"tlsbench: {line}", file=sys.stderr)
    if outcome.interrupted:
        return _INTERRUPTED
    return _GATE_FAILED if failed else 0


def _fight(sides: Sides, matches: Sequence[Match], plan: Plan, meter: Meter) -> DuelOutcome:
    """Measure the matches, showing how far it is."""
    console = Console(stderr=True)
    status = console.status("epoch 1") if console.is_terminal else None

    def observe(done: int, of: int) -> None:
        if status is not None:
            status.update(f"epoch {done} of {of}")
        elif done in (1, of // 2, of):
            console.print(f"epoch {done} of {of}", highlight=False)

    with interruptible() as asked, status or nullcontext():
        return duel(
            matches,
            remote_side(sides.a, meter) if sides.a else local_side(meter),
            remote_side(sides.b, meter) if sides.b else local_side(meter),
            plan,
            in_workers=sides.a is not None,
            observe=observe,
            stop_asked=asked,
        )


def _failures(gate: Gate, results: Sequence[duels.DuelResult]) -> list[str]:
    verdicts = [
        Verdict(
            id=f"{result.match.b.id} ({side})",
            parameters=result.match.b.axes(),
            base_median_ns=0.0,
            new_median_ns=0.0,
            ratio=comparison.ratio,
            p_value=0.0,
            floor=comparison.floor,
            verdict=comparison.verdict,
            more_samples=0,
        )
        for result in results
        for side, comparison in result.comparisons.items()
    ]
    return [
        f"failed '{gate.text}': {verdict.id}: {100 * (verdict.ratio.median - 1):+.1f} %"
        for verdict in gate.failing(verdicts)
    ]


def _document(results: Sequence[duels.DuelResult], outcome: DuelOutcome, plan: Plan, meter: Meter) -> object:
    """Every figure, for ``--json``."""
    return finite(
        {
            "duel": [
                {
                    "a": {"name": result.name_a, "id": result.match.a.id, "negotiated": record.proofs[0]},
                    "b": {"name": result.name_b, "id": result.match.b.id, "negotiated": record.proofs[1]},
                    "comparisons": {
                        side: {**asdict(comparison), "verdict": comparison.verdict}
                        for side, comparison in result.comparisons.items()
                    },
                    "log_ratios": {
                        side: [epoch.log_ratio for epoch in epochs] for side, epochs in record.epochs.items()
                    },
                }
                for result, record in zip(results, outcome.records, strict=True)
            ],
            "meter": meter.name,
            "seed": plan.seed,
            "elapsed_s": outcome.elapsed_s,
            "governor": governor(),
            "engines": dict(engines()),
        }
    )
