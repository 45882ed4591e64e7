"""Which implementations there are. Adding one is one file beside this and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tlsbench.errors import RequestError
from tlsbench.implementations.contract import Implementation
from tlsbench.implementations.cryptography.primitives import Cryptography
from tlsbench.implementations.fake import Fake
from tlsbench.implementations.libssl import bindings as libssl_bindings
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.implementations.libssl.own_process import LibSslInOwnProcess
from tlsbench.implementations.mbedtls import MbedTls
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.pyopenssl.library import PyOpenSsl
from tlsbench.implementations.ssl_shaped.rtls import RTLS
from tlsbench.implementations.ssl_shaped.stdlib import STDLIB
from tlsbench.implementations.ssl_shaped.utls import UTLS
from tlsbench.implementations.tlslite.library import Tlslite
from tlsbench.scenarios import Capabilities
from tlsbench.scenarios.selectors import ANY_PATH

#: Each member that a package brings, with that package's module and its name.
_OPTIONAL: tuple[tuple[Implementation, str, str], ...] = (
    (UTLS, "utls", "utls"),
    (RTLS, "rtls", "rtls"),
    (MbedTls(), "mbedtls", "python-mbedtls"),
    (Tlslite(), "tlslite", "tlslite-ng"),
)


#: What makes an implementation of a path.
_BY_PATH: Final = "libssl:"


class _Members(dict[str, Implementation]):
    """The implementations there are, and beside them those of any path, which are made when asked for."""

    def __missing__(self, name: str) -> Implementation:
        if not name.startswith(_BY_PATH):
            raise KeyError(name)
        return _libssl_at(name)


class _Abilities(dict[str, Capabilities]):
    """What they can do, and what those of any path can, which are asked when looked up."""

    def __missing__(self, name: str) -> Capabilities:
        return _of_path(name)


@cache
def implementations() -> Mapping[str, Implementation]:
    """Every implementation, by its id, in the order in which tables show them."""
    members: tuple[Implementation, ...] = (
        STDLIB,
        PyOpenSsl(),
        _libssl(),
        *_installed(),
        Cryptography(),
        Fake(),
    )
    return _Members({member.id: member for member in members})


def spellings() -> tuple[str, ...]:
    """What selectors take for an implementation (see :func:`tlsbench.scenarios.parse`)."""
    return (*implementations(), _BY_PATH + ANY_PATH)


def _installed() -> Iterator[Implementation]:
    for member, module, package in _OPTIONAL:
        if find_spec(module) is not None:
            yield member
        else:
            remedy = f"pip install 'tlsbench[implementations]' (or {package} alone)"
            yield Missing(member.id, member.summary, remedy)


def _libssl() -> Implementation:
    path = libssl_bindings.find()
    if path is None:
        return Missing(
            "libssl", LibSsl.summary, "the system has no libssl 3 (on Debian: apt-get install libssl3)"
        )
    return LibSsl(path)


@cache
def _of_path(name: str) -> Capabilities:
    return implementations()[name].capabilities()


@cache
def _libssl_at(name: str) -> Implementation:
    """The libssl that an id names by its path.

    :raises RequestError: if no process can load it.
    """
    path = name.removeprefix(_BY_PATH)
    if not Path(path).is_file():
        raise RequestError(f"there is no file {path}")
    here = LibSsl(path, name, "a libssl by its path, called through cffi")
    try:
        if here.library.is_whole and not here.library.lacks("OpenSSL_version"):
            return here
    except OSError:
        pass  # the process below says why, if it fails there too
    elsewhere = LibSslInOwnProcess(path, name)
    elsewhere.engine()
    return elsewhere


@cache
def capabilities() -> Mapping[str, Capabilities]:
    """What each implementation can do, by its id, as :func:`tlsbench.scenarios.expand` takes it."""
    return _Abilities({name: member.capabilities() for name, member in implementations().items()})
