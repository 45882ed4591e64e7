"""The results of the connections: counts, and times in HdrHistograms.

Histograms of several processes are added, bucket by bucket; percentiles are never averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

from tlsbench.sockets import TcpInfo

#: The round trip time of the path, by the kernel.
TCP_RTT = "TCP RTT"
#: The round trip time of the path, by the QUIC library.
QUIC_RTT = "QUIC RTT"
#: The timed phases of a connection, in order, and the path's round trip times.
PHASES = ("connect", "handshake", "first byte", "request", "connection", TCP_RTT, QUIC_RTT)
#: HdrHistogram, in nanoseconds: from a microsecond to an hour, with three significant digits.
_LOW_NS, _HIGH_NS, _DIGITS = 1_000, 3_600_000_000_000, 3
#: Such a histogram does not distinguish values that differ only in this many lowest bits: floor(log2(1000)).
_UNIT_BITS = 9
#: The outcome of a connection that did what it should.
SUCCESS = "success"
#: How many kinds of failure are kept apart, as a server could cause a new kind with each response.
_MOST_KINDS = 100
_OTHER_KINDS = "other kinds of failure"


def histogram() -> HdrHistogram:
    """An empty histogram for nanoseconds."""
    return HdrHistogram(_LOW_NS, _HIGH_NS, _DIGITS)


def record_times(times: HdrHistogram, took_ns: list[int]) -> None:
    """Record many times as if one by one, but in one call for each value that the histogram distinguishes."""
    for unit, count in Counter([took >> _UNIT_BITS for took in took_ns]).items():
        times.record_value(max(_LOW_NS, unit << _UNIT_BITS), count)


@dataclass(slots=True)
class LoadTally:
    """The counted connections of a worker, or of several.

    :param begun: connections that were begun; once all have ended, each of them is in ``outcomes`` once.
    :param outcomes: connections by how they ended: :data:`SUCCESS`, or the kind of error.
    :param negotiated: handshakes by version, cipher suite, group and ``"full"`` or ``"resumed"``, without
        those that the server refused after the client had completed them (TLS 1.3).
    :param unconfirmed: those of them for which the server's acceptance was not seen: it sent neither a ticket
        nor data nor close_notify, and no alert.
    :param hello_retry_requests: handshakes in which the server's first bytes asked for another ClientHello,
        and so for another round trip (RFC 8446 section 4.1.4).
    :param warm_up_failures: connections of the warm-up that failed within it, by kind; those that failed
        later are in ``begun`` and ``outcomes``.
    :param wanted_resumed: how many were meant to resume a session; without one yet, the handshake is full.
    :param requests: complete responses.
    :param reused: uses of a pooled connection that was open already.
    :param fast_opened: connections whose first data the server took with the SYN (RFC 7413).
    :param early_data: requests that were meant to be early data (RFC 8446 section 2.3): ``"accepted"``,
        ``"rejected"`` (and sent again), or why they were not sent early.
    :param retired: pooled connections that ended while unused, by reason.
    :param times: by phase, a histogram in nanoseconds. ``connection`` is the time from the intended start to
        the end of the connection's work. ``TCP RTT`` is the kernel's smoothed round trip time, once for each
        counted TCP connection (with a pool, for each that ended while others counted); ``QUIC RTT`` is that
        of the QUIC library.
    :param windows: final congestion windows of these TCP connections in the clients' kernels, by segments.
    :param retransmissions: segments that the clients' kernels retransmitted on them; ``retransmitting`` of
        them had any. The server's retransmissions are not known.
    :param cpu_s: processor time of the workers while they counted.
    :param protocols: handshakes by the protocol agreed by ALPN (RFC 7301), ``"none"`` if the server chose
        none; empty if none was offered.
    :param quic_lost: packets that the clients' QUIC library declared lost (RFC 9002 section 6), whose
        contents it resends; ``quic_losing`` connections had any. The server's losses are not known.
    """

    begun: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    negotiated: Counter[str] = field(default_factory=Counter)
    wanted_resumed: int = 0
    requests: int = 0
    bytes_received: int = 0
    held: int = 0
    reused: int = 0
    fast_opened: int = 0
    early_data: Counter[str] = field(default_factory=Counter)
    retired: Counter[str] = field(default_factory=Counter)
    times: dict[str, HdrHistogram] = field(default_factory=lambda: {phase: histogram() for phase in PHASES})
    cpu_s: float = 0.0
    unconfirmed: int = 0
    hello_retry_requests: int = 0
    warm_up_failures: Counter[str] = field(default_factory=Counter)
    windows: Counter[str] = field(default_factory=Counter)
    retransmissions: int = 0
    retransmitting: int = 0
    protocols: Counter[str] = field(default_factory=Counter)
    quic_lost: int = 0
    quic_losing: int = 0

    def end(self, outcome: str, *, counted: bool, is_late: bool) -> None:
        """Count the end of a connection.

        :param counted: whether it was begun as one that counts.
        :param is_late: whether connections count by now, in which case a failure counts whenever it began.
        """
        if not counted and outcome == SUCCESS:
            return
        ends = self.outcomes if counted or is_late else self.warm_up_failures
        self.begun += is_late and not counted
        ends[outcome if outcome in ends or len(ends) < _MOST_KINDS else _OTHER_KINDS] += 1

    def see_path(self, info: TcpInfo) -> None:
        """Record what the kernel reports about a TCP connection at its end."""
        self.times[TCP_RTT].record_value(max(_LOW_NS, 1000 * info.rtt_us))
        self.windows[str(info.window_segments)] += 1
        self.retransmissions += info.retransmissions
        self.retransmitting += info.retransmissions > 0

    def see_quic(self, rtt_s: float, lost: int) -> None:
        """Record what the QUIC library reports about a connection at its end.

        :param rtt_s: its smoothed round trip time; 0 if none has been measured.
        :param lost: packets that the library declared lost.
        """
        if rtt_s:
            self.times[QUIC_RTT].record_value(max(_LOW_NS, int(1e9 * rtt_s)))
        self.quic_lost += lost
        self.quic_losing += lost > 0

    @property
    def not_sent_early(self) -> Mapping[str, int]:
        """Why requests were not sent as early data, most frequent first."""
        return {
            why: count for why, count in self.early_data.most_common() if why not in ("accepted", "rejected")
        }

    @property
    def handshakes(self) -> int:
        """Complete handshakes."""
        return self.negotiated.total()

    @property
    def resumed(self) -> int:
        """Complete handshakes that resumed a session."""
        return sum(count for what, count in self.negotiated.items() if what.endswith(" resumed"))

    @property
    def open(self) -> int:
        """Connections that have begun but not ended."""
        return self.begun - self.outcomes.total()

    @property
    def failures(self) -> Mapping[str, int]:
        """The outcomes that are errors, most frequent first."""
        return {kind: count for kind, count in self.outcomes.most_common() if kind != SUCCESS}

    def add(self, other: LoadTally) -> None:
        """Add the connections of another tally."""
        for name in self.__slots__:
            if name != "times":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for phase, times in self.times.items():
            if other.times[phase].get_total_count():  # otherwise the minimum would become 0
                times.add(other.times[phase])

    def to_plain(self) -> dict[str, Any]:
        """The tally as plain values, with histograms in HdrHistogram's own encoding (V2, compressed)."""
        times = {phase: times.encode().decode("ascii") for phase, times in self.times.items()}
        return {name: getattr(self, name) for name in self.__slots__} | {"times": times}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> LoadTally:
        """The inverse of :meth:`to_plain`."""
        counts: dict[str, Any] = {
            name: Counter(value) if isinstance(value, dict) else value for name, value in plain.items()
        }
        times = {phase: HdrHistogram.decode(text) for phase, text in plain["times"].items()}
        return cls(**{**counts, "times": times})


def total(tallies: Iterable[LoadTally]) -> LoadTally:
    """The sum of some tallies."""
    together = LoadTally()
    for tally in tallies:
        together.add(tally)
    return together
