from __future__ import annotations

from dataclasses import replace

import pytest

from tlsbench.report.ladder import WIDTH, ladder_text
from tlsbench.results.trace_json import TracedHandshake
from tlsbench.session.trace import trace, traced_scenario


def traced(selector: str) -> TracedHandshake:
    return trace(traced_scenario([selector])).shown


@pytest.mark.parametrize(
    "selector",
    [
        "implementation=pyopenssl version=1.3 key=ml-dsa-87 chain_length=5 client_auth=required",
        "implementation=ssl version=1.2 key=rsa-2048",
        "implementation=tlslite version=1.3 key=ecdsa-secp256r1",
        "implementation=fake version=1.2 key=rsa-2048 resumption=ticket",
    ],
)
def test_the_text_stays_within_80_columns_and_on_its_rails(selector: str) -> None:
    if "tlslite" in selector:
        pytest.importorskip("tlslite")
    lines = ladder_text(traced(selector)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    rungs = [line for line in lines if line[:1] in "│├" and line]
    assert {len(line) for line in rungs} == {WIDTH}
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("transport", "opening"),
    [
        ("version=1.3", "Opening the TCP connection takes one more round trip, before all of this."),
        ("transport=dtls", "UDP opens no connection: TCP would take one more round trip before all of this."),
    ],
)
def test_the_round_trip_that_opens_tcp_is_stated(transport: str, opening: str) -> None:
    made = traced(f"implementation=pyopenssl key=ecdsa-secp256r1 {transport}")
    assert opening in ladder_text(made).splitlines()


def test_a_long_name_of_a_library_is_wrapped_too() -> None:
    made = traced("implementation=pyopenssl version=1.2 key=rsa-2048")
    path = f"libssl:/{'long/' * 14}libssl.so.3"
    lines = ladder_text(replace(made, keys_from=path, engines={path: f"OpenSSL 3.5 in {path}"})).splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_the_text_says_what_is_encrypted_and_that_it_is_no_benchmark() -> None:
    text = ladder_text(traced("implementation=pyopenssl version=1.3 key=ecdsa-secp256r1"))
    assert "its times are not a benchmark" in " ".join(text.split())
    (hello,) = (line for line in text.splitlines() if "ServerHello" in line)
    (certificate,) = (line for line in text.splitlines() if "Certificate " in line)
    assert "in the clear" in hello
    assert "encrypted" in certificate
    assert "key log of pyopenssl" in text


def test_the_text_says_why_something_stays_encrypted() -> None:
    pytest.importorskip("tlslite")
    text = " ".join(ladder_text(traced("implementation=tlslite version=1.3 key=ecdsa-secp256r1")).split())
    assert "tlslite provides no key log" in text
    assert "not decrypted" in text
