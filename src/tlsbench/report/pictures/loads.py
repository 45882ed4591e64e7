"""The pictures of loads: latency by percentile, and a load over time."""

from __future__ import annotations

from collections.abc import Sequence

from tlsbench.loading import Load
from tlsbench.loading.seconds import QUANTILES
from tlsbench.loading.tally import PHASES
from tlsbench.report.loads import settings_of
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
#: The fewest seconds that are worth drawing over time.
_LEAST_SECONDS = 3
#: The phases whose times are drawn over time, in addition to those that have a threshold.
_WAITED_FOR = ("handshake", "connection")


def latency(loads: Sequence[tuple[str, Load]]) -> Picture | None:
    """Latency by percentile, on an axis that stretches the tail.

    :param loads: each with a name; names are left out if there is only one load.
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
        "Within this time, in ms, the step was complete for that share of connections, from the "
        "HdrHistograms of all processes together. The axis stretches the tail: 90, 99 and 99.9 % are equally "
        "far apart.",
        Lines(
            lines,
            "percentile",
            "ms",
            x_is_log=True,
            y_is_log=True,
            ticks={x: text for x, text in _NINES.items() if x <= most * 1.01},
        ),
        scenario=scenario_of_loads([load for _, load in loads]),
    )


def course(load: Load) -> Picture | None:
    """The handshakes, requests and failures in each second of a load."""
    counted = {
        name: [float(getattr(one, name)) for one in load.seconds]
        for name in ("handshakes", "requests", "failed")
    }
    lines = [
        Line(name, [one.at_s for one in load.seconds], counts)
        for name, counts in counted.items()
        if any(counts)
    ]
    if len(load.seconds) < _LEAST_SECONDS or not lines:
        return None
    return Picture(
        "course",
        "A load second by second",
        "What was completed, and what failed, in each second of the load.",
        Lines(lines, "seconds of the load", "in that second", y_from_zero=True),
        scenario=scenario_of_loads([load]),
    )


def course_by_backend(load: Load) -> Picture | None:
    """The handshakes of each second, by backend: if one dies, its share visibly ends or moves."""
    lines = [
        Line(
            str(one.target),
            [second.at_s for second in one.seconds],
            [float(second.handshakes) for second in one.seconds],
        )
        for one in load.backends
        if one.seconds  # a fleet's machines report no course by backend
    ]
    if len(load.seconds) < _LEAST_SECONDS or not lines:
        return None
    return Picture(
        "course-by-backend",
        "Backends second by second",
        "The handshakes that each backend completed in each second of the load.",
        Lines(lines, "seconds of the load", "handshakes in that second", y_from_zero=True),
        scenario=scenario_of_loads([load]),
    )


def waiting(load: Load) -> Picture | None:
    """How long the steps of a connection took in each second of a load, with their thresholds."""
    drawn = {*_WAITED_FOR, *(one.figure for one in load.thresholds)}
    lines = [
        Line(f"{phase} {name}", [at for at, _ in points], [ns / 1e6 for _, ns in points])
        for phase in PHASES
        for number, name in enumerate(QUANTILES)
        if phase in drawn
        and len(
            points := [
                (one.at_s, one.times_ns[phase][number]) for one in load.seconds if phase in one.times_ns
            ]
        )
        >= _LEAST_SECONDS
    ]
    if not lines:
        return None
    ends = [load.seconds[0].at_s, load.seconds[-1].at_s]
    lines += [
        Line(f"threshold {one.text}", ends, [one.bound / 1e6] * 2) for one in load.thresholds if one.is_time
    ]
    return Picture(
        "waiting",
        "Latency second by second",
        "The median and the 99th percentile of the times that ended in each second, in ms.",
        Lines(lines, "seconds of the load", "ms", y_is_log=True),
        scenario=scenario_of_loads([load]),
    )


def scenario_of_loads(loads: Sequence[Load]) -> str:
    """The settings of loads, as text."""
    told = (", ".join(f"{name} {value}" for name, value in settings_of(load)) for load in loads)
    return " | ".join(dict.fromkeys(told))


def _line(name: str, load: Load, phase: str) -> Line:
    times = load.tally.times[phase]
    count = times.get_total_count()
    xs = [10 ** (step / _STEPS_PER_DECADE) for step in range(5 * _STEPS_PER_DECADE + 1)]
    shown = [x for x in xs if x <= count]  # one in x needs at least x times
    percentiles = [100 * (1 - 1 / x) for x in shown]
    values = times.get_percentile_to_value_dict(percentiles)  # in one pass
    ys = [max(values[percentile], 1) / 1e6 for percentile in percentiles]
    return Line(name, shown, ys)
