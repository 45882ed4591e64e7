"""The findings of a load: rates, what was negotiated, what failed, and which side was busy."""

from __future__ import annotations

from itertools import accumulate

from tlsbench.loading import Load
from tlsbench.loading.tally import SUCCESS
from tlsbench.report.findings.backends import backend_findings
from tlsbench.report.growth import growth_lines

#: From the first share on, a side's processors are called busy; below the second, idle.
_BUSY, _IDLE = 0.95, 0.8


def load_findings(load: Load) -> list[str]:
    """The findings of a load, one line each; an indented line belongs to the one before."""
    tally = load.tally
    rate = f"{load.handshakes_per_s:,.1f} handshakes a second{_requests(load)}"
    lines = [f"held: {tally.held:,} connections" if load.plan.hold else rate]
    lines += [f"  {count:,} × TLS {what}" for what, count in tally.negotiated.most_common()]
    if tally.protocols:
        chosen = ", ".join(f"{what} in {count:,} handshakes" for what, count in tally.protocols.most_common())
        lines.append(f"the server chose by ALPN: {chosen}")
    lines += [*backend_findings(load), *_handshakes(load), *_pool(load), *_early_data(load), *_failures(load)]
    lines += [*_path(load), *_quic_path(load)]
    lines += _lines(load)
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
    """How many handshakes were resumed, took an extra round trip, or were not confirmed."""
    tally, lines = load.tally, []
    if load.plan.resume:
        share = tally.resumed / tally.handshakes if tally.handshakes else 0.0
        lines.append(
            f"resumed: {share:.1%} of the handshakes ({load.plan.resume:.0%} requested{_by_clients(load)}; "
            "without a session yet, a handshake is full)"
        )
    if retries := tally.hello_retry_requests:
        groups = "|".join(sorted({what.split()[-2] for what in tally.negotiated}))
        lines.append(
            f"HelloRetryRequest: {retries:,} in {tally.handshakes:,} handshakes; each costs a round trip, "
            f"because the client did not start with the server's group: group={groups} does"
        )
    if tally.unconfirmed:
        lines.append(
            f"not confirmed: {tally.unconfirmed:,} of {tally.handshakes:,} handshakes: the server sent no "
            "ticket, data or close_notify after them, so it is unknown whether it accepted them"
        )
    return lines


def _by_clients(load: Load) -> str:
    count = load.plan.clients
    return f", by {count:,} clients that take their sessions to any backend" if count else ""


def _path(load: Load) -> list[str]:
    """What the clients' kernels report about their connections."""
    tally = load.tally
    asked = tally.windows.total()
    if not asked:
        return []
    windows = sorted((int(segments), count) for segments, count in tally.windows.items())
    counts = accumulate(count for _, count in windows)
    median = next(segments for (segments, _), seen in zip(windows, counts, strict=True) if 2 * seen >= asked)
    (least, _), (most, _) = windows[0], windows[-1]
    window = f"{median} segments" + (f" ({least} to {most})" if least < most else "")
    again = "no segment"
    if tally.retransmissions:
        segments = f"{tally.retransmissions:,} segment{'s' * (tally.retransmissions > 1)}"
        again = f"{segments}, in {tally.retransmitting:,} of {asked:,} connections"
    return [f"TCP: the client retransmitted {again}; its congestion window at the end: {window}"]


def _lines(load: Load) -> list[str]:
    """What the lines of ``--via`` carried."""
    conditions = load.plan.lines
    carried = [(load.plan.line, load.forwarded)]
    carried += [
        (f"{conditions[one.target]} to {one.target}", one.forwarded)
        for one in load.backends
        if one.target in conditions
    ]
    return [
        f"via {what}: {line.packets:,} packets carried, {line.lost:,} lost; half of them "
        f"{line.late_p50_ms:.2f} ms late or more, 1 % {line.late_p99_ms:.2f} ms"
        for what, line in carried
        if line is not None
    ]


def _quic_path(load: Load) -> list[str]:
    """What the clients' QUIC library reports about its packets."""
    if load.plan.http != "3" or not load.tally.handshakes:
        return []
    lost, again = "no packet", ""
    if load.tally.quic_lost:
        packets = f"{load.tally.quic_lost:,} packet{'s' * (load.tally.quic_lost > 1)}"
        lost = f"{packets}, in {load.tally.quic_losing:,} connections,"
        again = " and sent their contents again"
    return [f"QUIC: the client considered {lost} to be lost{again}"]


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
        lines.append(f"failed during the warm-up: {tally.warm_up_failures.total():,}, not counted above")
        lines += [f"  {count:,} × {kind}" for kind, count in tally.warm_up_failures.most_common()]
    if any("certificate required" in kind for kind in (*tally.failures, *tally.warm_up_failures)):
        lines.append("the server requires a client certificate: give --cert and --key")
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
        return f"{said}: the client waited for the server"
    return f"{said}: neither side alone is the limit"
