"""A load as a report: its percentiles, findings and notes; and a status line each second while it runs."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tlsbench.loading import Load, LoadTally, Threshold
from tlsbench.loading.tally import PHASES, SUCCESS
from tlsbench.report.backends import table_of_backends, totals_of_backends
from tlsbench.report.digits import duration_text, format_count, format_duration_us
from tlsbench.report.exporters.table import rows
from tlsbench.report.findings import Finding
from tlsbench.report.findings.backends import lacking, never_answered
from tlsbench.report.findings.loads import load_findings
from tlsbench.report.machines import findings_of_machines, notes_on_machines, sheets_of_machines
from tlsbench.report.sheets import Entry, Field, Figure, Report, Sheet
from tlsbench.report.sparkline import sparkline
from tlsbench.results import Failure
from tlsbench.results.environment import machine_info
from tlsbench.results.load_json import load_to_json
from tlsbench.stats import Interval

#: The percentiles that are shown, by the names of their columns.
_PERCENTILES = {"p50_us": 50.0, "p90_us": 90.0, "p99_us": 99.0, "p99.9_us": 99.9, "p99.99_us": 99.99}
_FIELDS = (
    Field("phase", "µs", "label"),
    Field("count", "count"),
    *(Field(name, name.removesuffix("_us")) for name in (*_PERCENTILES, "max_us")),
)
#: A line that delivers packets later than this after they are due distorts the round-trip time.
_LATE_MS = 1.0
#: How many seconds of rates are shown while a load runs.
_SECONDS_SHOWN = 40
#: What each phase is timed from and to.
MEANING_OF_PHASES = {
    "connect": "TCP connect",
    "handshake": "TLS handshake",
    "first byte": "to the first byte of an answer",
    "request": "to its last byte",
    "connection": "from the intended start to the end",
    "TCP RTT": "the kernel's smoothed round trip time at its end",
    "QUIC RTT": "the QUIC library's smoothed round trip time at its end",
}


def second_line(seconds: float, tally: LoadTally, earlier: LoadTally) -> str:
    """What happened in the last second.

    :param earlier: the tally a second earlier; an empty one at first.
    """
    handshakes, resumed = tally.handshakes - earlier.handshakes, tally.resumed - earlier.resumed
    parts = [f"{seconds:4.0f} s: {handshakes:,} handshakes"]
    if resumed:
        parts.append(f"{resumed / handshakes:.0%} resumed")
    if tally.requests:
        parts.append(f"{tally.requests - earlier.requests:,} requests")
    parts.append(f"{tally.open:,} open")
    failed = sum(tally.failures.values()) - sum(earlier.failures.values())
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def report_of_load(load: Load, machine: Mapping[str, Any] | None = None, command: str = "") -> Report:
    """The report of a load.

    :param machine: where it was measured, as pytest-benchmark records it; by default, this machine.
    :param command: the command line that was typed.
    """
    failures = [f"{count:,} × {kind}" for kind, count in load.tally.failures.items()]
    nothing = not load.tally.outcomes[SUCCESS]
    errors = [
        *(failures or ["no connection was started"] if nothing else ()),
        *load.lost,
        *load.lost_machines,
    ]
    found = findings_of_load(load)
    return Report(
        kind="load",
        sheets=[
            _percentiles(load.tally, _heading(load), load.plan.where),
            *(_percentiles(one.tally, f"{one.target}", str(one.target)) for one in load.backends),
        ],
        ledgers=[*([table_of_backends(load)] if load.backends else []), *sheets_of_machines(load)],
        labels=("target", "phase"),
        columns=[field.name for field in _FIELDS if field.kind == "figure"],
        document=lambda: load_to_json(load, machine or machine_info(), command),
        summary=[found[0].headline],
        lead=why_failed(load),
        totals=[Entry("all", {"target": load.plan.where}, _totals(load)), *totals_of_backends(load)],
        warnings=[*cautions(load), *(f"failed: {one}" for one in failures if not nothing)],
        findings=found,
        notes=notes(load),
        failed=[words_on(one, load) for one in load.thresholds if one.answer(load) == "fail"],
        undecided=[words_on(one, load) for one in load.thresholds if one.answer(load) == "undecided"],
        advice="to decide it: load for longer (--duration)",
        errors=[Failure(f"load of {load.plan.where}", error) for error in errors],
    )


def words_on(threshold: Threshold, load: Load) -> str:
    """The answer of a threshold to a load, with the figure and its 95 % interval."""
    word = {"pass": "kept", "fail": "failed", "undecided": "undecided"}[threshold.answer(load)]
    interval = threshold.interval(load)
    figure = threshold.figure
    if threshold.is_time:
        figure += f" p{100 * threshold.quantile:g}"
    goal = f"{'at most' if threshold.is_most else 'at least'} {_bounded(threshold.bound, threshold)}"
    return f"{word} '{threshold.text}': {figure} {_known(interval, threshold)}, to be {goal}"


def _known(interval: Interval, threshold: Threshold) -> str:
    low, median, high = (_bounded(one, threshold) for one in (interval.low, interval.median, interval.high))
    if not math.isfinite(interval.median):
        return "unknown: there was none"
    if math.isfinite(interval.high) and math.isfinite(interval.low):
        return f"{median} (95 % {low} to {high})"
    if interval.low > 0:
        return f"{median} (95 % at least {low})"
    few = "seconds" if threshold.figure in ("handshakes", "requests") else "connections"
    return f"{median} (too few {few} for a 95 % interval)"


def _bounded(value: float, threshold: Threshold) -> str:
    if threshold.is_time:
        return duration_text(value / 1e3)
    return f"{100 * value:.2f} %" if threshold.figure == "failed" else f"{value:,.0f}/s"


def why_failed(load: Load) -> str:
    """Why a load failed or lost part of its results; ``""`` if it did not.

    If no connection succeeded, this is the most frequent failure, from the warm-up if nothing was counted.
    """
    tally = load.tally
    if load.lost:
        return f"failed: a worker process died: {load.lost[0]}"
    if load.lost_machines:
        return f"failed: a machine was lost: {load.lost_machines[0]}"
    if tally.outcomes[SUCCESS] or load.interrupted:
        return ""
    kinds = list(tally.failures) or [kind for kind, _ in tally.warm_up_failures.most_common()]
    where = f" to any of {len(load.backends)} backends" if load.backends else ""
    return f"failed: no connection{where} succeeded: {kinds[0] if kinds else 'none was started'}"


def findings_of_load(load: Load) -> list[Finding]:
    """The findings of a load; without rates if no connection succeeded."""
    found = [*_grouped(load_findings(load)), *findings_of_machines(load)]
    return found if load.tally.outcomes[SUCCESS] else found[1:] or found


def _grouped(lines: Sequence[str]) -> list[Finding]:
    """Findings from lines; an indented line becomes a detail of the one before."""
    found: list[Finding] = []
    for line in lines:
        if line.startswith(" "):
            found[-1] = Finding(found[-1].headline, (*found[-1].details, line.strip()))
        else:
            found.append(Finding(line))
    return found


def _totals(load: Load) -> dict[str, Figure]:
    tally = load.tally
    counts = {"begun": tally.begun, "handshakes": tally.handshakes, "resumed": tally.resumed}
    counts |= {"requests": tally.requests, "failures": sum(tally.failures.values())}
    return {
        "handshakes_per_s": Figure(load.handshakes_per_s, unit="per_s"),
        "requests_per_s": Figure(load.requests_per_s, unit="per_s"),
        "client_busy_percent": Figure(100 * load.client_busy, unit="percent"),
        **{name: Figure(count) for name, count in counts.items()},
    }


def growing(tallies: Sequence[LoadTally], width: int) -> RenderableType:
    """The results so far, while a load runs: the rates of each second, and the percentiles.

    :param tallies: one for each second, starting with an empty one.
    :param width: the width of the terminal in columns.
    """
    lines = []
    for what, counts in (
        ("handshakes", [tally.handshakes for tally in tallies]),
        ("requests", [tally.requests for tally in tallies]),
        ("failed", [sum(tally.failures.values()) for tally in tallies]),
    ):
        rates = [float(after - before) for before, after in pairwise(counts)]
        if any(rates):
            lines.append(Text(f"{what:10} {sparkline(rates[-_SECONDS_SHOWN:], 0.0)} {rates[-1]:,.0f}/s"))
    return Group(*lines, *rows(_percentiles(tallies[-1]), width))


def _percentiles(tally: LoadTally, title: str = "", target: str = "") -> Sheet:
    entries = []
    for phase in PHASES:
        times = tally.times[phase]
        if count := times.get_total_count():
            figures = {
                "count": Figure(count, format_count(count)),
                **{
                    name: _time(times.get_value_at_percentile(one), one) for name, one in _PERCENTILES.items()
                },
                "max_us": _time(times.get_max_value(), 100.0),
            }
            entries.append(Entry(f"{phase} of {target}", {"target": target, "phase": phase}, figures))
    return Sheet(title, _FIELDS, entries)


def _time(nanoseconds: float, percentile: float) -> Figure:
    microseconds = nanoseconds / 1e3
    marks = {"quantile": f"{percentile / 100:g}"}
    return Figure(microseconds, format_duration_us(microseconds), "us", "time", marks)


def notes(load: Load) -> list[str]:
    """How the load was measured, and what to keep in mind when reading it."""
    plan = load.plan
    since = "their intended start" if plan.is_open_loop else "their start"
    processes = f"{plan.workers} process{'es' if plan.workers > 1 else ''}"
    what = "uses of connections" if plan.pool else "connections"
    counted = f"{load.tally.begun:,} {what} in {load.elapsed_s:.1f} s from {processes}"
    meanings = ", ".join(f"{phase}: {MEANING_OF_PHASES[phase]}" for phase in phases_of(load))
    return [
        f"{counted}; times count from {since}, after {plan.warm_up_s:g} s of warm-up",
        *([f"percentiles of the HdrHistograms of all processes together; {meanings}"] if meanings else []),
        *notes_on_machines(load),
        *cautions(load),
    ]


def cautions(load: Load) -> list[str]:
    """Reasons to doubt the figures, and what was not as requested."""
    lines = []
    if not load.plan.root:
        lines.append("the server's certificate was not verified: give --root to verify it as a client would")
    if load.plan.captured:
        what = f"the first {load.plan.captured} connections were captured (--pcap)"
        lines.append(f"{what}: the figures include this cost")
    if load.plan.key_log:
        lines.append("secrets of all connections were logged (SSLKEYLOGFILE): the figures include this cost")
    lines += [f"socket option {remark}" for remark in load.remarks]
    for where, line in (
        ("", load.forwarded),
        *((f" to {one.target}", one.forwarded) for one in load.backends),
    ):
        if line is not None and line.late_p99_ms > _LATE_MS:
            late = f"1 % of its packets by {line.late_p99_ms:,.1f} ms or more"
            busy = f"its process was busy for {line.busy:.0%} of the time"
            lines.append(f"the line{where} of --via was late: {late} ({busy})")
    lines += [*never_answered(load), *lacking(load)]
    if load.interrupted:
        lines.append("ended early by Ctrl-C")
    return lines + [
        f"warning: a {what} ({lost}); only what it had reported is counted"
        for what, all_lost in (("worker process died", load.lost), ("machine was lost", load.lost_machines))
        for lost in all_lost
    ]


def settings_of(load: Load) -> list[tuple[str, str]]:
    """The settings of a load, by name: how connections begin, what they do, and what they must negotiate."""
    plan = load.plan
    loop = (
        f"open loop, {plan.rate_per_s:g}/s"
        if plan.is_open_loop
        else f"closed loop, {plan.connections:,} connections"
    )
    if plan.hold:
        does = "held"
    elif plan.requests:
        does = f"{plan.requests} request{'s' * (plan.requests > 1)} each"
    else:
        does = "handshakes alone"
    if plan.has_streams:
        does += f", {plan.streams} at once"
    if plan.pool:
        does += f", pool of {plan.pool}"
    if plan.line:
        does += f", via {plan.line}"
    chosen = {
        "HTTP": plan.http,
        "resumption": f"{plan.resume:.0%}" if plan.resume else "",
        "version": plan.version,
        "cipher": plan.cipher,
        "group": plan.group,
        "processes": f"{plan.workers}" if plan.workers > 1 else "",
    }
    if plan.others:
        chosen["spread"] = f"{plan.spread}, what is down: {plan.when_down}"
    chosen["clients"] = f"{plan.clients:,}" if plan.clients else ""
    given = {"target": ", ".join(map(str, plan.targets)), "pace": loop, "connections": does, **chosen}
    return [(name, value) for name, value in given.items() if value]


def _heading(load: Load) -> str:
    settings = dict(settings_of(load))
    http = f", HTTP {settings['HTTP']}" if "HTTP" in settings else ""
    return f"load of {settings['target']}: {settings['pace']}, {settings['connections']}{http}"


def percentile_distribution(load: Load, phase: str) -> str:
    """A phase's distribution in HdrHistogram's own text format (.hgrm), in microseconds."""
    text = io.BytesIO()
    load.tally.times[phase].output_percentile_distribution(text, 1000.0)
    return text.getvalue().decode("ascii")


def phases_of(load: Load) -> Sequence[str]:
    """The phases for which times were recorded."""
    return [phase for phase in PHASES if load.tally.times[phase].total_count]
