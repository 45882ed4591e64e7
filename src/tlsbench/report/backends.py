"""The backends of a load side by side, in a table."""

from __future__ import annotations

from tlsbench.loading import BackendLoad, Load
from tlsbench.report.digits import format_count, format_duration_us
from tlsbench.report.sheets import Entry, Field, Figure, Sheet

#: The phases whose quantiles the table shows, and which quantiles.
_PHASES = {"handshake": (50.0, 99.0), "connection": (50.0, 99.0)}
_FIELDS = (
    Field("target", "backend", "label"),
    Field("begun", "connections"),
    Field("share_percent", "share"),
    Field("resumed_percent", "resumed", weight=6),
    Field("failures", "failed"),
    Field("moved", "moved", weight=4),
    *(
        Field(
            f"{phase}_p{percentile:g}_us", f"{phase} p{percentile:g}", weight=8 if phase == "handshake" else 5
        )
        for phase, percentiles in _PHASES.items()
        for percentile in percentiles
    ),
    Field("rtt", "line", "label", weight=3),
)


def table_of_backends(load: Load) -> Sheet:
    """A table with one row per backend."""
    has_lines = bool(load.plan.lines)
    fields = [one for one in _FIELDS if one.name != "rtt" or has_lines]
    return Sheet(
        f"by backend: {load.plan.spread}",
        fields,
        [
            Entry(
                f"backend {one.target}",
                {"target": str(one.target), "rtt": load.plan.lines.get(one.target, "")},
                figures_of(one, load),
            )
            for one in load.backends
        ],
    )


def totals_of_backends(load: Load) -> list[Entry]:
    """The results of each backend, for machine-readable formats."""
    return [
        Entry(f"backend {one.target}", {"target": str(one.target)}, figures_of(one, load))
        for one in load.backends
    ]


def figures_of(one: BackendLoad, load: Load) -> dict[str, Figure]:
    """The figures of one backend, for the table and for machine-readable formats."""
    tally = one.tally
    failed = sum(tally.failures.values())
    share = 100 * tally.begun / load.tally.begun if load.tally.begun else 0.0
    resumed = 100 * tally.resumed / tally.handshakes if tally.handshakes else 0.0
    figures = {
        "begun": Figure(tally.begun, format_count(tally.begun)),
        "share_percent": Figure(share, f"{share:.1f} %", "percent"),
        "handshakes": Figure(tally.handshakes),
        "resumed": Figure(tally.resumed),
        "resumed_percent": Figure(resumed, f"{resumed:.1f} %", "percent"),
        "requests": Figure(tally.requests),
        "failures": Figure(failed, format_count(failed)),
        "moved": Figure(one.moved, format_count(one.moved)),
    }
    for phase, percentiles in _PHASES.items():
        times = tally.times[phase]
        for percentile in percentiles if times.get_total_count() else ():
            us = times.get_value_at_percentile(percentile) / 1e3
            name = f"{phase}_p{percentile:g}_us"
            series = f"{phase}_time"
            figures[name] = Figure(
                us, format_duration_us(us), "us", series, {"quantile": f"{percentile / 100:g}"}
            )
    return figures
