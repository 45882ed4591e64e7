from __future__ import annotations

import pytest

from tlsbench.implementations.registry import capabilities, tls_libraries
from tlsbench.scenarios import expand, parse


def reasons(text: str) -> list[str]:
    found = expand([parse([text], tls_libraries())], capabilities())
    assert not found.scenarios
    return [excluded.reason for excluded in found.excluded]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("implementation=pyopenssl version=1.2", "TLS 1.2 has no HelloRetryRequest"),
        ("implementation=pyopenssl resumption=early-data", "takes no early data"),
        ("implementation=ssl version=1.3 group=x25519", "first sends a key for x25519"),
        ("implementation=utls version=1.3 group=X25519MLKEM768", "first post-quantum group at once"),
        (
            "client=rtls server=pyopenssl version=1.3 group=x25519",
            "is asked for secp256r1 or secp384r1 alone",
        ),
        ("client=pyopenssl server=rtls version=1.3", "asks again for none"),
        ("implementation=fake version=1.3", "it exchanges no keys"),
    ],
)
def test_why_no_hello_retry_request_can_be_had_is_said(text: str, why: str) -> None:
    if any(f"={name}" in text and name not in tls_libraries() for name in ("utls", "rtls")):
        pytest.skip("the library is not installed")
    assert all(why in reason for reason in reasons(f"{text} hello_retry=yes"))
