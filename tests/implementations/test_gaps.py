from __future__ import annotations

import pytest

from tlsbench.implementations import gaps
from tlsbench.implementations.registry import capabilities, tls_libraries
from tlsbench.scenarios import expand, parse
from tlsbench.sockets import why_no_kernel_tls


def reasons(text: str) -> list[str]:
    found = expand([parse([text], tls_libraries())], capabilities())
    assert not found.scenarios
    return [excluded.reason for excluded in found.excluded]


@pytest.mark.parametrize("offload", ["ktls", "sendfile"])
@pytest.mark.parametrize("library", ["ssl", "pyopenssl", "libssl"])
def test_openssl_does_not_seal_in_the_kernel_and_says_why(library: str, offload: str) -> None:
    if library not in tls_libraries():
        pytest.skip(f"{library} is not installed")
    (reason,) = reasons(f"workload=bulk implementation={library} offload={offload}")
    assert reason == f"{library}: {gaps.kernel_tls_gap().reason}"
    assert (why_no_kernel_tls() or "only on sockets") in reason


def test_the_others_say_that_they_seal_every_record_themselves() -> None:
    for library in ("utls", "rtls", "tlslite", "mbedtls", "fake"):
        if library in tls_libraries():
            assert reasons(f"workload=bulk implementation={library} offload=ktls") == [
                f"{library}: it encrypts every record itself"
            ]


@pytest.mark.parametrize("why", ["", "this kernel has no TLS"])
def test_a_kernel_without_tls_is_the_reason_before_how_libraries_are_driven(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "why_no_kernel_tls", lambda: why)
    found = gaps.kernel_tls_gap()
    assert found.when == {"offload": {"ktls", "sendfile"}}
    assert found.reason == why or (not why and "OpenSSL uses it only on sockets" in found.reason)


def test_only_a_bulk_has_an_offload() -> None:
    (reason,) = reasons("implementation=pyopenssl version=1.3 offload=ktls")
    assert reason == "a handshake has no offload"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("implementation=pyopenssl version=1.2", "TLS 1.2 has no HelloRetryRequest"),
        ("implementation=pyopenssl resumption=early-data", "accepts no early data"),
        ("implementation=ssl version=1.3 group=x25519", "first sends a key for x25519"),
        ("implementation=utls version=1.3 group=X25519MLKEM768", "first post-quantum group at once"),
        (
            "client=rtls server=pyopenssl version=1.3 group=x25519",
            "is asked for secp256r1 or secp384r1 alone",
        ),
        ("client=pyopenssl server=rtls version=1.3", "never asks for another"),
        ("implementation=fake version=1.3", "it exchanges no keys"),
    ],
)
def test_why_no_hello_retry_request_can_be_had_is_said(text: str, why: str) -> None:
    if any(f"={name}" in text and name not in tls_libraries() for name in ("utls", "rtls")):
        pytest.skip("the library is not installed")
    assert all(why in reason for reason in reasons(f"{text} hello_retry=yes"))
