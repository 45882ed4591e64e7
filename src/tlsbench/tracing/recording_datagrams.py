"""The same as :mod:`tlsbench.tracing.recording` over datagrams, each of which is a piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsbench.implementations import (
    DatagramClientContext,
    DatagramEndpoint,
    DatagramServerContext,
    KeepsRealTime,
)
from tlsbench.links import DatagramLink, Direction, Entry
from tlsbench.tracing.recording import RecordedEnd, Recorder


@dataclass(frozen=True, slots=True)
class RecordedDatagramClients:
    """A client's context whose connections are recorded."""

    inner: DatagramClientContext
    recorder: Recorder

    def connect(self, session: object | None = None, early_data: bytes = b"") -> RecordedDatagramEnd:
        recorder = self.recorder
        recorder.begin()
        began = recorder.clock()
        end = self.inner.connect(session, early_data)
        recorder.spend(Direction.TO_SERVER, began)
        return _recorded(end, recorder, Direction.TO_SERVER)


@dataclass(frozen=True, slots=True)
class RecordedDatagramServers:
    """A server's context whose connections are recorded."""

    inner: DatagramServerContext
    recorder: Recorder

    def accept(self) -> RecordedDatagramEnd:
        began = self.recorder.clock()
        end = self.inner.accept()
        self.recorder.spend(Direction.TO_CLIENT, began)
        return _recorded(end, self.recorder, Direction.TO_CLIENT)


@dataclass(frozen=True, slots=True)
class RecordedDatagramEnd(RecordedEnd):
    """An end over datagrams, any call of which may do cryptography."""

    inner: DatagramEndpoint

    def receive_datagram(self, datagram: bytes, now_ns: int) -> None:
        began = self.recorder.clock()
        self.inner.receive_datagram(datagram, now_ns)
        self.recorder.spend(self.direction, began)

    def datagrams_to_send(self, now_ns: int) -> Sequence[bytes]:
        began = self.recorder.clock()
        datagrams = self.inner.datagrams_to_send(now_ns)
        self.recorder.spend(self.direction, began)
        return datagrams

    def timer_ns(self) -> int | None:
        return self.inner.timer_ns()

    def handle_timer(self, now_ns: int) -> None:
        began = self.recorder.clock()
        self.inner.handle_timer(now_ns)
        self.recorder.spend(self.direction, began)


@dataclass(frozen=True, slots=True)
class _RecordedInRealTime(RecordedDatagramEnd):
    """An end whose timers are waited for in real time, which is charged to neither side."""

    def wait(self) -> None:
        assert isinstance(self.inner, KeepsRealTime)
        self.inner.wait()


def _recorded(end: DatagramEndpoint, recorder: Recorder, direction: Direction) -> RecordedDatagramEnd:
    kind = _RecordedInRealTime if isinstance(end, KeepsRealTime) else RecordedDatagramEnd
    return kind(end, recorder, direction)


@dataclass(frozen=True, slots=True)
class RecordedDatagrams:
    """A link that records the datagrams that it carries."""

    inner: DatagramLink
    recorder: Recorder

    def carry(self, direction: Direction, datagram: bytes) -> tuple[bytes, ...]:
        self.recorder.note(direction, datagram)
        return self.inner.carry(direction, datagram)

    def take_ledger(self) -> list[Entry]:
        return self.inner.take_ledger()

    def close(self) -> None:
        self.inner.close()
