"""TLS 1.3 suites where a library cannot be told any: what it offers, and what comes of that with whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tlsbench.implementations.processor import with_aes
from tlsbench.scenarios import Gap, ciphers, gap

_AES_256: Final = "TLS_AES_256_GCM_SHA384"
_AES_128: Final = "TLS_AES_128_GCM_SHA256"
_CHACHA20: Final = "TLS_CHACHA20_POLY1305_SHA256"
#: What each of them offers and takes, and cannot be kept from.
_OFFERED: Final = (_AES_256, _AES_128, _CHACHA20)
_FIRST: Final = {"ssl": _AES_256, "utls": _AES_128, "rtls": _AES_128}
_FIRST_WITHOUT_AES: Final = {**_FIRST, "utls": _CHACHA20}
#: The suite that a server (first) takes of a client (second), on a processor with AES and on one without.
_PICKS: Final[Mapping[bool, Mapping[str, Mapping[str, str]]]] = {
    True: {"ssl": dict.fromkeys(_FIRST, _AES_256), "utls": _FIRST, "rtls": _FIRST},
    False: {
        "ssl": dict.fromkeys(_FIRST, _AES_256),
        "utls": dict.fromkeys(_FIRST, _CHACHA20),
        "rtls": _FIRST_WITHOUT_AES,
    },
}


def fixed_suites(library: str, like: str) -> tuple[Gap, ...]:
    """The gaps of a library that cannot be told what TLS 1.3 suites to offer and to take.

    :param library: its id.
    :param like: the one of ``ssl``, ``utls`` and ``rtls`` whose engine it has.
    """
    return (
        gap(
            f"in TLS 1.3 it offers and takes {', '.join(_OFFERED)}, and no other",
            version="1.3",
            cipher=_others(_OFFERED),
        ),
        *_with_others(library, like, has_aes=True),
        *_with_others(library, like, has_aes=False),
    )


def _with_others(library: str, like: str, *, has_aes: bool) -> Iterator[Gap]:
    cpus = with_aes(has_aes=has_aes)
    without = "" if has_aes else ", without AES instructions,"
    picks = _PICKS[has_aes]
    for client, pick in {**picks[like], library: picks[like][like]}.items():
        yield gap(
            f"as a server of {client} it takes {pick} in TLS 1.3{without} and cannot be told otherwise",
            version="1.3",
            client=client,
            server=library,
            cipher=_others((pick,)),
            cpu=cpus,
        )
    for server, taken in picks.items() if library != like else ():
        yield gap(
            f"as a client of {server} it is given {taken[like]} in TLS 1.3{without} and neither can be told "
            "otherwise",
            version="1.3",
            client=library,
            server=server,
            cipher=_others((taken[like],)),
            cpu=cpus,
        )


def _others(suites: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in ciphers.BY_NAME if name not in suites)
