"""Special values are denied by default."""

from __future__ import annotations

import pytest

from tlsbench.scenarios import Capabilities, expand, gap, parse
from tlsbench.scenarios.axes import AXES, SPECIAL_AXES

#: What a special value needs along with it, so that the protocol allows it.
BESIDE = {
    "session": "resumption=psk",
    "signature": "key=ecdsa-secp256r1",
    "hello_retry": "version=1.3",
    "offload": "workload=bulk",
    "workload": "",
    "mtu": "transport=dtls",
    "address_check": "transport=dtls",
    "psk_mode": "resumption=psk",
    "ticket_state": "resumption=psk",
    "ticket_lifetime": "resumption=psk",
}
#: What a library must support before the value is considered at all.
UNDER = {"mtu": ("transport",), "address_check": ("transport",)}
SPECIAL = [(axis, value) for axis in SPECIAL_AXES for value in AXES[axis].denied]
POSSIBLE = [
    (axis, value) for axis, value in SPECIAL if axis != "signature" or value == "ecdsa_secp256r1_sha256"
]


def reasons(text: str, **libraries: Capabilities) -> list[str]:
    """Why none of the scenarios in a selector is possible; empty if one is."""
    found = expand([parse([text], libraries)], libraries)
    return [] if found.scenarios else [excluded.reason for excluded in found.excluded]


@pytest.mark.parametrize(("axis", "value"), POSSIBLE, ids="=".join)
def test_a_library_that_says_nothing_of_a_special_value_cannot_do_it(axis: str, value: str) -> None:
    text = f"implementation=old {axis}={value} {BESIDE.get(axis, '')}"
    under = UNDER.get(axis, ())
    assert reasons(text, old=Capabilities(supports=under)) == [f"old: {AXES[axis].denied[value]}"]
    assert reasons(text, old=Capabilities(supports=(*under, axis))) == []
    assert reasons(text, old=Capabilities(supports=(*under, f"{axis}={value}"))) == []


def test_both_ends_must_support_what_both_take_part_in() -> None:
    able, old = Capabilities(supports=SPECIAL_AXES), Capabilities()
    for text in ("client=old server=able ocsp=stapled", "client=able server=old ocsp=stapled"):
        assert reasons(text, able=able, old=old) == ["old: it staples no OCSP response"]


@pytest.mark.parametrize(
    ("text", "needed"), [("tickets=2", "server"), ("session=serialised resumption=psk", "client")]
)
def test_one_end_is_enough_for_what_is_that_ends_alone(text: str, needed: str) -> None:
    libraries = {"able": Capabilities(supports=SPECIAL_AXES), "old": Capabilities()}
    other = {"client": "server", "server": "client"}[needed]
    assert reasons(f"{needed}=able {other}=old {text}", **libraries) == []
    assert len(reasons(f"{needed}=old {other}=able {text}", **libraries)) == 1


def test_a_reason_of_the_librarys_own_is_the_one_that_is_given() -> None:
    fake = Capabilities((gap("nothing is verified", ocsp="stapled"),))
    assert reasons("implementation=fake ocsp=stapled", fake=fake) == ["fake: nothing is verified"]


def test_a_library_that_is_not_there_says_that_and_no_more() -> None:
    absent = Capabilities((gap("not installed", workload="handshake"),))
    assert reasons("implementation=x ocsp=stapled", x=absent) == ["x: not installed"]


@pytest.mark.parametrize("text", ["ticket", "ocsp=none", "resumption=psk", "key=rsa-2048"])
def test_a_library_cannot_say_that_it_supports_what_nobody_asks(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}'"):
        Capabilities(supports=(text,))
