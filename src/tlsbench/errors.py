"""The errors that users can encounter.

Every error of tlsbench is a :class:`TlsbenchError`; its text is one line that says what was wrong
and what is valid, and ``exit_code`` is the exit status of the command line. Errors of the libraries
below (OpenSSL, the operating system, JSON) are translated where they enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

_MOST_LISTED = 12


class TlsbenchError(Exception):
    """The base class of all errors raised by tlsbench."""

    exit_code = 3


class RequestError(TlsbenchError):
    """The request itself was wrong: a selector, an option, a name or a file."""

    exit_code = 2


class OutputError(TlsbenchError):
    """A result could not be written; nothing half-written was left behind."""


class MeasurementError(TlsbenchError):
    """A cell could not be measured."""


class HandshakeError(MeasurementError):
    """A TLS library refused to continue: an alert, a failed verification, garbage on the wire."""


class WireError(MeasurementError):
    """Bytes on the wire were not the TLS messages that they should have been."""


class CertificateError(TlsbenchError):
    """A certificate, CRL or OCSP response that must not be relied on; the text says which rule fails."""

    exit_code = 1


class ProofError(MeasurementError):
    """What was negotiated or carried is not what the scenario requires.

    :param what: the property, such as ``"group"``.
    :param wanted: its value in the scenario.
    :param got: the value that was found.
    :param witness: what reported it: ``"wire"``, ``"client"`` or ``"server"``.
    """

    def __init__(self, what: str, *, wanted: object, got: object, witness: str) -> None:
        super().__init__(f"{what}: wanted {wanted}, got {got} (seen by the {witness})")
        self.what = what
        self.wanted = wanted
        self.got = got
        self.witness = witness


def unknown(
    kind: str, given: str, valid: Iterable[str], aliases: Mapping[str, str] = MappingProxyType({})
) -> RequestError:
    """The error for a name that does not exist, with the closest name that does.

    :param aliases: other spellings, with the valid name for each.
    """
    import difflib  # imported only for errors, to keep "tlsbench --help" fast

    names = sorted(set(valid))
    known = {alias: name for alias, name in aliases.items() if name in names}
    known |= {name.lower(): name for name in names}
    near = difflib.get_close_matches(given.lower(), known, n=1)
    if near:
        nearest = known[near[0]]
        return RequestError(f"unknown {kind} '{given}': did you mean '{nearest}'?")
    return RequestError(f"unknown {kind} '{given}': {listed(names)}")


def listed(names: Sequence[str]) -> str:
    """The valid names for a one-line error message; only the first few if there are many."""
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"valid are {', '.join(names[:_MOST_LISTED])}{more}"
