"""Lies about records: each must be caught by what went over the wire, or by the report of a library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.implementations.registry import capabilities_of, tls_library
from tlsbench.links import Direction, Entry
from tlsbench.scenarios import Scenario
from tlsbench.workloads import Workload
from tlsbench.workloads.decrypted import DecryptedHandshakes
from tlsbench.workloads.hidden_limits import look_for_limits
from tlsbench.workloads.records import prove_data_records, prove_handshake_records

Make = Callable[[str], Workload]
UP, DOWN = Direction.TO_SERVER, Direction.TO_CLIENT
NOTHING_TOLD = Negotiated(
    version=None, cipher=None, group=None, resumed=False, peer_certificate=b"", peer_verified=False
)


def scenario(**values: str) -> Scenario:
    return Scenario(workload="bulk", client="x", server="x", **{"version": "1.3", **values})


def sent(*fragments: int, kind: int = 23, way: Direction = UP) -> list[Entry]:
    return [(way, bytes((kind, 3, 3)) + length.to_bytes(2, "big") + bytes(length)) for length in fragments]


def both(*fragments: int) -> list[Entry]:
    return sent(*fragments) + sent(*fragments, way=DOWN)


SUITE_13, SUITE_12 = "TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


@pytest.mark.parametrize(
    ("version", "cipher", "added"),
    [
        ("1.3", SUITE_13, 17),
        ("1.3", "TLS_AES_128_CCM_8_SHA256", 9),
        ("1.2", SUITE_12, 24),
        ("1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 24),
        ("1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 16),
    ],
)
def test_a_record_that_holds_one_byte_too_many_is_an_error(version: str, cipher: str, added: int) -> None:
    asked = scenario(version=version, cipher=cipher, record_size="512")
    prove_data_records(asked, both(512 + added, 512 + added, 3 + added), 1027)
    with pytest.raises(ProofError, match=r"record size: wanted at most 512 .* got a record of 513 .*wire"):
        prove_data_records(asked, both(513 + added), 513)


def test_a_cbc_record_is_held_against_the_least_that_it_may_hold() -> None:
    asked = scenario(version="1.2", cipher="TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", record_size="512")
    # An IV of 16 bytes, and 512 bytes with a MAC of 20 in blocks of 16: 544.
    prove_data_records(asked, both(560), 512)
    with pytest.raises(ProofError, match="at most 512"):
        prove_data_records(asked, both(16 + 512 + 20 + 17), 513)


def test_records_that_are_smaller_than_asked_are_an_error_where_there_is_enough_to_fill_one() -> None:
    asked = scenario(cipher=SUITE_13, record_size="1024")
    prove_data_records(asked, both(100 + 17), 100)
    with pytest.raises(ProofError, match="wanted records of 1024 bytes of plaintext, got at most 512"):
        prove_data_records(asked, both(512 + 17, 512 + 17), 1024)
    with pytest.raises(ProofError, match="got at most"):  # only one side
        prove_data_records(asked, sent(1024 + 17) + sent(512 + 17, 512 + 17, way=DOWN), 1024)


def test_padding_that_is_not_there_is_an_error() -> None:
    asked = scenario(cipher=SUITE_13, padding="512")
    prove_data_records(asked, both(1024 + 16), 1000)
    with pytest.raises(ProofError, match="padding: wanted a multiple of 512 bytes, got 1001 bytes"):
        prove_data_records(asked, both(1000 + 17), 1000)


def test_a_full_record_has_no_room_for_padding() -> None:
    prove_data_records(scenario(cipher=SUITE_13, padding="1000"), both(16384 + 17), 16384)
    prove_data_records(scenario(cipher=SUITE_13, padding="1000", record_size="512"), both(512 + 17), 512)


def test_what_asks_nothing_of_records_is_not_held_against_anything() -> None:
    prove_data_records(scenario(cipher=SUITE_13, padding="none", record_size="default"), both(16384 + 17), 1)


def test_a_certificate_in_the_clear_that_is_longer_than_agreed_is_an_error() -> None:
    asked = replace(scenario(version="1.2", cipher=SUITE_12, record_size="512"), workload="handshake")
    prove_handshake_records(
        asked, sent(600, kind=22) + sent(512, kind=22, way=DOWN), NOTHING_TOLD, NOTHING_TOLD
    )
    with pytest.raises(ProofError, match="got a record of 513"):
        prove_handshake_records(asked, sent(513, kind=22, way=DOWN), NOTHING_TOLD, NOTHING_TOLD)


def cell_of(workload_of: Make, name: str, axis: str, selector: str) -> Any:
    if axis not in capabilities_of(name).supports:
        pytest.skip(f"{name} is not here, or has no {axis}")
    return workload_of(f"workload=bulk implementation={name} version=1.3 size=4KiB {selector}")


@pytest.mark.parametrize(
    ("name", "asked", "axis"),
    [
        ("libssl", "padding=1000", "padding"),
        ("gnutls", "padding=1000", "padding"),
        ("libssl", "record_size=1000", "record_size"),
        ("gnutls", "record_size=1000", "record_size"),
        ("s2n", "record_size=1435", "record_size"),
    ],
)
@pytest.mark.parametrize("end", ["clients", "servers"])
def test_a_library_that_makes_its_usual_records_is_caught(
    name: str, asked: str, axis: str, end: str, workload_of: Make
) -> None:
    cell = cell_of(workload_of, name, axis, asked)
    cell.sample()
    cell._drop_connection()
    usual = replace(cell.scenario, **{axis: AXES_NEUTRAL[axis]})
    library = tls_library(name)
    make = library.client_context if end == "clients" else library.server_context
    setattr(cell, end, make(usual, cell.peers))
    with pytest.raises(ProofError, match=f"{axis.partition('_')[0]}.*seen by the wire"):
        cell.sample()


AXES_NEUTRAL = {
    "padding": "none",
    **dict.fromkeys(("record_size", "max_fragment_length", "record_size_limit"), "default"),
}


@pytest.mark.parametrize(
    ("name", "asked", "axis"),
    [
        ("libssl", "max_fragment_length=1024", "max_fragment_length"),
        ("s2n", "max_fragment_length=1024", "max_fragment_length"),
        ("gnutls", "record_size_limit=1024", "record_size_limit"),
        ("tlslite", "record_size_limit=1024", "record_size_limit"),
    ],
)
def test_a_client_that_asks_for_no_limit_is_caught(
    name: str, asked: str, axis: str, workload_of: Make
) -> None:
    cell = cell_of(workload_of, name, axis, asked)
    cell.clients = tls_library(name).client_context(replace(cell.scenario, **{axis: "default"}), cell.peers)
    with pytest.raises(ProofError, match=rf"{axis}: wanted 1024, got ClientHello with.*seen by the wire"):
        cell.sample()


def test_a_server_that_does_not_agree_is_caught_by_what_the_client_says(workload_of: Make) -> None:
    cell = cell_of(workload_of, "libssl", "max_fragment_length", "max_fragment_length=1024")
    if "record_size" not in capabilities_of("tlslite").supports:
        pytest.skip("tlslite-ng is not installed")
    usual = replace(cell.scenario, max_fragment_length="default")
    cell.servers = tls_library("tlslite").server_context(usual, cell.peers)
    with pytest.raises(
        ProofError, match=r"max_fragment_length: wanted 1024, got none \(seen by the client\)"
    ):
        cell.sample()


def test_a_server_that_asks_for_another_limit_is_caught(workload_of: Make) -> None:
    cell = cell_of(workload_of, "gnutls", "record_size_limit", "record_size_limit=1024")
    cell.servers = tls_library("gnutls").server_context(
        replace(cell.scenario, record_size_limit="2048"), cell.peers
    )
    with pytest.raises(ProofError, match=r"record_size_limit: wanted 1024, got 2048 \(seen by the server\)"):
        cell.sample()


def test_the_ledger_of_data_counts_records(workload_of: Make) -> None:
    cell = cell_of(workload_of, "libssl", "record_size", "record_size=1024")
    sample = cell.sample()
    assert sample.ledger.client_records == sample.ledger.server_records == 4 * sample.operations
    # For each record, a header of 5 bytes, a content type and a tag of 16.
    assert sample.ledger.client_bytes == sample.operations * 4 * (1024 + 22)


def test_what_was_agreed_on_is_in_the_record_of_the_proof(workload_of: Make) -> None:
    cell = cell_of(workload_of, "libssl", "max_fragment_length", "max_fragment_length=512")
    cell.sample()
    assert cell.proof()["max_fragment_length"] == 512


@pytest.mark.parametrize("workload", ["bulk size=100B", "handshake"])
def test_a_server_that_agrees_to_nothing_in_secret_is_caught_where_nobody_tells_and_records_are_short(
    workload: str, workload_of: Make
) -> None:
    for name in ("s2n", "tlslite"):
        if "workload=key_update" not in capabilities_of(name).supports:
            pytest.skip(f"{name} is not here")
    cell: Any = workload_of(f"workload={workload} implementation=s2n version=1.3 max_fragment_length=4096")
    usual = replace(cell.scenario, max_fragment_length="default")
    tlslite = tls_library("tlslite")
    lie = DecryptedHandshakes(
        cell.scenario, lambda: cell.clients, lambda: tlslite.server_context(usual, cell.peers)
    )
    reason = "max_fragment_length: wanted 4096, got EncryptedExtensions without it.*seen by the wire"
    with closing(lie) as handshakes:
        cell.look = partial(look_for_limits, cell.scenario, handshakes)
        with pytest.raises(ProofError, match=reason):
            cell.sample()
