from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tlsbench.links import Ledger
from tlsbench.results.likeness import alike, likeness, named_axes

HANDSHAKE = {
    "workload": "handshake",
    "implementation": "libssl",
    "version": "1.3",
    "cipher": "TLS_AES_256_GCM_SHA384",
    "group": "secp256r1",
    "key": "ecdsa-secp256r1",
    "chain_length": "1",
    "resumption": "none",
    "tickets": "default",
    "signature": "default",
}
PROOF = {"cipher": "TLS_AES_256_GCM_SHA384", "group": "secp256r1", "tickets": 2}
LEDGER = Ledger(4, 100, 1000, 1, 3)


@dataclass(frozen=True)
class Cell:
    axes: Mapping[str, str] = field(default_factory=lambda: HANDSHAKE)
    negotiated: Mapping[str, object] = field(default_factory=lambda: PROOF)
    ledger: Ledger | None = LEDGER


def cell(ledger: Ledger | None = LEDGER, proof: Mapping[str, object] = PROOF, **axes: str) -> Cell:
    return Cell({**HANDSHAKE, **axes}, proof, ledger)


def proved(**facts: object) -> Cell:
    return cell(proof={**PROOF, **facts})


def words(one: Cell, other: Cell, *compared: str) -> str:
    return likeness(one, other, compared).words()


def test_a_cell_is_like_itself_and_nothing_of_it_is_unknown() -> None:
    found = likeness(cell(), cell())
    assert (found.differences, found.unknown, found.stray) == ((), (), [])


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (proved(group="X25519MLKEM768"), "group (X25519MLKEM768, not secp256r1)"),
        (proved(cipher="TLS_AES_128_GCM_SHA256"), "cipher (AES_128_GCM_SHA256, not AES_256_GCM_SHA384)"),
        (proved(tickets=0), "tickets (0, not 2)"),
        (cell(chain_length="3"), "chain_length (3, not 1)"),
        (cell(trust="150"), "trust (150, not memory)"),
        (cell(Ledger(6, 100, 1000, 2, 5)), "round trips (2, not 1), flights (5, not 3)"),
        (cell(implementation="ssl"), "client (ssl, not libssl), server (ssl, not libssl)"),
    ],
)
def test_whatever_differs_is_named_with_both_values(one: Cell, said: str) -> None:
    assert words(one, cell()) == said


def test_what_is_compared_is_no_difference_beside_it() -> None:
    assert words(cell(key="rsa-2048"), cell(), "key") == ""
    assert words(cell(implementation="ssl"), cell(), "implementation") == ""
    other = cell(client="ssl", server="libssl")
    assert words(other, cell(client="libssl", server="libssl"), "client") == ""


@pytest.mark.parametrize(
    ("of", "unknown"),
    [
        (cell(proof={}), ("tickets",)),
        (cell(None), ("round trips", "flights")),
        (cell(Ledger(4, 100, 1000)), ("round trips", "flights")),
        (cell(key="rsa-2048"), ("signature",)),
    ],
)
def test_what_a_file_does_not_say_is_unknown_and_never_the_same(of: Cell, unknown: tuple[str, ...]) -> None:
    for one, other in ((of, of), (of, cell(key=of.axes["key"])), (cell(key=of.axes["key"]), of)):
        found = likeness(one, other)
        assert found.unknown == unknown
        assert found.differences == ()


def test_an_axis_that_a_file_does_not_have_yet_is_at_its_neutral_value() -> None:
    old = Cell({axis: value for axis, value in HANDSHAKE.items() if axis != "chain_length"})
    assert words(old, cell()) == ""
    assert words(old, cell(chain_length="2")) == "chain_length (1, not 2)"


def test_the_axis_says_how_many_tickets_there_are_where_the_proof_does_not() -> None:
    found = likeness(cell(proof={}, tickets="0"), cell())
    assert [str(one) for one in found.differences] == ["tickets (0, not 2)"]


def test_a_suite_is_what_it_encrypts_with_as_version_and_key_are_axes_of_their_own() -> None:
    def suite(name: str, **axes: str) -> Cell:
        return cell(proof={**PROOF, "cipher": name}, cipher=name, **axes)

    rsa = suite("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", version="1.2", key="rsa-2048")
    ecdsa = suite("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", version="1.2")
    assert words(rsa, ecdsa, "key") == ""
    assert words(ecdsa, cell(), "version") == ""
    cbc = suite("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", version="1.2", key="rsa-2048")
    assert words(cbc, ecdsa, "key") == "cipher (AES_128_CBC_SHA, not AES_256_GCM_SHA384)"


def test_what_does_not_apply_is_neither_different_nor_unknown() -> None:
    psk = cell(resumption="psk")
    assert words(psk, cell(), "resumption") == "", "a resumed handshake is not signed"
    old = cell(
        version="1.2", resumption="ticket", proof={"cipher": "TLS_AES_256_GCM_SHA384", "group": "none"}
    )
    found = likeness(old, cell(version="1.2"), ("resumption",))
    assert (found.differences, found.unknown) == ((), ())
    bulk = [Cell({"workload": "bulk", "version": "1.3"}, {"tickets": count}, None) for count in (0, 2)]
    assert likeness(*bulk).differences == ()
    assert likeness(*bulk).unknown == ()


def test_the_signature_is_that_of_the_key_where_there_is_but_one() -> None:
    signed = cell(proof={**PROOF, "signature": "ecdsa_secp256r1_sha256"})
    assert words(signed, cell()) == ""
    ways = [
        cell(key="rsa-2048", proof={**PROOF, "signature": f"rsa_pss_rsae_sha{bits}"}) for bits in (256, 512)
    ]
    assert words(*ways) == "signature (rsa_pss_rsae_sha256, not rsa_pss_rsae_sha512)"
    assert words(ways[0], signed, "key") == "", "another key signs otherwise, and the key is compared"


def test_what_a_choice_brings_along_is_said_and_does_not_forbid_the_comparison() -> None:
    psk = cell(resumption="psk", proof={**PROOF, "tickets": 1})
    found = likeness(psk, cell(), ("resumption",))
    assert found.words() == "tickets (1, not 2)"
    assert found.stray == []
    by_library = likeness(proved(tickets=1), cell(), ("implementation",))
    assert [one.what for one in by_library.stray] == ["tickets"]


def test_only_cells_without_a_difference_are_in_one_group() -> None:
    cells = [
        cell(implementation="ssl"),
        cell(implementation="utls", proof={**PROOF, "tickets": 0}),
        cell(implementation="pyopenssl"),
        cell(implementation="rtls", proof={**PROOF, "group": "X25519MLKEM768"}),
        cell(implementation="old", proof={}),
    ]
    groups = [[one.axes["implementation"] for one in group] for group in alike(cells, ("implementation",))]
    assert groups == [["ssl", "pyopenssl", "old"], ["utls"], ["rtls"]]


def test_a_suite_that_differs_beside_other_axes_names_no_side() -> None:
    one = {"version": "1.2", "cipher": "A", "key": "k"}
    assert named_axes(one, {"version": "1.3", "cipher": "B", "key": "k"}) == ["version"]
    assert named_axes(one, {**one, "cipher": "B"}) == ["cipher"]
    assert named_axes(one, one) == []
