from __future__ import annotations

from collections.abc import Mapping

import pytest

from tlsbench.implementations.registry import capabilities, spellings, tls_libraries
from tlsbench.scenarios import Capabilities, Scenario, expand, gap, parse, scenario_from_id

TLS = Capabilities()
DTLS = Capabilities(
    (gap("it has no DTLS 1.3", transport="dtls", version="1.3"),),
    supports=("transport=dtls", "mtu", "address_check"),
)
QUIC = Capabilities(
    (gap("it has QUIC alone", transport="tls"),), supports=("transport=quic", "mtu", "address_check")
)
LIBRARIES = {"stream": TLS, "both": DTLS, "quic": QUIC}


def scenarios(
    selectors: str, libraries: Mapping[str, Capabilities] = LIBRARIES
) -> tuple[tuple[Scenario, ...], list[str]]:
    matrix = expand([parse([selectors], tuple(libraries))], libraries)
    return matrix.scenarios, [excluded.reason for excluded in matrix.excluded]


def one(selectors: str) -> Scenario:
    (found,), _ = scenarios(selectors)
    return found


def why(selectors: str) -> str:
    found, (reason,) = scenarios(selectors)
    assert not found
    return reason


def test_tls_over_a_stream_is_what_nobody_needs_to_name() -> None:
    plain = one("implementation=both version=1.2")
    assert plain == one("implementation=both version=1.2 transport=tls mtu=1200 address_check=no")
    assert not {"transport=", "mtu=", "address_check="} & {
        f"{w.partition('=')[0]}=" for w in plain.id.split()
    }


def test_ids_say_what_is_not_plain_before_the_version() -> None:
    identity = one("implementation=both transport=dtls mtu=548 address_check=cookie").id
    assert identity.startswith("workload=handshake implementation=both transport=dtls version=1.2")
    assert "mtu=548 address_check=yes" in identity
    assert scenario_from_id(identity, tuple(LIBRARIES)).id == identity


def test_a_library_that_says_nothing_has_neither_dtls_nor_quic() -> None:
    assert why("implementation=stream transport=dtls") == "stream: it has no DTLS"
    assert why("implementation=stream transport=quic") == "stream: it has no QUIC"


def test_both_ends_must_speak_it() -> None:
    assert why("client=both server=stream transport=dtls") == "stream: it has no DTLS"


@pytest.mark.parametrize(
    ("selectors", "transport", "version"),
    [
        ("implementation=both", "tls", "1.3"),
        ("implementation=both transport=dtls", "dtls", "1.2"),
        ("implementation=both mtu=1400", "dtls", "1.2"),
        ("implementation=quic", "quic", "1.3"),
        ("implementation=quic address_check=retry", "quic", "1.3"),
        ("workload=bulk implementation=quic", "quic", "1.3"),
    ],
)
def test_an_open_transport_is_the_first_that_can_be(selectors: str, transport: str, version: str) -> None:
    found = one(selectors)
    assert (found.transport, found.version) == (transport, version)


@pytest.mark.parametrize(
    ("selectors", "reason"),
    [
        ("implementation=quic version=1.2 transport=quic", "RFC 9001"),
        ("implementation=quic mtu=548 transport=quic", "at least 1,200 bytes"),
        ("implementation=both transport=dtls link=tcp", "leave out link="),
        ("implementation=both transport=tls mtu=548", "no datagrams"),
        ("implementation=both transport=tls address_check=yes", "TCP does it"),
        ("workload=completion implementation=both transport=dtls", "carries only TCP"),
        ("workload=memory implementation=both transport=dtls", "a memory has no transport"),
        ("implementation=both transport=dtls version=1.3", "both: it has no DTLS 1.3"),
    ],
)
def test_what_cannot_be_has_a_reason(selectors: str, reason: str) -> None:
    assert reason in why(selectors)


@pytest.mark.parametrize(
    ("library", "reason"),
    [
        ("libssl", "OpenSSL 4.1 will be the first release with it"),
        ("pyopenssl", "OpenSSL 4.1 will be the first release with it"),
        ("mbedtls", "ends with TLS 1.2"),
        ("libmbedtls", "ends with TLS 1.2"),
    ],
)
def test_dtls_13_is_a_capability_with_its_reason(library: str, reason: str) -> None:
    if library not in tls_libraries():
        pytest.skip("it is not installed")
    asked = parse([f"implementation={library} transport=dtls version=1.3"], spellings())
    matrix = expand([asked], capabilities())
    assert not matrix.scenarios
    assert reason in matrix.excluded[0].reason


@pytest.mark.parametrize("library", ["ssl", "utls", "rtls", "tlslite", "s2n", "gnutls", "wolfssl"])
def test_libraries_without_datagrams_say_so(library: str) -> None:
    if library not in tls_libraries():
        pytest.skip("it is not installed")
    for transport in ("dtls", "quic"):
        asked = parse([f"implementation={library} transport={transport}"], spellings())
        matrix = expand([asked], capabilities())
        assert not matrix.scenarios
        assert matrix.excluded[0].reason == f"{library}: it has no {transport.upper()}"
