"""The single operations of the libcrypto that a libssl is linked with, each ready to call.

They are called as libssl itself calls them during a handshake, with contexts made and freed, so that they
cost the same here as there, except for the caches, which are warm here, and the calls from Python to C. Each
such call takes some 0.2 µs, more than some of the functions: this is measured by the same calls to a function
that does nothing, and subtracted. Results are checked against definitions, known answers and the cryptography
package.
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

#: Each module finds the maker of an operation of its family.
_FAMILIES: Final = (aeads, ciphers, digests, derivations, exchanges, signatures, sealing)


#: What is not called in any libcrypto, whatever it has.
_NOT_CALLED: Final[Mapping[str, frozenset[str]]] = {
    "a libcrypto always writes into a buffer: see encrypt and decrypt": frozenset(
        one.name for one in ALGORITHMS if one.name.endswith("_into")
    ),
    "a libcrypto computes a MAC, and leaves the comparison to its caller": frozenset(
        one.name for one in ALGORITHMS if one.subject.kind == "MAC" and one.verifies
    ),
    "only that of the cryptography package is measured": frozenset(
        one.name for one in ALGORITHMS if one.subject.kind in ("HPKE", "token", "comparison")
    ),
}


def gaps(lib: Library, engine: str) -> Iterator[Gap]:
    """What cannot be called here: in any libcrypto, or in this one, which does not have it."""
    missing = set(not_offered(lib))
    for reason, names in _NOT_CALLED.items():
        yield gap(reason, algorithm=tuple(names))
        missing -= names
    yield gap(f"{engine} does not have it", algorithm=tuple(missing))


def not_offered(lib: Library) -> tuple[str, ...]:
    """The names of the operations that cannot be called here."""
    return tuple(one.name for one in ALGORITHMS if _maker(lib, *one.name.split("/")) is None)


def primitive(lib: Library, algorithm: str, size_bytes: int) -> Operation:
    """An operation of a libcrypto; see :class:`tlsbench.implementations.operations.CallsPrimitives`.

    :raises MeasurementError: if the operation cannot be called.
    """
    subject, operation = algorithm.split("/")
    make = _maker(lib, subject, operation)
    if make is None:
        raise MeasurementError(f"{lib.path}: {algorithm} cannot be called")
    made, without_work = (make(one, subject, operation, size_bytes) for one in (lib, Hollow(lib)))
    return replace(made, around=without_work.call)


def _maker(lib: Library, subject: str, operation: str) -> _Maker | None:
    """The maker of an operation of a library; None if there is none."""
    found = (family.find(lib, subject, operation) for family in _FAMILIES)
    return next((make for make in found if make is not None), None)
