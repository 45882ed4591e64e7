"""A duel as JSON with all of its figures, and back."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

from tlsbench.links import Ledger
from tlsbench.results.benchmark_json import finite
from tlsbench.results.duel import Duel, DuelResult, Side
from tlsbench.results.scenario_text import axes_of_id
from tlsbench.results.stored import FORMAT
from tlsbench.results.strict import LARGEST, Node, record
from tlsbench.stats import Interval, PairedComparison
from tlsbench.version import __version__


def duel_to_json(duel: Duel) -> str:
    """The duel as the text of a JSON document. Non-finite numbers become null."""
    document = {
        "duel": [
            {
                **{name: _side_to_json(side) for name, side in (("a", result.a), ("b", result.b))},
                "comparisons": {
                    side: {**asdict(comparison), "verdict": comparison.verdict}
                    for side, comparison in result.comparisons.items()
                },
            }
            for result in duel.results
        ],
        "meter": duel.meter,
        "method": duel.method,
        "seed": duel.seed,
        "governor": duel.governor,
        "engines": dict(duel.engines),
        "interrupted": duel.interrupted,
        "tlsbench": {"format": FORMAT, "version": __version__},
    }
    return json.dumps(finite(document), indent=2, allow_nan=False) + "\n"


def _side_to_json(side: Side) -> dict[str, object]:
    wire = {"wire": side.ledger.plain()} if side.ledger is not None else {}
    return {"name": side.name, "id": side.id, "negotiated": dict(side.negotiated), **wire}


def duel_of(root: Node) -> Duel:
    """The duel that a document holds.

    :raises DocumentError: if it does not hold one.
    """
    results = [_result(node) for node in root["duel"].each()]
    if not results:
        raise root["duel"].fault("at least one comparison")
    governor = root.get("governor")
    engines, interrupted = root.find("engines"), root.find("interrupted")
    return Duel(
        results=results,
        meter=root["meter"].text(),
        method=root["method"].text(),
        seed=root["seed"].whole(),
        governor=governor.text() if governor else None,
        engines={name: node.text() for name, node in engines.items()} if engines else {},
        interrupted=interrupted.flag() if interrupted else False,
    )


def _result(node: Node) -> DuelResult:
    comparisons = {side: _comparison(one) for side, one in node["comparisons"].items()}
    if not {"libraries", "total"} & comparisons.keys():
        raise node["comparisons"].fault("a comparison of the libraries' time, or of the total, among others")
    return DuelResult(_side(node["a"]), _side(node["b"]), comparisons)


def _side(node: Node) -> Side:
    identity = node["id"].text()
    negotiated = {name: one.plain() for name, one in node["negotiated"].items()}
    wire = node.find("wire")
    ledger = record(wire, Ledger, least=0) if wire else None
    return Side(node["name"].text(), identity, axes_of_id(identity), negotiated, ledger)


def _comparison(node: Node) -> PairedComparison:
    """A comparison; null stands for the missing end of an interval, and for an unknown floor."""
    ratio = node["ratio"]
    median = ratio["median"].number(1 / LARGEST)
    low, high = ratio.get("low"), ratio.get("high")
    floor = node.get("floor")
    interval = Interval(low.number(0.0) if low else 0.0, median, high.number(0.0) if high else math.inf)
    if not interval.low <= interval.median <= interval.high:
        raise ratio.fault("low, median and high in this order")
    return PairedComparison(interval, floor.number(0.0) if floor else math.inf, node["epochs"].whole(1))
