"""What libraries say about the cipher suites that they offer, and the gap that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

from tlsbench.scenarios import Gap, ciphers, gap

#: Signalling values: listed among the cipher suites, but not suites (RFC 5746, RFC 7507).
SIGNALLING: Mapping[int, str] = {0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0x5600: "TLS_FALLBACK_SCSV"}


@runtime_checkable
class ListsCiphers(Protocol):
    """A library that can list its cipher suites."""

    def offered_ciphers(self) -> Mapping[int, str]:
        """The suites in its own list that it can be configured with: its name for each, by code point."""


def not_offered(engine: str, offered: Collection[int], *, versions: tuple[str, ...] = ()) -> Gap:
    """The gap of the suites that are not in a library's own list.

    :param versions: the list has only suites whose newest TLS version is one of these; empty for any version.
    """
    return gap(
        f"{engine} does not offer the cipher suite",
        cipher=tuple(
            suite.name
            for suite in ciphers.CIPHER_SUITES
            if suite.code_point not in offered and (not versions or suite.version in versions)
        ),
    )


def by_openssl_name(names: Collection[str]) -> dict[int, str]:
    """The given OpenSSL names of suites by code point; an unknown name gets minus its position, from 1."""
    known = {suite.openssl: suite.code_point for suite in ciphers.CIPHER_SUITES}
    return {known.get(name, -at): name for at, name in enumerate(names, 1)}
