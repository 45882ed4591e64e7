"""A capacity as a report: what the demand takes, its parts, and what other choices would take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tlsbench.report.capacity_json import capacity_to_json
from tlsbench.report.digits import format_count, format_us
from tlsbench.report.findings import Finding
from tlsbench.report.sheets import Entry, Field, Figure, Report, Sheet, ends
from tlsbench.session.capacity import ASKED, KEY, LIBRARY, LIFETIME, SHARE, Capacity, Choice
from tlsbench.session.sizing import FRAME, Part, Sizing
from tlsbench.stats import Estimate, Interval

_GIB: Final = 2.0**30
_MBIT: Final = 1e6
_NS_PER_US: Final = 1e3
_PARTS: Final = (
    Field("part", "of the server's processor", "label"),
    Field("each_us", "µs each"),
    Field("each_interval", "95 %", weight=5),
    Field("connections_percent", "of connections"),
    Field("cores", "busy cores"),
    Field("interval", "95 %"),
)
_CHOICES: Final = (
    Field("of", "choice", "label"),
    Field("name", "value", "label"),
    Field("cores", "cores"),
    Field("interval", "95 %"),
    Field("ratio", "× asked"),
    Field("memory_gib", "memory GiB", weight=6),
    Field("down_mbit_per_s", "down Mbit/s", weight=5),
    Field("up_mbit_per_s", "up Mbit/s", weight=4),
)
_COLUMNS: Final = (
    *("each_us", "each_low_us", "each_high_us", "connections_percent"),
    *("cores", "cores_low", "cores_high", "ratio", "ratio_low", "ratio_high"),
    *("memory_gib", "memory_low_gib", "memory_high_gib", "up_mbit_per_s", "down_mbit_per_s"),
)
_ALL: Final = "all"
_BOOTSTRAP: Final = (
    "brackets are 95 % intervals from a bootstrap: the rounds of the run are resampled, the same ones in all "
    "cells; they show how precisely this machine was measured, not how similar another one is"
)
_LINE: Final = (
    f"bandwidth assumes full frames (1,538 bytes of Ethernet for 1,448 of TLS, × {FRAME:.3f}); "
    "acknowledgements "
    "and the clients' requests come on top"
)
_MEMORY: Final = "memory is the TLS library's alone: socket buffers and the program's own memory come on top"
_NOT_BEYOND: Final = (
    "NOT included: the kernel and the server's own program. 'tlsbench load' shows the total time per "
    "connection of a server on this machine; give the time beyond TLS with --beyond, or use --beyond serve "
    "for that of 'tlsbench serve'"
)
_LIFETIMES: Final = (
    "ticket lifetimes: assuming that clients return at random, at a constant rate; the share given is "
    "assumed to be that at {lifetime}"
)


def report_of_capacity(capacity: Capacity) -> Report:
    """The report of a capacity."""
    asked, demand = capacity.asked, capacity.request.demand
    entries = [_of_part(part, asked) for part in asked.parts]
    choices = [_of_choice(choice, asked) for choice in _cheapest_first(capacity.choices)]
    title = " ".join(f"{axis}={value}" for axis, value in capacity.axes.items() if axis in _TITLE)
    return Report(
        kind="capacity",
        sheets=[
            Sheet(title, _PARTS, [*entries, _of_sum(asked)]),
            Sheet(_free(demand.headroom), _CHOICES, choices),
        ],
        labels=("part", "of", "name"),
        columns=_COLUMNS,
        document=lambda: document(capacity),
        summary=[answer(capacity)],
        lead=question(capacity),
        warnings=capacity.warnings,
        findings=[Finding(answer(capacity)), *_cheapest(capacity)],
        notes=list(_notes(capacity)),
        skipped=capacity.left_out,
    )


_TITLE: Final = ("implementation", "client", "server", "version", "cipher", "group", "key", "chain_length")


def document(capacity: Capacity) -> str:
    """Every figure, as the text of a JSON document."""
    return capacity_to_json(capacity, scaling_words(capacity))


def question(capacity: Capacity) -> str:
    """The demand, in words."""
    demand = capacity.request.demand
    return (
        f"{demand.connections_per_s:,.6g} new connections/s, {100 * demand.resumed:.4g} % resumed, "
        f"{_size(demand.transfer_bytes)} sent on each, {demand.open_connections:,} open"
    )


def answer(capacity: Capacity) -> str:
    """Such as "It takes 7.42 cores [7.31, 7.55], 4.96 GiB of memory […], …, 30 % of each free"."""
    asked, demand = capacity.asked, capacity.request.demand
    parts = [f"{_cores(asked.cores.interval)} cores {_brackets(asked.cores.interval)}"]
    if asked.memory_bytes is not None and demand.open_connections:
        memory = asked.memory_bytes / _GIB
        parts.append(f"{_figure(memory.value)} GiB of memory {_brackets(memory.interval)}")
    parts.append(
        f"bandwidth of {_figure(asked.down_bits_per_s / _MBIT)} Mbit/s to clients and "
        f"{_figure(asked.up_bits_per_s / _MBIT)} from them"
    )
    free = f", {100 * demand.headroom:.4g} % of each free" if demand.headroom else ", with nothing free"
    return f"It takes {', '.join(parts)}{free}"


def scaling_words(capacity: Capacity) -> str:
    """In words, how work was assumed to scale from one core to several."""
    scaling = capacity.costs.scaling
    if scaling.is_void:
        return (
            "cores: linear, not proved here: threads were measured, but the result is void because the "
            "controls failed"
        )
    if not scaling.is_measured:
        return "cores: linear, not proved here (workload=scaling measures what several threads do)"
    most = scaling.most
    beyond = "" if capacity.asked.cores.value <= most else f"; beyond {most} it is assumed to stay the same"
    shares = ", ".join(
        f"{count}: {100 * one.value:.0f} % {_brackets((one * 100).interval, 0)}"
        for count, one in scaling.efficiencies.items()
        if count > 1
    )
    return f"cores: with the measured efficiency of threads ({shares}){beyond}"


def _notes(capacity: Capacity) -> Iterator[str]:
    request = capacity.request
    used = {
        name for name in (capacity.axes.get(axis) for axis in ("implementation", "client", "server")) if name
    }
    engines = (f"{name} = {engine}" for name, engine in capacity.engines.items() if name in used)
    yield "engines: " + ", ".join(engines)
    if capacity.from_:
        yield f"from {capacity.from_}"
    demand = request.demand
    idle = {"records": not demand.transfer_bytes, "memory": not demand.open_connections}
    yield from (f"{what}: from {cell}" for what, cell in capacity.sources.items() if not idle.get(what))
    yield scaling_words(capacity)
    if request.beyond_ns is None:
        yield _NOT_BEYOND
    else:
        yield f"beyond TLS: {request.beyond_words}"
    if demand.open_connections:
        missing = "memory was not measured: 'tlsbench run workload=memory' measures it"
        yield _MEMORY if capacity.asked.memory_bytes is not None else missing
    yield _LINE
    yield _BOOTSTRAP
    if any(choice.of == LIFETIME for choice in capacity.choices):
        from tlsbench.session.capacity import duration

        yield _LIFETIMES.format(lifetime=duration(request.ticket_lifetime_s))
    yield from (f"warning: {warning}" for warning in capacity.warnings)
    reasons = dict.fromkeys(one.reason for one in capacity.left_out)
    yield from (f"left out: {reason}" for reason in reasons)


def _cheapest(capacity: Capacity) -> Iterator[Finding]:
    """For each kind of choice, the one that takes the fewest cores, compared with what was asked."""
    asked = capacity.asked
    for of, words in (
        (KEY, "key"),
        (LIBRARY, "library"),
        (SHARE, "share resumed"),
        (LIFETIME, "ticket lifetime"),
    ):
        choices = [choice for choice in capacity.choices if choice.of == of]
        if not choices:
            continue
        best = min(choices, key=lambda choice: choice.sizing.cores.value)
        ratio = (best.sizing.cores / asked.cores).interval
        if ratio.high < 1:
            yield Finding(
                f"Cheapest {words}: {best.name} takes {_cores(best.sizing.cores.interval)} cores, "
                f"× {ratio.median:.2f} {_brackets(ratio, 2)} of the request"
            )
        else:
            own = {KEY: capacity.axes.get("key", ""), LIBRARY: capacity.axes.get("implementation", "")}.get(
                of
            )
            if own and ratio.low > 1:
                yield Finding(
                    f"Cheapest {words}: {own}, as asked; next is {best.name} with × {ratio.median:.2f}"
                )
            elif own:
                yield Finding(
                    f"Cheapest {words}: no significant difference between {own}, as asked, and {best.name}, "
                    f"× {ratio.median:.2f} {_brackets(ratio, 2)}"
                )
            elif of == LIFETIME:
                yield _of_lifetimes(choices, asked)


def _of_lifetimes(choices: Sequence[Choice], asked: Sizing) -> Finding:
    """The cores that other ticket lifetimes take, none of which is significantly cheaper."""
    ends = [choices[0], choices[-1]]
    told = " and ".join(
        f"× {(choice.sizing.cores / asked.cores).interval.median:.2f} at {choice.name} of them resumed"
        for choice in ends
    )
    return Finding(f"No other ticket lifetime is significantly cheaper: the cores are {told}")


def _cheapest_first(choices: Sequence[Choice]) -> list[Choice]:
    """The choices by kind, starting with the request itself; within a kind, the cheapest first."""
    kinds = list(dict.fromkeys(choice.of for choice in choices))
    return sorted(choices, key=lambda choice: (kinds.index(choice.of), choice.sizing.cores.value))


def _of_part(part: Part, asked: Sizing) -> Entry:
    each = part.each_ns / _NS_PER_US
    return Entry(
        part.name,
        {"part": part.name},
        {
            "each_us": Figure(each.value, format_us(each.value), "us", "each"),
            **_with_unit(ends("each", each.interval, unit="us"), "us"),
            "each_interval": Figure(None, _between(each.interval)),
            "connections_percent": Figure(100 * part.share, f"{100 * part.share:.4g} %", "percent"),
            **_of_cores(part.cores),
            "ratio": Figure((part.cores / asked.busy_cores).value),
        },
    )


def _of_sum(asked: Sizing) -> Entry:
    return Entry(_ALL, {"part": _ALL}, {**_of_cores(asked.busy_cores), "ratio": Figure(1.0)})


def _of_choice(choice: Choice, asked: Sizing) -> Entry:
    sizing = choice.sizing
    ratio = sizing.cores / asked.cores
    name = choice.name or "what is asked"
    figures = {
        **_of_cores(sizing.cores),
        "ratio": Figure(ratio.value, "=" if choice.of == ASKED else f"{ratio.value:.2f}"),
        **ends("ratio", ratio.interval),
        "up_mbit_per_s": _line(sizing.up_bits_per_s),
        "down_mbit_per_s": _line(sizing.down_bits_per_s),
    }
    if sizing.memory_bytes is not None:
        memory = sizing.memory_bytes / _GIB
        figures["memory_gib"] = Figure(memory.value, _figure(memory.value), "gib", "memory")
        figures |= _with_unit(ends("memory", memory.interval, unit="gib"), "gib")
    return Entry(f"{choice.of} {choice.name}".strip(), {"of": choice.of, "name": name}, figures)


def _of_cores(cores: Estimate) -> Mapping[str, Figure]:
    interval = cores.interval
    return {
        "cores": Figure(cores.value, _cores(interval), series="cores"),
        **ends("cores", interval),
        "interval": Figure(None, _between(interval)),
    }


def _with_unit(figures: Mapping[str, Figure], unit: str) -> dict[str, Figure]:
    return {f"{name}_{unit}": figure for name, figure in figures.items()}


def _line(bits_per_s: float) -> Figure:
    return Figure(bits_per_s / _MBIT, _figure(bits_per_s / _MBIT), "mbit_per_s")


def _free(headroom: float) -> str:
    return f"needed, with {100 * headroom:.4g} % of each free" if headroom else "needed, with nothing free"


def _size(size_bytes: int) -> str:
    from tlsbench.scenarios.sizes import format_size

    return format_size(size_bytes) if size_bytes else "nothing"


def _cores(interval: Interval) -> str:
    return _figure(interval.median)


def _figure(number: float) -> str:
    """Three significant digits, or all the digits before the decimal point."""
    return format_count(number) if abs(number) >= 1000 else f"{number:.3g}"


def _between(interval: Interval) -> str:
    if not math.isfinite(interval.high - interval.low):
        return "?"
    return f"{_figure(interval.low)}–{_figure(interval.high)}"


def _brackets(interval: Interval, digits: int | None = None) -> str:
    if not math.isfinite(interval.high - interval.low):
        return "[too few rounds]"
    low, high = (
        (_figure(interval.low), _figure(interval.high))
        if digits is None
        else (f"{interval.low:.{digits}f}", f"{interval.high:.{digits}f}")
    )
    return f"[{low}, {high}]"
