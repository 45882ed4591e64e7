"""The one table of axes: its rules, and the names that users type."""

from __future__ import annotations

import pytest

from tlsbench.errors import RequestError
from tlsbench.scenarios import Scenario, parse
from tlsbench.scenarios.axes import AXES, MACHINE, SPECIAL_AXES, WORKLOAD_AXES
from tlsbench.scenarios.axis import Axis

IMPLEMENTATIONS = (
    "ssl",
    "pyopenssl",
    "libssl",
    "utls",
    "rtls",
    "mbedtls",
    "tlslite",
    "s2n",
    "cryptography",
    "libssl:PATH",
)


@pytest.mark.parametrize(
    ("word", "canonical"),
    [
        ("group=p256,P-384,prime256v1,curve25519", ("secp256r1", "secp384r1", "x25519")),
        ("key=p256,rsa,mldsa65,ECDSA", ("ecdsa-secp256r1", "rsa-2048", "ml-dsa-65")),
        ("cipher=chacha20,aes128-gcm", ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")),
        ("cipher=ECDHE-RSA-AES256-GCM-SHA384", ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",)),
        ("resumption=0-rtt,0RTT,full", ("early-data", "none")),
        ("implementation=boringssl,RustLS,openssl", ("utls", "rtls", "libssl")),
        ("client=rustls", ("rtls",)),
        ("version=tls1.3,TLSv1.2,tls13", ("1.3", "1.2")),
        ("algorithm=chacha20/encrypt,p256/exchange", ("chacha20-poly1305/encrypt", "secp256r1/exchange")),
        ("root_key=p256", ("ecdsa-secp256r1",)),
        ("client_auth=mtls", ("required",)),
    ],
)
def test_names_that_people_use_are_taken_and_kept_in_the_canonical_spelling(
    word: str, canonical: tuple[str, ...]
) -> None:
    assert parse([word], IMPLEMENTATIONS)[word.partition("=")[0]] == canonical


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("implementation=rustl", "unknown implementation 'rustl': did you mean 'rtls'?"),
        ("cipher=AES256-GCM-SHA385", "did you mean 'TLS_RSA_WITH_AES_256_GCM_SHA384'?"),
        ("group=p25", "unknown group 'p25': did you mean 'secp256r1'?"),
        ("resumption=1-rtt", "unknown resumption '1-rtt': did you mean 'early-data'?"),
    ],
)
def test_a_name_that_is_almost_one_of_them_leads_to_what_it_stands_for(word: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        parse([word], IMPLEMENTATIONS)
    assert message in str(error.value)


def test_a_name_for_a_library_that_is_not_here_is_not_taken() -> None:
    with pytest.raises(RequestError, match="unknown implementation 'rustls'"):
        parse(["implementation=rustls"], ("ssl", "pyopenssl"))


@pytest.mark.parametrize("axis", AXES.values(), ids=lambda axis: axis.name)
def test_every_other_name_stands_for_a_value_and_hides_none(axis: Axis) -> None:
    valid = axis.values or IMPLEMENTATIONS
    assert set(axis.aliases.values()) <= set(valid)
    assert not {value.lower() for value in valid} & axis.aliases.keys()
    assert all(alias == alias.lower() for alias in axis.aliases)


@pytest.mark.parametrize("axis", AXES.values(), ids=lambda axis: axis.name)
def test_every_value_is_written_as_it_is_read(axis: Axis) -> None:
    for value in axis.values:
        assert axis.write(axis.read(value)) == value
        assert (axis.parse or str)(value) == value


def test_what_is_denied_is_special_and_a_value() -> None:
    for name in SPECIAL_AXES:
        axis = AXES[name]
        assert set(axis.denied) <= set(axis.values) - {axis.neutral}
        assert all(axis.denied.values())


def test_a_scenario_has_a_field_for_every_axis_but_the_one_that_sets_two_and_the_one_that_says_where() -> (
    None
):
    fields = set(Scenario.__dataclass_fields__)
    assert fields == AXES.keys() - {"implementation", MACHINE}
    assert set().union(*WORKLOAD_AXES.values()) == fields
