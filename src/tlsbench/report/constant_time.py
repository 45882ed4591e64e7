"""A constant-time check as a report: a sentence and a row for each pair of kinds of input."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from tlsbench.report.digits import format_us
from tlsbench.report.findings import Finding
from tlsbench.report.sheets import Entry, Field, Figure, Report, Sheet, ends
from tlsbench.results.benchmark_json import finite
from tlsbench.results.stored import FORMAT
from tlsbench.session.constant_time import Checked, ConstantTime
from tlsbench.stats import TimingDifference
from tlsbench.version import __version__

_FIELDS = (
    Field("algorithm", "algorithm", "label"),
    Field("kinds", "compared", "label", wraps=True),
    Field("call_ns", "call ns", weight=6),
    Field("difference_ns", "difference ns"),
    Field("interval", "95 %"),
    Field("floor_ns", "floor ns", weight=5),
    Field("t", "t", weight=4),
    Field("verdict", "verdict", "verdict", wraps=True),
)
_COLUMNS = (
    *("call_ns", "difference_ns", "difference_low_ns", "difference_high_ns", "floor_ns", "resolution_ns"),
    *("t", "p_value", "trim_percent", "calls", "epochs", "verdict"),
)
#: Keyed by whether a difference was found, and whether the outcome differs too.
_VERDICTS = {
    (False, False): "none found",
    (False, True): "none found",
    (True, False): "DIFFERENCE",
    (True, True): "difference (the outcome differs too)",
}
_OUTCOME = (
    "Where one kind is accepted and the other refused, a difference reveals no more than the answer does, "
    "and it includes Python's exception. Inputs that get the same answer must take the same time"
)


def report_of_check(checked: ConstantTime, *, fails_on_leaks: bool = False) -> Report:
    """The report of a check.

    :param fails_on_leaks: whether inputs that get the same answer but differ in time fail a gate.
    """
    entries = [_entry(one, fails_on_leaks=fails_on_leaks) for one in checked.results]
    leaks = [one for one in checked.results if one.leaks]
    alike = [one for one in checked.results if not one.differs_in_outcome]
    return Report(
        kind="timing",
        sheets=[Sheet(_common(checked.results), _FIELDS, entries)],
        labels=("algorithm", "size", "implementation", "a", "b"),
        columns=_COLUMNS,
        document=lambda: check_to_json(checked),
        summary=[
            f"{len(leaks)} of {len(alike)} pairs of inputs that get the same answer differ in time",
            *map(sentence, leaks),
        ],
        findings=[
            *(Finding(sentence(one)) for one in leaks),
            *_quiet([one for one in alike if not one.leaks]),
        ],
        notes=[
            "engines: " + ", ".join(f"{name} = {engine}" for name, engine in checked.engines.items()),
            checked.method,
            *([_OUTCOME] if len(alike) < len(checked.results) else []),
        ],
        failed=[line for entry in entries for line in entry.failed],
    )


def sentence(one: Checked) -> str:
    """Such as "bytes/compare: wrong in the last byte takes 212 ns longer than …"."""
    found, subject = one.found, one.scenario.algorithm
    if not found.is_found:
        return (
            f"{subject}: no difference found between {one.a} and {one.b}, at a resolution of "
            f"{_ns(found.resolution_ns)}"
        )
    longer, shorter = (one.b, one.a) if found.difference_ns.median > 0 else (one.a, one.b)
    low, high = sorted((abs(found.difference_ns.low), abs(found.difference_ns.high)))
    size = abs(found.difference_ns.median)
    share = 100 * size / found.call_ns if found.call_ns else math.nan
    return (
        f"{subject}: {longer} takes {_ns(size)} longer than {shorter} (95 % {format_us(low)}–{_ns(high)}, "
        f"{share:.2g} % of a call)"
    )


def _quiet(alike: Sequence[Checked]) -> Iterator[Finding]:
    """The finding for the pairs that get the same answer and do not differ in time."""
    if alike:
        details = tuple(sentence(one) for one in alike)
        yield Finding("No difference found between inputs that get the same answer", details)


def _entry(one: Checked, *, fails_on_leaks: bool) -> Entry:
    found = one.found
    axes = one.scenario.axes()
    interval = found.difference_ns
    known = math.isfinite(interval.high - interval.low)
    verdict = _VERDICTS[found.is_found, one.differs_in_outcome]
    return Entry(
        one.id,
        {
            "algorithm": one.scenario.algorithm,
            "size": axes.get("size", ""),
            "implementation": axes["implementation"],
            "a": one.a,
            "b": one.b,
            "kinds": f"{one.b} / {one.a}",
            "verdict": verdict if found.is_found else f"{verdict}, at {_ns(found.resolution_ns)}",
        },
        {
            "call_ns": Figure(found.call_ns, format_us(found.call_ns), "ns"),
            "difference_ns": Figure(interval.median, _signed(interval.median), "ns", "difference"),
            **{f"{name}_ns": figure for name, figure in ends("difference", interval, unit="ns").items()},
            "interval": Figure(
                None, f"{_signed(interval.low)} to {_signed(interval.high)}" if known else "unknown"
            ),
            "floor_ns": Figure(found.floor_ns, format_us(found.floor_ns), "ns"),
            "resolution_ns": Figure(found.resolution_ns, format_us(found.resolution_ns), "ns"),
            "t": Figure(found.t, f"{found.t:+.1f}".replace("-", "−")),
            "p_value": Figure(found.p_value),
            "trim_percent": Figure(100 * found.trim, "", "percent"),
            "calls": Figure(found.calls),
            "epochs": Figure(found.epochs),
        },
        failed=[f"failed 'constant time': {sentence(one)}"] if fails_on_leaks and one.leaks else (),
    )


def check_to_json(checked: ConstantTime) -> str:
    """Every figure of a check, as the text of a JSON document; what is not finite becomes null."""
    document = {
        "constant_time": [
            {
                "id": one.scenario.id,
                "a": one.a,
                "b": one.b,
                "differs_in_outcome": one.differs_in_outcome,
                **_plain(one.found),
                "leaks": one.leaks,
            }
            for one in checked.results
        ],
        "method": checked.method,
        "seed": checked.seed,
        "governor": checked.governor,
        "engines": dict(checked.engines),
        "interrupted": checked.interrupted,
        "tlsbench": {"format": FORMAT, "version": __version__},
    }
    return json.dumps(finite(document), indent=2, allow_nan=False) + "\n"


def _plain(found: TimingDifference) -> dict[str, object]:
    return {**asdict(found), "resolution_ns": found.resolution_ns, "is_found": found.is_found}


def _common(results: Sequence[Checked]) -> str:
    """The selectors that all results have in common, except the workload."""
    words = [one.scenario.id.split() for one in results]
    return " ".join(
        word
        for word in (words[0] if words else [])
        if not word.startswith("workload=") and all(word in other for other in words)
    )


def _ns(figure: float) -> str:
    return f"{format_us(figure)} ns" if math.isfinite(figure) else "unknown, as there are too few epochs"


def _signed(figure: float) -> str:
    if not math.isfinite(figure):
        return "?"
    return ("+" if figure > 0 else "−" if figure < 0 else "") + format_us(abs(figure))
