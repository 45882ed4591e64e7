"""Every lie about Encrypted ClientHello is caught, by the witness that sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tlsbench.errors import ProofError
from tlsbench.implementations import Negotiated
from tlsbench.links import Direction, Entry, Observed
from tlsbench.pki import SERVER_NAME
from tlsbench.pki.ech import PUBLIC_NAME, ech_key, new_ech_key
from tlsbench.scenarios import Scenario
from tlsbench.workloads.ech_proof import prove_ech

HELLO: Sequence[Entry] = [(Direction.TO_SERVER, PUBLIC_NAME.encode()), (Direction.TO_CLIENT, b"sealed")]
WIRE = Observed(
    version="1.3",
    cipher=0x1301,
    group=None,
    resumption="none",
    hello_retry=False,
    certificates=None,
    client_auth=None,
    stapled=None,
    signature=None,
)
SIDE = Negotiated(
    version="1.3", cipher=None, group=None, resumed=False, peer_certificate=b"", peer_verified=False
)
#: The truth for each value.
TRUE: dict[str, tuple[Observed, Negotiated, Negotiated]] = {
    "default": (replace(WIRE, server_name=SERVER_NAME), SIDE, SIDE),
    "grease": (replace(WIRE, server_name=SERVER_NAME, ech=True), SIDE, SIDE),
    "on": (
        replace(WIRE, server_name=PUBLIC_NAME, ech=True),
        replace(SIDE, ech_accepted=True),
        replace(SIDE, ech_accepted=True, server_name=SERVER_NAME),
    ),
}


@pytest.fixture
def scenario(scenarios_of: Callable[[str], tuple[Scenario, ...]]) -> Scenario:
    (found,) = scenarios_of("implementation=fake version=1.3")
    return found


@pytest.mark.parametrize("ech", TRUE)
def test_the_truth_is_taken(ech: str, scenario: Scenario) -> None:
    prove_ech(replace(scenario, ech=ech), *TRUE[ech], HELLO)


@pytest.mark.parametrize(
    ("ech", "wire", "client", "server", "witness", "got"),
    [
        ("on", {"ech": False}, {}, {}, "wire", "no such extension"),
        ("grease", {"ech": False}, {}, {}, "wire", "no such extension"),
        ("on", {"server_name": SERVER_NAME}, {}, {}, "wire", "localhost in the clear"),
        ("on", {"server_name": ""}, {}, {}, "wire", "no name in the clear"),
        ("grease", {"server_name": PUBLIC_NAME}, {}, {}, "wire", "public.tlsbench.test in the clear"),
        ("on", {}, {"ech_accepted": False}, {}, "client", "rejected"),
        ("on", {}, {"ech_accepted": None}, {}, "client", "a client that does not say"),
        ("on", {}, {}, {"ech_accepted": False}, "server", "rejected"),
        ("on", {}, {}, {"ech_accepted": None}, "server", "a server that does not say"),
        ("on", {}, {}, {"server_name": PUBLIC_NAME}, "server", "public.tlsbench.test"),
        ("on", {}, {}, {"server_name": None}, "server", "no name"),
        ("grease", {}, {"ech_accepted": True}, {}, "client", "an ECH that was accepted"),
        ("grease", {}, {}, {"ech_accepted": True}, "server", "an ECH that was accepted"),
        ("default", {}, {}, {"ech_accepted": True}, "server", "an ECH that was accepted"),
    ],
)
def test_a_lie_is_an_error(
    ech: str,
    wire: dict[str, Any],
    client: dict[str, Any],
    server: dict[str, Any],
    witness: str,
    got: str,
    scenario: Scenario,
) -> None:
    seen, ours, theirs = TRUE[ech]
    told = replace(seen, **wire), replace(ours, **client), replace(theirs, **server)
    with pytest.raises(ProofError) as caught:
        prove_ech(replace(scenario, ech=ech), *told, HELLO)
    assert (caught.value.witness, caught.value.got) == (witness, got)


@pytest.mark.parametrize("direction", Direction)
def test_the_name_must_be_in_nothing_that_goes_either_way(direction: Direction, scenario: Scenario) -> None:
    leak = [*HELLO, (direction, b"\0\x09" + SERVER_NAME.encode() + b"\0")]
    with pytest.raises(ProofError, match=rf"localhost hidden, got the name in the clear, {direction.value}"):
        prove_ech(replace(scenario, ech="on"), *TRUE["on"], leak)
    prove_ech(replace(scenario, ech="grease"), *TRUE["grease"], leak)


def test_a_configuration_is_as_the_rfc_has_it() -> None:
    """RFC 9849 section 4; everything that follows from lengths."""
    key = new_ech_key()
    config = key.config
    assert config[:2] == b"\xfe\x0d"
    assert int.from_bytes(config[2:4], "big") == len(config) - 4
    assert config[4:9] == b"\x01\x00\x20\x00\x20"  # its ID, X25519, 32 bytes of key
    assert config.endswith(bytes([64, len(PUBLIC_NAME)]) + PUBLIC_NAME.encode() + b"\0\0")
    assert key.config_list == len(config).to_bytes(2, "big") + config
    assert ech_key() is ech_key()
    assert new_ech_key().config != config
    assert key.secret.hex() not in repr(key)
