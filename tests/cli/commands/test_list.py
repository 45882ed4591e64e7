from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tlsbench.cli.app import run as tlsbench
from tlsbench.cli.commands import list as listing
from tlsbench.implementations import found_files
from tlsbench.workloads import interop
from tlsbench.workloads.interop import Pair


def test_over_quic_every_openssl_that_is_found_is_among_the_pairs(
    openssl_35: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = openssl_35.removeprefix("libssl:")
    asked: dict[str, bool] = {}

    def pairs(everyone: Any, able: Any, *, transports: tuple[str, ...]) -> Iterator[Pair]:
        (transport,) = transports
        asked[transport] = openssl_35 in everyone and openssl_35 in able
        yield Pair(openssl_35, "x", "1.3", None, "a reason", transport=transport)

    monkeypatch.setattr(found_files, "libssl_files", lambda: [path])
    monkeypatch.setattr(interop, "pairs", pairs)
    entries = listing._interop()
    assert asked == {"tls": False, "dtls": False, "quic": True}
    assert [entry["summary"] for entry in entries] == [
        f"{protocol}  a reason" for protocol in ("TLS 1.3", "DTLS 1.3", "QUIC v1")
    ]
    (line, *_) = listing._lines(entries[-1])
    assert line == f"{openssl_35} → x QUIC v1  a reason", "a long name does not run into what follows"


def test_a_cipher_suite_is_listed_with_what_it_is_who_offers_it_and_who_can_be_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["list", "ciphers", "implementation=ssl", "cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]
    assert tlsbench(asked) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=2) == [
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "0xC02F",
        "ECDHE; RSA certificate; AES_128_GCM; forward secrecy; TLS 1.2; recommended by IANA (Y)",
    ]
    assert second.strip() == "offered by: ssl"
    assert rest[-1].startswith("1 cipher suite; recommended according to ")
    assert tlsbench([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (suite,), (library,) = found["ciphers"], found["implementations"]
    assert (suite["openssl"], suite["measured_with"]) == ("ECDHE-RSA-AES128-GCM-SHA256", ["ssl"])
    assert library["offered"] == library["measured"] + sum(library["excluded"].values())


def test_ciphers_are_listed_by_two_axes_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert tlsbench(["list", "ciphers", "key=rsa-2048"]) == 2
    assert capsys.readouterr().err.splitlines()[-1:] == [
        "tlsbench: 'list ciphers' takes cipher= and implementation=, and no profile"
    ]
