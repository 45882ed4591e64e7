"""OpenMetrics 1.0 text, for Prometheus and others: a gauge for each figure, in base units.

Within a series, the labels ``quantile`` and ``interval`` distinguish the median, other quantiles and the ends
of the median's interval. Specification: https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import math
from collections import defaultdict

from tlsbench.escaping import for_openmetrics
from tlsbench.report.sheets import Entry, Figure, Report

#: For each unit, its base unit and its size in that base unit.
_BASES = {
    "": ("", 1.0),
    "ns": ("seconds", 1e-9),
    "us": ("seconds", 1e-6),
    "ms": ("seconds", 1e-3),
    "kib": ("bytes", 1024.0),
    "bytes": ("bytes", 1.0),
    "gib": ("bytes", 2.0**30),
    "thousand_instructions": ("instructions", 1e3),
    "percent": ("ratio", 1e-2),
    "per_s": ("per_second", 1.0),
    "mb_per_s": ("bytes_per_second", 1e6),
    "mbit_per_s": ("bytes_per_second", 1e6 / 8),
}
_HELP = "the label interval, low or high, marks the ends of the 95 % interval"


def write(report: Report, _width: int) -> str:
    """The figures of all entries, and of the result as a whole, family by family."""
    families: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for entry in (*report.entries, *report.totals):
        for name, figure in entry.figures.items():
            if figure.number is not None and math.isfinite(figure.number):
                unit, size = _BASES[figure.unit]
                samples = families[_metric(report, name, figure), unit]
                samples.setdefault(_labels(report, entry, figure), figure.number * size)
    lines = []
    for (metric, unit), samples in families.items():
        lines.append(f"# TYPE {metric} gauge")
        lines += [f"# UNIT {metric} {unit}"] if unit else []
        if any("interval=" in labels for labels in samples):
            lines.append(f"# HELP {metric} {_HELP}")
        lines += [f"{metric}{labels} {value:.9g}" for labels, value in samples.items()]
    return "\n".join((*lines, "# EOF")) + "\n"


def _metric(report: Report, name: str, figure: Figure) -> str:
    stem = figure.series or f"_{name}".removesuffix(f"_{figure.unit}").strip("_")
    return "_".join(filter(None, ("tlsbench", report.kind, stem, _BASES[figure.unit][0])))


def _labels(report: Report, entry: Entry, figure: Figure) -> str:
    of_entry = {name: entry.labels.get(name, "") for name in report.labels}
    unusual = {name: value for name, value in of_entry.items() if value != report.usual.get(name, "")}
    told = (
        f'{name}="{for_openmetrics(value)}"' for name, value in {**unusual, **figure.marks}.items() if value
    )
    return "{" + ",".join(told) + "}"
