"""Which implementations there are. Adding one is one file beside this and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from tlsbench.implementations.contract import Implementation
from tlsbench.implementations.fake import Fake
from tlsbench.implementations.mbedtls import MbedTls
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.primitives import Cryptography
from tlsbench.implementations.pyopenssl import PyOpenSsl
from tlsbench.implementations.rtls import RTLS
from tlsbench.implementations.stdlib import STDLIB
from tlsbench.implementations.tlslite import Tlslite
from tlsbench.implementations.utls import UTLS
from tlsbench.scenarios import Capabilities

#: Each member, and the package that it needs beside those that tlsbench needs anyway.
_MEMBERS: tuple[tuple[Implementation, str], ...] = (
    (STDLIB, ""),
    (PyOpenSsl(), ""),
    (UTLS, "utls"),
    (RTLS, "rtls"),
    (MbedTls(), "mbedtls"),
    (Tlslite(), "tlslite"),
    (Cryptography(), ""),
    (Fake(), ""),
)


@cache
def implementations() -> Mapping[str, Implementation]:
    """Every implementation, by its id, in the order in which tables show them."""
    return {
        member.id: member
        if not package or find_spec(package) is not None
        else Missing(member.id, member.summary, package)
        for member, package in _MEMBERS
    }


@cache
def capabilities() -> Mapping[str, Capabilities]:
    """What each implementation can do, by its id, as :func:`tlsbench.scenarios.expand` takes it."""
    return {name: member.capabilities() for name, member in implementations().items()}
