"""Which implementations there are. Adding one is one file beside this and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec

from tlsbench.implementations import libssl_bindings
from tlsbench.implementations.contract import Implementation
from tlsbench.implementations.fake import Fake
from tlsbench.implementations.libssl import LibSsl
from tlsbench.implementations.mbedtls import MbedTls
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.primitives import Cryptography
from tlsbench.implementations.pyopenssl import PyOpenSsl
from tlsbench.implementations.rtls import RTLS
from tlsbench.implementations.stdlib import STDLIB
from tlsbench.implementations.tlslite import Tlslite
from tlsbench.implementations.utls import UTLS
from tlsbench.scenarios import Capabilities

#: Each member that a package brings, with that package's module and its name.
_OPTIONAL: tuple[tuple[Implementation, str, str], ...] = (
    (UTLS, "utls", "utls"),
    (RTLS, "rtls", "rtls"),
    (MbedTls(), "mbedtls", "python-mbedtls"),
    (Tlslite(), "tlslite", "tlslite-ng"),
)


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
    return {member.id: member for member in members}


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
def capabilities() -> Mapping[str, Capabilities]:
    """What each implementation can do, by its id, as :func:`tlsbench.scenarios.expand` takes it."""
    return {name: member.capabilities() for name, member in implementations().items()}
