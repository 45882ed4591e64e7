from __future__ import annotations

import pytest

from tlsbench.decryption.protection import Suite, Tls13Opener, prf
from tlsbench.decryption.records import Record
from tlsbench.errors import WireError
from tlsbench.links import Direction
from tlsbench.links.key_schedule import expand_label
from tlsbench.protocol.messages import HANDSHAKE
from tlsbench.scenarios import ciphers

#: RFC 8448 section 3: the client's handshake traffic secret, and its protected Finished.
CLIENT_SECRET = bytes.fromhex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
CLIENT_FINISHED = bytes.fromhex(
    "170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc"
    "44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546"
)
FINISHED = bytes.fromhex("14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61")


def suite(name: str) -> Suite:
    found = Suite.of(ciphers.BY_NAME[name].code_point)
    assert found is not None
    return found


def record(wire: bytes) -> Record:
    return Record(Direction.TO_SERVER, 0, wire[:5], wire[5:])


@pytest.mark.parametrize(
    ("secret", "key", "iv"),
    [
        (
            "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
            "3fce516009c21727d0f2e4e86ee403bc",
            "5d313eb2671276ee13000b30",
        ),
        (CLIENT_SECRET.hex(), "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
        (
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
            "9f02283b6c9c07efc26bb9f2ac92e356",
            "cf782b88dd83549aadf1e984",
        ),
    ],
)
def test_keys_follow_from_traffic_secrets_as_in_rfc_8448(secret: str, key: str, iv: str) -> None:
    assert expand_label(bytes.fromhex(secret), "key", 16, "sha256").hex() == key
    assert expand_label(bytes.fromhex(secret), "iv", 12, "sha256").hex() == iv


def test_the_protected_finished_of_rfc_8448_is_opened() -> None:
    opener = Tls13Opener(suite("TLS_AES_128_GCM_SHA256"), CLIENT_SECRET)
    assert opener.open(record(CLIENT_FINISHED)) == (HANDSHAKE, FINISHED)


def test_a_record_is_opened_once_in_its_place_and_by_its_own_keys() -> None:
    opener = Tls13Opener(suite("TLS_AES_128_GCM_SHA256"), CLIENT_SECRET)
    opener.open(record(CLIENT_FINISHED))
    for other in (opener, Tls13Opener(suite("TLS_AES_128_GCM_SHA256"), CLIENT_SECRET[::-1])):
        with pytest.raises(WireError, match="cannot be opened"):
            other.open(record(CLIENT_FINISHED))


def test_the_prf_of_tls_1_2_gives_its_known_answer() -> None:
    """The vector for SHA-256 that was agreed on the TLS working group's list (2009-02)."""
    secret, seed = "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c"
    output = prf(bytes.fromhex(secret), "test label", bytes.fromhex(seed), 100, "sha256")
    assert output.hex() == (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
        "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66"
    )


def test_every_suite_of_the_scenarios_has_its_record_protection() -> None:
    for name in ciphers.BY_NAME:
        found = Suite.of(ciphers.BY_NAME[name].code_point)
        whole = name.startswith("TLS_AES_") or "_WITH_AES_" in name or "CHACHA20" in name
        opened = whole and "CBC_SHA2" not in name and "CBC_SHA3" not in name
        assert (found is not None) == opened, name
        if found is None:
            continue
        assert found.key_bytes == (32 if "AES_256" in name or "CHACHA20" in name else 16)
        assert found.hash_name == ("sha384" if name.endswith("SHA384") else "sha256")
    assert Suite.of(0x0A0A) is None
