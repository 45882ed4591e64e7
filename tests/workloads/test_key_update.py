"""New keys on an open connection, and ends that only pretend to have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlsbench.errors import MeasurementError, ProofError
from tlsbench.implementations.registry import capabilities_of, tls_library
from tlsbench.scenarios import Capabilities
from tlsbench.workloads import Workload, stream

Make = Callable[[str], Workload]
#: Libraries whose clients can request them, and export their secrets.
ASKING = ("libssl", "gnutls")
#: The servers that answer, with what their libraries can agree on with libssl.
ANSWERING = {
    "ssl": "",
    "pyopenssl": "",
    "utls": "cipher=TLS_AES_128_GCM_SHA256",
    "rtls": "group=x25519 cipher=TLS_AES_128_GCM_SHA256",
    "s2n": "",
    "wolfssl": "",
}
BOTH = ["update_requested", "update_not_requested"]
#: A record with a KeyUpdate, and one with a byte: header, content, content type, tag.
KEY_UPDATE_BYTES, BYTE_BYTES = 5 + 5 + 1 + 16, 5 + 1 + 1 + 16


def able(name: str) -> Capabilities:
    able = capabilities_of(name)
    if "workload=key_update" not in able.supports:
        pytest.skip(f"{name} is not here")
    return able


def cell_of(workload_of: Make, selector: str, *names: str) -> Any:
    for name in names:
        able(name)
    return workload_of(f"workload=key_update {selector}")


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("asked", BOTH)
def test_an_update_is_two_records_or_one_more_each_way(name: str, asked: str, workload_of: Make) -> None:
    cell = cell_of(workload_of, f"implementation={name} request_update={asked}", name)
    for sample in cell.visit(3, 4):
        phases = sample.phases
        assert phases["client_update"] + phases["client_read"] == sample.client > 0
        assert phases["server_answer"] == sample.server > 0
        assert sample.client + sample.server <= sample.total
        answers = asked == "update_requested"
        assert sample.ledger.client_bytes == KEY_UPDATE_BYTES + BYTE_BYTES
        assert sample.ledger.server_bytes == answers * KEY_UPDATE_BYTES + BYTE_BYTES
        assert (sample.ledger.client_records, sample.ledger.server_records) == (2, 1 + answers)


@pytest.mark.parametrize(("server", "beside"), ANSWERING.items(), ids=ANSWERING)
def test_a_library_whose_api_asks_for_none_answers_one(server: str, beside: str, workload_of: Make) -> None:
    cell = cell_of(workload_of, f"client=libssl server={server} {beside}", "libssl", server)
    assert len(cell.visit(0, 3)) == 3
    assert cell.proof()["keys_changed"] == "both ways"


def test_each_update_goes_on_from_the_secrets_of_the_one_before(workload_of: Make) -> None:
    cell = cell_of(workload_of, "implementation=libssl", "libssl")
    cell.visit(2, 3)
    cell.sample()
    assert {reader.generation for reader in cell._followed._readers.values()} == {6}


def test_a_new_connection_begins_with_secrets_of_its_own(
    workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_WRITES_PER_CONNECTION", 4)
    cell = cell_of(workload_of, "implementation=libssl", "libssl")
    cell.visit(1, 8)
    assert {reader.generation for reader in cell._followed._readers.values()} == {1}


def test_a_library_that_takes_a_few_updates_only_gets_a_few_on_a_connection(workload_of: Make) -> None:
    cell = cell_of(workload_of, "implementation=gnutls", "gnutls")
    assert cell.most_writes == tls_library("gnutls").most_key_updates  # type: ignore[attr-defined]
    cell.visit(0, 2 * cell.most_writes + 1)
    assert {reader.generation for reader in cell._followed._readers.values()} == {1}


class _End:
    """An end that does as its library does, except where it lies."""

    def __init__(self, end: Any) -> None:
        self._end = end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._end, name)

    # Written out, since from Python 3.12 isinstance() with a protocol does not see delegated methods.
    def update_keys(self, *, requests_update: bool) -> None:
        self._end.update_keys(requests_update=requests_update)


class _AsksForNoAnswer(_End):
    def update_keys(self, *, requests_update: bool) -> None:
        self._end.update_keys(requests_update=not requests_update)


class _UpdatesNothing(_End):
    def update_keys(self, *, requests_update: bool) -> None:
        """Nothing."""


class _UpdatesTwice(_End):
    def update_keys(self, *, requests_update: bool) -> None:
        self._end.update_keys(requests_update=False)
        self._end.update_keys(requests_update=requests_update)


def lie(cell: Any, kind: type[_End]) -> None:
    connect = cell.clients.connect

    class Clients:
        log_keys = cell.clients.log_keys

        def connect(self, *args: Any) -> _End:
            return kind(connect(*args))

    cell.clients = Clients()


@pytest.mark.parametrize(
    ("kind", "asked", "words"),
    [
        (
            _AsksForNoAnswer,
            "update_requested",
            r"wanted KeyUpdate\(update_requested\).*got KeyUpdate\(update_not",
        ),
        (
            _AsksForNoAnswer,
            "update_not_requested",
            r"wanted KeyUpdate\(update_not_requested\).*got KeyUpdate\(",
        ),
        (_UpdatesNothing, "update_requested", "wanted .* got the data under traffic secret 0 "),
        (
            _UpdatesTwice,
            "update_requested",
            "wanted .* and the data under traffic secret 1, got .* secret 2 ",
        ),
    ],
)
def test_a_client_that_does_something_else_is_caught_by_the_wire(
    kind: type[_End], asked: str, words: str, workload_of: Make
) -> None:
    cell = cell_of(workload_of, f"implementation=libssl request_update={asked}", "libssl")
    lie(cell, kind)
    with pytest.raises(ProofError, match=f"key update from client to server: {words}.*seen by the wire"):
        cell.sample()


def test_a_server_that_does_not_answer_is_caught_by_the_wire(
    workload_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(workload_of, "implementation=libssl", "libssl")
    lie(cell, _AsksForNoAnswer)
    # Anyone who believed the client would find that the server's keys are the old ones.
    monkeypatch.setattr("tlsbench.workloads.key_update._NAMES", dict.fromkeys((0, 1), "KeyUpdate"))
    with pytest.raises(
        ProofError,
        match="from server to client: wanted KeyUpdate under traffic secret 0 and the data under traffic "
        "secret 1, got the data under traffic secret 0",
    ):
        cell.sample()


def test_a_byte_that_comes_back_changed_is_an_error(workload_of: Make) -> None:
    cell = cell_of(workload_of, "implementation=libssl", "libssl")

    class Other(_End):
        def read(self) -> bytes:
            return bytes(byte ^ 1 for byte in self._end.read())

    lie(cell, Other)
    with pytest.raises(ProofError, match="echo: wanted the byte that was sent"):
        cell.sample()


def test_where_neither_end_gives_its_secrets_away_there_is_no_proof(workload_of: Make) -> None:
    cell = cell_of(workload_of, "implementation=libssl", "libssl")
    clients, servers = cell.clients, cell.servers

    class Clients:
        connect = clients.connect

    class Servers:
        accept = servers.accept

    cell.clients, cell.servers = Clients(), Servers()
    with pytest.raises(MeasurementError, match="no secrets are exported by libssl"):
        cell.sample()


def test_the_key_log_is_gone_with_the_cell(workload_of: Make) -> None:
    cell = cell_of(workload_of, "implementation=libssl", "libssl")
    cell.sample()
    path = cell._key_log
    assert path.stat().st_mode & 0o777 == 0o600
    cell.close()
    assert not path.exists()
