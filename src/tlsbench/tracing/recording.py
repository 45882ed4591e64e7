"""A recording of one connection: what goes over a link and when, and the time each library spends before."""

from __future__ import annotations

from dataclasses import dataclass, field

from tlsbench.decryption.piece import Piece
from tlsbench.implementations import ClientContext, End, Endpoint, Negotiated, ServerContext
from tlsbench.links import Direction, Entry, Link
from tlsbench.workloads import Clock


@dataclass(slots=True)
class Recorder:
    """Records what passes between the contexts' newest connection and the link.

    :param clock: in nanoseconds.
    """

    clock: Clock
    _pieces: list[Piece] = field(default_factory=list, init=False)
    _spent_ns: dict[Direction, int] = field(default_factory=dict, init=False)
    _began_ns: int = field(default=0, init=False)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What went over the link, in order."""
        return tuple(self._pieces)

    def begin(self) -> None:
        """Discard the recording: a new connection begins."""
        self._pieces = []
        self._spent_ns = dict.fromkeys(Direction, 0)
        self._began_ns = self.clock()

    def spend(self, direction: Direction, began_ns: int) -> None:
        """Charge a side, named by the direction in which it sends, with the time since ``began_ns``."""
        self._spent_ns[direction] += self.clock() - began_ns

    def note(self, direction: Direction, data: bytes) -> None:
        """Record what is handed over."""
        spent_ns, self._spent_ns[direction] = self._spent_ns[direction], 0
        self._pieces.append(Piece(direction, data, self.clock() - self._began_ns, spent_ns))


@dataclass(frozen=True, slots=True)
class RecordedClients:
    """A client's context whose connections are recorded."""

    inner: ClientContext
    recorder: Recorder

    def connect(self, session: object | None = None, early_data: bytes = b"") -> RecordedStreamEnd:
        recorder = self.recorder
        recorder.begin()
        began = recorder.clock()
        end = self.inner.connect(session, early_data)
        recorder.spend(Direction.TO_SERVER, began)
        return RecordedStreamEnd(end, recorder, Direction.TO_SERVER)


@dataclass(frozen=True, slots=True)
class RecordedServers:
    """A server's context whose connections are recorded."""

    inner: ServerContext
    recorder: Recorder

    def accept(self) -> RecordedStreamEnd:
        began = self.recorder.clock()
        end = self.inner.accept()
        self.recorder.spend(Direction.TO_CLIENT, began)
        return RecordedStreamEnd(end, self.recorder, Direction.TO_CLIENT)


@dataclass(frozen=True, slots=True)
class RecordedEnd:
    """An end whose time is recorded: that of its handshake, of its writes and of its reads."""

    inner: End
    recorder: Recorder
    direction: Direction

    def handshake(self) -> bool:
        began = self.recorder.clock()
        done = self.inner.handshake()
        self.recorder.spend(self.direction, began)
        return done

    def write(self, data: bytes) -> None:
        began = self.recorder.clock()
        self.inner.write(data)
        self.recorder.spend(self.direction, began)

    def read(self) -> bytes:
        began = self.recorder.clock()
        data = self.inner.read()
        self.recorder.spend(self.direction, began)
        return data

    def negotiated(self) -> Negotiated:
        return self.inner.negotiated()

    def session(self) -> object | None:
        return self.inner.session()

    def close(self) -> None:
        self.inner.close()


@dataclass(frozen=True, slots=True)
class RecordedStreamEnd(RecordedEnd):
    """An end over a stream, charged for nothing else, see :class:`~tlsbench.implementations.Endpoint`."""

    inner: Endpoint

    def data_to_send(self) -> bytes:
        return self.inner.data_to_send()

    def receive_data(self, data: bytes) -> None:
        self.inner.receive_data(data)


@dataclass(frozen=True, slots=True)
class RecordedLink:
    """A link that records what it carries."""

    inner: Link
    recorder: Recorder

    def carry(self, direction: Direction, data: bytes) -> bytes:
        self.recorder.note(direction, data)
        return self.inner.carry(direction, data)

    def take_ledger(self) -> list[Entry]:
        return self.inner.take_ledger()

    def close(self) -> None:
        self.inner.close()
