from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from tlsbench.errors import RequestError
from tlsbench.pki.names import constraint, general_name, name_text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("localhost", x509.DNSName("localhost")),
        ("WWW.Example.Test", x509.DNSName("www.example.test")),
        ("*.example.test", x509.DNSName("*.example.test")),
        ("127.0.0.1", x509.IPAddress(ipaddress.ip_address("127.0.0.1"))),
        ("::1", x509.IPAddress(ipaddress.ip_address("::1"))),
        ("spiffe://test/api", x509.UniformResourceIdentifier("spiffe://test/api")),
    ],
)
def test_a_name_is_known_by_its_looks(text: str, name: x509.GeneralName) -> None:
    assert general_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "a b", "-a.test", "a..test", "*", "w*.test", "1.2.3.256", "ü.test", "a" * 64]
)
def test_what_is_no_name_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(RequestError, match="valid are a DNS name"):
        general_name(text)


@given(st.text(max_size=80))
def test_any_text_is_a_name_that_survives_or_is_refused(text: str) -> None:
    try:
        name = general_name(text)
    except RequestError:
        return
    assert general_name(name_text(name)) == name


def test_a_constraint_is_a_domain_or_a_network() -> None:
    assert constraint("example.test") == x509.DNSName("example.test")
    assert constraint("10.0.0.0/8") == x509.IPAddress(ipaddress.ip_network("10.0.0.0/8"))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "127.0.0.1", "*.example.test", "https://example.test"])
def test_other_constraints_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="name constraint"):
        constraint(text)
