from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.links import Direction, MemoryLink
from tlsbench.workloads import Workload, stream

Make = Callable[[str], Workload]


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "fake"])
@pytest.mark.parametrize("link", ["memory", "tcp", "unix"])
@pytest.mark.parametrize("size", ["1B", "16KiB", "1MiB"])
def test_bulk_charges_each_seal_and_open_apart(name: str, link: str, size: str, workload_of: Make) -> None:
    cell = workload_of(f"workload=bulk implementation={name} link={link} size={size}")
    sample = cell.sample()
    phases = sample.phases
    assert phases is not None
    assert phases["client_seal"] + phases["client_open"] == sample.client
    assert phases["server_open"] + phases["server_seal"] == sample.server
    assert all(phase > 0 for phase in phases.values())
    assert sample.client + sample.server <= sample.total
    payload = cell.scenario.size * sample.operations
    assert min(sample.ledger.client_bytes, sample.ledger.server_bytes) > payload
    assert sample.ledger.flights == 2


@pytest.mark.parametrize("name", ["ssl", "pyopenssl", "fake"])
def test_an_echo_is_one_request_and_one_response(name: str, workload_of: Make) -> None:
    sample = workload_of(f"workload=echo implementation={name} size=1KiB").sample()
    assert sample.operations == 1
    assert sample.ledger.flights == 2
    assert sample.ledger.client_bytes == sample.ledger.server_bytes > 1024


class AlteringLink(MemoryLink):
    """Alters what it carries, once told to."""

    def __init__(self, alter: Callable[[bytes], bytes], way: Direction) -> None:
        super().__init__()
        self.alter, self.way, self.armed = alter, way, False

    def carry(self, direction: Direction, data: bytes) -> bytes:
        carried = super().carry(direction, data)
        return self.alter(carried) if self.armed and direction is self.way else carried


@pytest.mark.parametrize("workload", ["bulk", "echo"])
@pytest.mark.parametrize("way", list(Direction))
@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 0xFF]), "wanted 0x.* at byte .*, got 0x"),
        (lambda data: data + data[-8:], "wanted .* bytes, got .* bytes"),
    ],
)
def test_altered_bytes_are_an_error(
    workload: str, way: Direction, alter: Callable[[bytes], bytes], message: str, workload_of: Make
) -> None:
    cell: Any = workload_of(f"workload={workload} implementation=fake size=1KiB")
    cell.link = AlteringLink(alter, way)
    cell.sample()
    cell.link.armed = True
    with pytest.raises(ProofError, match=message):
        cell.sample()


def test_the_connection_is_renewed_long_before_its_keys_wear_out(
    workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_WRITES_PER_CONNECTION", 10)
    cell: Any = workload_of("workload=echo implementation=fake size=1B")
    connections: list[Any] = []
    for _ in range(30):
        cell.sample()
        if not connections or cell._exchange is not connections[-1]:
            connections.append(cell._exchange)
    assert len(connections) == 3


def test_the_connection_of_a_stream_is_proved(workload_of: Make) -> None:
    cell = workload_of("workload=bulk implementation=pyopenssl cipher=TLS_CHACHA20_POLY1305_SHA256")
    cell.sample()
    assert cell.proof()["cipher"] == "TLS_CHACHA20_POLY1305_SHA256"
    assert cell.proof()["server_verified"] is True
