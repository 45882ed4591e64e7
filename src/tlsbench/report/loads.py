"""A load as text: a line each second while it runs, and the table at its end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from tlsbench.load import Load, Tally
from tlsbench.load.tally import PHASES, SUCCESS
from tlsbench.report.memory import growth_lines
from tlsbench.report.sparkline import sparkline
from tlsbench.report.table import format_count, format_us
from tlsbench.report.terminal import line

#: The percentiles that are shown.
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 99.99)
#: From this share on a side's processors are called busy; below the other, idle.
_BUSY, _IDLE = 0.95, 0.8
#: So many seconds of rates are shown while a load runs.
_SECONDS_SHOWN = 40
_MEANING = {
    "connect": "TCP connect",
    "handshake": "TLS handshake",
    "first byte": "to the first byte of an answer",
    "request": "to its last byte",
    "connection": "from the intended beginning to the end",
}


def second_line(seconds: float, tally: Tally, earlier: Tally) -> str:
    """What the last second brought.

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


def terminal(load: Load) -> RenderableType:
    """The result for people."""
    return Group(
        line(_heading(load), "bold"),
        _percentiles(load.tally),
        Text(),
        *map(line, findings(load)),
        Text(),
        *(line(note, "dim") for note in notes(load)),
    )


def growing(tallies: Sequence[Tally]) -> RenderableType:
    """What there is so far, while a load runs: the rates of each second, and the percentiles.

    :param tallies: one for each second, from an empty one on.
    """
    rows = []
    for what, counts in (
        ("handshakes", [tally.handshakes for tally in tallies]),
        ("requests", [tally.requests for tally in tallies]),
        ("failed", [sum(tally.failures.values()) for tally in tallies]),
    ):
        rates = [float(after - before) for before, after in pairwise(counts)]
        if any(rates):
            rows.append(Text(f"{what:10} {sparkline(rates[-_SECONDS_SHOWN:], 0.0)} {rates[-1]:,.0f}/s"))
    return Group(*rows, _percentiles(tallies[-1]))


def _percentiles(tally: Tally) -> RichTable:
    table = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("µs", "count", *(f"p{percentile:g}" for percentile in PERCENTILES), "max"):
        table.add_column(heading, justify="left" if heading == "µs" else "right", no_wrap=True)
    for phase in PHASES:
        times = tally.times[phase]
        if count := times.get_total_count():
            values = [times.get_value_at_percentile(percentile) / 1e3 for percentile in PERCENTILES]
            texts = (format_us(value) for value in (*values, times.get_max_value() / 1e3))
            table.add_row(phase, format_count(count), *texts)
    return table


def findings(load: Load) -> list[str]:
    """Rates, what was negotiated, what went wrong, and who was busy: each a line."""
    tally = load.tally
    rate = f"{load.handshakes_per_s:,.1f} handshakes a second{_requests(load)}"
    lines = [f"held: {tally.held:,} connections" if load.plan.hold else rate]
    lines += [f"  {count:,} × TLS {what}" for what, count in tally.negotiated.most_common()]
    lines += [*_handshakes(load), *_pool(load), *_early_data(load), *_failures(load)]
    if load.plan.uses_fast_open:
        lines.append(f"TCP Fast Open: {tally.fast_opened:,} connections sent data with the SYN")
    if tally.handshakes and not load.plan.hold and not load.plan.pool:
        lines.append(
            f"{1e6 * tally.cpu_s / tally.handshakes:,.0f} µs of the client's processor for each "
            f"{'connection' if load.plan.requests else 'handshake'}{_of_server(load)}"
        )
    if load.plan.hold:
        lines += growth_lines("client", load.vitals)
    if tally.outcomes[SUCCESS] and not load.plan.hold:
        lines.append(_bottleneck(load))
    return lines


def _handshakes(load: Load) -> list[str]:
    """How many handshakes resumed, took a round trip more, or were not seen to be accepted."""
    tally, lines = load.tally, []
    if load.plan.resume:
        share = tally.resumed / tally.handshakes if tally.handshakes else 0.0
        lines.append(
            f"resumed: {share:.1%} of the handshakes ({load.plan.resume:.0%} wanted; where there is no "
            "session yet, the handshake is full)"
        )
    if retries := tally.hello_retry_requests:
        groups = "|".join(sorted({what.split()[-2] for what in tally.negotiated}))
        lines.append(
            f"HelloRetryRequest: {retries:,} in {tally.handshakes:,} handshakes; each is a round trip, as "
            f"the client did not begin with the server's group: group={groups} does"
        )
    if tally.unconfirmed:
        lines.append(
            f"not confirmed: {tally.unconfirmed:,} of {tally.handshakes:,} handshakes: the server sent no "
            "ticket, data or close_notify after them, so that it was not seen whether it accepted them"
        )
    return lines


def _early_data(load: Load) -> list[str]:
    if not load.plan.early_data:
        return []
    accepted, rejected = load.tally.early_data["accepted"], load.tally.early_data["rejected"]
    return [
        f"early data: {accepted:,} requests accepted, {rejected:,} rejected and sent again",
        *(f"  {count:,} not sent as early data: {why}" for why, count in load.tally.not_sent_early.items()),
    ]


def _failures(load: Load) -> list[str]:
    tally, lines = load.tally, []
    if tally.failures:
        uses = "uses" if load.plan.pool else "connections"
        lines.append(f"failed: {sum(tally.failures.values()):,} of {tally.begun:,} {uses}")
        lines += [f"  {count:,} × {kind}" for kind, count in tally.failures.items()]
    if tally.warm_up_failures:
        lines.append(f"failed in the warm-up: {tally.warm_up_failures.total():,}, not counted above")
        lines += [f"  {count:,} × {kind}" for kind, count in tally.warm_up_failures.most_common()]
    if any("certificate required" in kind for kind in (*tally.failures, *tally.warm_up_failures)):
        lines.append("the server wants a client certificate: give --cert and --key")
    return lines


def _of_server(load: Load) -> str:
    if load.server is None:
        return ""
    return f", {1e6 * load.server.cpu_s / load.tally.handshakes:,.0f} µs of the server's ({load.server.name})"


def _pool(load: Load) -> list[str]:
    plan, tally = load.plan, load.tally
    if not plan.pool:
        return []
    found = f"{tally.reused:,} of {tally.begun:,} uses ({_share(tally.reused, tally.begun)})"
    ended = ", ".join(f"{count:,} {why}" for why, count in tally.retired.most_common())
    line = f"pool of {plan.pool:,}: {found} found an open connection, {tally.handshakes:,} shook hands"
    return [f"{line}; ended idle: {ended}" if ended else line]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _requests(load: Load) -> str:
    if not load.tally.requests:
        return ""
    megabytes = load.tally.bytes_received / 1e6 / load.elapsed_s if load.elapsed_s else 0.0
    return f", {load.requests_per_s:,.1f} requests a second, {megabytes:,.1f} MB/s of answers"


def _bottleneck(load: Load) -> str:
    busy, server = load.client_busy, load.server
    said = f"the client's processes were busy for {busy:.0%} of the time"
    if server is not None:
        said += f", the server's busiest for {server.busiest:.0%}"
    if load.plan.is_open_loop and busy < _BUSY:
        return said
    server_is_busy = server is not None and server.busiest >= _BUSY
    if busy >= _BUSY and not server_is_busy:
        return f"{said}: the client is the limit; add --processes to see the server's"
    if server_is_busy and busy < _BUSY:
        return f"{said}: the server is the limit"
    if server is None and busy < _IDLE:
        return f"{said}: the server is what they waited for"
    return f"{said}: neither side alone is the limit"


def notes(load: Load) -> list[str]:
    """How it was measured, and with what caution to read it."""
    plan = load.plan
    since = "their intended beginnings" if plan.is_open_loop else "their beginnings"
    processes = f"{plan.workers} process{'es' if plan.workers > 1 else ''}"
    what = "uses of connections" if plan.pool else "connections"
    counted = f"{load.tally.begun:,} {what} in {load.elapsed_s:.1f} s from {processes}"
    meanings = ", ".join(f"{phase}: {_MEANING[phase]}" for phase in phases_of(load))
    return [
        f"{counted}; times count from {since}, after {plan.warm_up_s:g} s of warm-up",
        *([f"percentiles of the HdrHistograms of all processes together; {meanings}"] if meanings else []),
        *cautions(load),
    ]


def cautions(load: Load) -> list[str]:
    """What stands in the way of trusting it, or was not as it was asked for."""
    lines = []
    if not load.plan.root:
        lines.append("the server's certificate was not verified: give --root to verify it as a client would")
    lines += [f"socket option {remark}" for remark in load.remarks]
    if load.interrupted:
        lines.append("ended early by Ctrl-C")
    return lines + [
        f"warning: a worker process died ({lost}); counted is what it had reported" for lost in load.lost
    ]


def _heading(load: Load) -> str:
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
    if plan.pool:
        does += f", pool of {plan.pool}"
    return f"load of {plan.target}: {loop}, {does}"


def percentile_distribution(load: Load, phase: str) -> str:
    """A phase's distribution in HdrHistogram's own text format (.hgrm), in microseconds."""
    text = io.BytesIO()
    load.tally.times[phase].output_percentile_distribution(text, 1000.0)
    return text.getvalue().decode("ascii")


def phases_of(load: Load) -> Sequence[str]:
    """The phases that have times."""
    return [phase for phase in PHASES if load.tally.times[phase].total_count]
