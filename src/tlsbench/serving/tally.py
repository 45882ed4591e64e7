"""What a server saw of its connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Libraries word some reasons by what they read: what comes after this many kinds is counted as one.
_MOST_REASONS: Final = 64
_OTHERS: Final = "other reasons"


@dataclass(slots=True)
class ServerTally:
    """The connections of a process, or of several.

    :param accepted: connections that were accepted.
    :param ended: those of them that are over.
    :param negotiated: handshakes by version, cipher suite, group and ``"full"`` or ``"resumed"``.
    :param hello_retry_requests: handshakes in which the server asked for a key of another group (RFC 8446
        section 4.1.4): a round trip more, and for both sides more work.
    :param early_data: handshakes whose early data was taken (RFC 8446 section 2.3).
    :param failures: connections that did not come to an orderly end, by reason; a client that goes when it
        has all that it asked for has not failed, however it goes.
    :param alerts: alerts that ended a connection, ``"sent"`` or ``"received"`` before the name, where known.
    :param closed_idle: connections that were closed because they were idle for too long.
    :param requests: HTTP requests answered, or reads echoed.
    :param protocols: connections that asked something, by what they spoke: the name in ALPN (RFC 7301).
    :param bytes_received: application data; ``bytes_sent`` likewise.
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
        """Complete handshakes."""
        return self.negotiated.total()

    @property
    def open(self) -> int:
        """Connections that are not over."""
        return self.accepted - self.ended

    def fail(self, why: str, count: int = 1) -> None:
        """Count failures of one kind; of kinds there is a bounded number."""
        failures = self.failures
        failures[why if why in failures or len(failures) < _MOST_REASONS else _OTHERS] += count

    def add(self, other: ServerTally) -> None:
        """Take in the connections of another."""
        for why, count in other.failures.items():
            self.fail(why, count)
        for name in self.__slots__:
            if name != "failures":
                setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_plain(self) -> dict[str, Any]:
        """Plain values."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ServerTally:
        """The inverse of :meth:`to_plain`."""
        counters = {name: Counter(plain[name]) for name in ("negotiated", "failures", "alerts", "protocols")}
        return cls(**{**plain, **counters})


def total(tallies: Iterable[ServerTally]) -> ServerTally:
    """All of them together."""
    together = ServerTally()
    for tally in tallies:
        together.add(tally)
    return together


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Counter) else value
