"""The single operations of the libcrypto that a libssl is linked with, each ready to call.

They are called as libssl itself calls them while it shakes hands, contexts made and freed, so that what they
cost here is what they cost there, but for the caches, which are warm here, and for the way from Python to C.
That way takes some 0.2 µs for each call, more than some of the functions: it is measured by the same calls of
a function that does nothing, and taken off. Results are checked by definitions, known answers and the
cryptography package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.implementations.libssl import (
    aeads,
    ciphers,
    derivations,
    digests,
    exchanges,
    sealing,
    signatures,
)
from tlsbench.implementations.libssl.bindings import Library
from tlsbench.implementations.libssl.checks import Hollow
from tlsbench.implementations.operations import Operation
from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.algorithms import ALGORITHMS

_Maker = Callable[[Library, str, str, int], Operation]

#: Each module finds what makes an operation of its family.
_FAMILIES: Final = (aeads, ciphers, digests, derivations, exchanges, signatures, sealing)


#: What no libcrypto is called for, whatever it has.
_NOT_CALLED: Final[Mapping[str, frozenset[str]]] = {
    "a libcrypto writes into a buffer in any case: see encrypt and decrypt": frozenset(
        one.name for one in ALGORITHMS if one.name.endswith("_into")
    ),
    "a libcrypto makes a MAC, and leaves comparing it to its caller": frozenset(
        one.name for one in ALGORITHMS if one.subject.kind == "MAC" and one.verifies
    ),
    "only that of the cryptography package is measured": frozenset(
        one.name for one in ALGORITHMS if one.subject.kind in ("HPKE", "token", "comparison")
    ),
}


def gaps(lib: Library, engine: str) -> Iterator[Gap]:
    """What cannot be called here: of no libcrypto, or not of this one, which does not have it."""
    missing = set(not_offered(lib))
    for reason, names in _NOT_CALLED.items():
        yield gap(reason, algorithm=tuple(names))
        missing -= names
    yield gap(f"{engine} does not have it", algorithm=tuple(missing))


def not_offered(lib: Library) -> tuple[str, ...]:
    """The names of the operations that cannot be called here."""
    return tuple(one.name for one in ALGORITHMS if _maker(lib, *one.name.split("/")) is None)


def primitive(lib: Library, algorithm: str, size_bytes: int) -> Operation:
    """An operation of a library's libcrypto; :class:`tlsbench.implementations.operations.CallsPrimitives`.

    :raises MeasurementError: if it does not have it, or another version of it that does something else.
    """
    subject, operation = algorithm.split("/")
    make = _maker(lib, subject, operation)
    if make is None:
        raise MeasurementError(f"{lib.path}: {algorithm} cannot be called")
    made, without_work = (make(one, subject, operation, size_bytes) for one in (lib, Hollow(lib)))
    return replace(made, around=without_work.call)


def _maker(lib: Library, subject: str, operation: str) -> _Maker | None:
    """What makes an operation of a library; None if nothing does."""
    found = (family.find(lib, subject, operation) for family in _FAMILIES)
    return next((make for make in found if make is not None), None)
