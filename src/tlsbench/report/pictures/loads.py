"""The pictures of loads."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.loading import Load
from tlsbench.loading.tally import PHASES
from tlsbench.report.pictures.shapes import Line, Lines, Picture

#: Percentiles as HdrHistogram plots them: each step is a tenth of what is left.
_NINES = {
    1.0: "0",
    2.0: "50",
    10.0: "90",
    100.0: "99",
    1_000.0: "99.9",
    10_000.0: "99.99",
    100_000.0: "99.999",
}
_STEPS_PER_DECADE = 12


def latency(loads: Sequence[tuple[str, Load]]) -> Picture | None:
    """Latency by percentile, the tail as wide as the rest.

    :param loads: each with a name; names are left out where there is one load.
    """
    lines = [
        _line(f"{name}: {phase}" if len(loads) > 1 else phase, load, phase)
        for name, load in loads
        for phase in PHASES
        if load.tally.times[phase].get_total_count()
    ]
    if not lines:
        return None
    most = max(x for line in lines for x in line.x)
    return Picture(
        "latency",
        "Latency by percentile",
        "How long each step took at most for that share of connections, in ms, from the HdrHistograms of all "
        "processes together. The axis widens the tail: 90, 99 and 99.9 % are equally far apart.",
        Lines(
            lines,
            "percentile",
            "ms",
            x_is_log=True,
            y_is_log=True,
            ticks={x: text for x, text in _NINES.items() if x <= most * 1.01},
        ),
    )


def _line(name: str, load: Load, phase: str) -> Line:
    times = load.tally.times[phase]
    count = times.get_total_count()
    xs = [10 ** (step / _STEPS_PER_DECADE) for step in range(5 * _STEPS_PER_DECADE + 1)]
    shown = [x for x in xs if x <= count]  # beyond one in so many there is nothing
    ys = [max(times.get_value_at_percentile(100 * (1 - 1 / x)), 1) / 1e6 for x in shown]
    return Line(name, shown, ys)
