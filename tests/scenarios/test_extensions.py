from __future__ import annotations

from collections.abc import Mapping

import pytest

from tlsbench.scenarios import Capabilities, expand, parse

#: Libraries that differ in their support for Encrypted ClientHello.
LIBRARIES: Mapping[str, Capabilities] = {
    "whole": Capabilities(supports=("ech", "certificate_compression")),
    "greasing": Capabilities(supports=("ech=grease",)),
    "plain": Capabilities(),
}


def reason(selector: str) -> str:
    """Why there is no such cell; ``""`` if there is one."""
    matrix = expand([parse([f"version=1.3 {selector}"], tuple(LIBRARIES))], LIBRARIES)
    return "" if matrix.scenarios else matrix.excluded[0].reason


@pytest.mark.parametrize("server", LIBRARIES)
@pytest.mark.parametrize("client", ["whole", "greasing"])
def test_every_server_takes_grease(client: str, server: str) -> None:
    assert not reason(f"client={client} server={server} ech=grease")


def test_a_client_must_have_grease() -> None:
    assert reason("client=plain server=whole ech=grease") == "plain: its client sends no GREASE"


@pytest.mark.parametrize(
    ("client", "server"), [("plain", "whole"), ("whole", "plain"), ("whole", "greasing")]
)
def test_both_ends_must_have_encrypted_client_hello(client: str, server: str) -> None:
    assert reason(f"client={client} server={server} ech=on").endswith("it has no Encrypted ClientHello")
    assert not reason("implementation=whole ech=on")


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("ech=on version=1.2", "Encrypted ClientHello needs TLS 1.3"),
        ("ech=grease version=1.1", "Encrypted ClientHello needs TLS 1.3"),
        ("certificate_compression=zlib version=1.0", "compressed only in TLS 1.3"),
        ("certificate_compression=zlib version=1.2", "compressed only in TLS 1.3"),
        ("certificate_compression=zlib resumption=psk", "no certificate to compress"),
    ],
)
def test_what_tls_forbids_is_said(selector: str, words: str) -> None:
    matrix = expand([parse([f"implementation=whole {selector}"], tuple(LIBRARIES))], LIBRARIES)
    assert not matrix.scenarios
    assert words in matrix.excluded[0].reason


def test_what_is_neutral_is_in_no_id() -> None:
    matrix = expand([parse(["implementation=plain version=1.3"], tuple(LIBRARIES))], LIBRARIES)
    for scenario in matrix.scenarios:
        assert "ech" not in scenario.id
        assert "certificate_compression" not in scenario.id
