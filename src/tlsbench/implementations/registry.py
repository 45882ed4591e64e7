"""Which implementations there are. Adding one is one file beside this and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tlsbench.implementations.contract import Implementation
from tlsbench.implementations.fake import Fake
from tlsbench.implementations.primitives import Cryptography
from tlsbench.implementations.pyopenssl import PyOpenSsl
from tlsbench.implementations.stdlib import StdlibSsl
from tlsbench.scenarios import Capabilities


@cache
def implementations() -> Mapping[str, Implementation]:
    """Every implementation, by its id, in the order in which tables show them."""
    members: tuple[Implementation, ...] = (StdlibSsl(), PyOpenSsl(), Cryptography(), Fake())
    return {member.id: member for member in members}


@cache
def capabilities() -> Mapping[str, Capabilities]:
    """What each implementation can do, by its id, as :func:`tlsbench.scenarios.expand` takes it."""
    return {name: member.capabilities() for name, member in implementations().items()}
