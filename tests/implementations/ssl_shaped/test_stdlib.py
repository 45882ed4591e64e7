from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from tlsbench.implementations.registry import capabilities
from tlsbench.implementations.ssl_shaped import stdlib


def test_a_group_that_this_python_refuses_is_excluded_with_the_reason() -> None:
    """Python 3.11.2 in Debian does not accept X25519."""

    class Context:
        def __init__(self, _protocol: object) -> None:
            pass

        def set_ecdh_curve(self, name: str) -> None:
            if name.startswith("X"):
                raise ssl.SSLError("unknown group")

    old: Any = SimpleNamespace(
        SSLContext=Context,
        SSLError=ssl.SSLError,
        PROTOCOL_TLS_SERVER=0,
        OPENSSL_VERSION=ssl.OPENSSL_VERSION,
        OPENSSL_VERSION_INFO=ssl.OPENSSL_VERSION_INFO,
    )
    assert stdlib._refused(old) == ("x25519", "x448")
    assert any("set_ecdh_curve() does not take it" in one.reason for one in stdlib._gaps(old))


def test_what_it_says_of_itself_is_what_this_python_does() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    refused = stdlib._refused(ssl)
    for group, curve in stdlib._CURVES.items():
        if group not in refused:
            context.set_ecdh_curve(curve)
    assert "ssl" in capabilities()


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ({}, " has no set_psk_client_callback()"),
        ({"set_psk_client_callback": None}, "'s set_psk_client_callback() is not used here"),
    ],
)
def test_why_external_psks_are_not_measured_depends_on_the_python(
    methods: dict[str, None], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdlib, "_refused", lambda _ssl: ())
    of_some_version: Any = SimpleNamespace(
        SSLContext=type("SSLContext", (), methods),
        OPENSSL_VERSION=ssl.OPENSSL_VERSION,
        OPENSSL_VERSION_INFO=ssl.OPENSSL_VERSION_INFO,
    )
    (told,) = (
        one.reason for one in stdlib._gaps(of_some_version) if one.when.get("resumption") == {"external-psk"}
    )
    assert told.endswith(reason)
