from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

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
