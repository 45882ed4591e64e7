"""A server's counts of its connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Libraries word some reasons by the data they read: any beyond this many kinds are counted together.
_MOST_REASONS: Final = 64
_OTHERS: Final = "other reasons"


@dataclass(slots=True)
class ServerTally:
    """Counts of the connections of one or more processes.

    :param accepted: connections accepted.
    :param ended: those of them that have ended.
    :param negotiated: handshakes by version, cipher suite, group and ``"full"`` or ``"resumed"``.
    :param hello_retry_requests: handshakes in which the server requested a key share of another group (RFC
        8446 section 4.1.4): one more round trip, and more work for both sides.
    :param early_data: handshakes whose early data was accepted (RFC 8446 section 2.3).
    :param failures: connections that did not end properly, by reason; a client that leaves after receiving
        all it had requested has not failed, however it leaves.
    :param alerts: alerts that ended a connection, if known: the name after ``"sent"`` or ``"received"``.
    :param closed_idle: connections closed because they were idle for too long.
    :param requests: HTTP requests answered, or reads echoed.
    :param protocols: connections with requests, by the ALPN name of their protocol (RFC 7301).
    :param bytes_received: bytes of application data, as in ``bytes_sent``.
    :param cpu_s: processor time of the processes.
    """

    accepted: int = 0
    ended: int = 0
    negotiated: Counter[str] = field(default_factory=Counter)
    hello_retry_requests: int = 0
    early_data: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    closed_idle: int = 0
    requests: int = 0
    protocols: Counter[str] = field(default_factory=Counter)
    bytes_received: int = 0
    bytes_sent: int = 0
    cpu_s: float = 0.0

    @property
    def handshakes(self) -> int:
        """Completed handshakes."""
        return self.negotiated.total()

    @property
    def open(self) -> int:
        """Connections that have not ended."""
        return self.accepted - self.ended

    def fail(self, why: str, count: int = 1) -> None:
        """Count failures of one kind; the number of kinds is bounded."""
        failures = self.failures
        failures[why if why in failures or len(failures) < _MOST_REASONS else _OTHERS] += count

    def add(self, other: ServerTally) -> None:
        """Add the counts of another tally."""
        for why, count in other.failures.items():
            self.fail(why, count)
        for name in self.__slots__:
            if name != "failures":
                setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_plain(self) -> dict[str, Any]:
        """The counts as plain values."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ServerTally:
        """The inverse of :meth:`to_plain`."""
        counters = {name: Counter(plain[name]) for name in ("negotiated", "failures", "alerts", "protocols")}
        return cls(**{**plain, **counters})


def total(tallies: Iterable[ServerTally]) -> ServerTally:
    """The sum of all tallies."""
    together = ServerTally()
    for tally in tallies:
        together.add(tally)
    return together


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Counter) else value
