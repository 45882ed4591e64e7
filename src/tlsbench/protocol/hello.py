"""What a ClientHello says about its sender, as far as it is read outside the proofs."""

from __future__ import annotations

#: After the headers of record and message, legacy_version and random (RFC 8446 sections 4 and 5.1).
_SESSION_ID_AT = 5 + 4 + 2 + 32


def offered_suites(flight: bytes) -> tuple[int, ...]:
    """The code points of the cipher suites in a client's first flight, in order.

    :param flight: begins with a record that contains the ClientHello at least up to its suites.
    """
    at = _SESSION_ID_AT + 1 + flight[_SESSION_ID_AT]
    length = int.from_bytes(flight[at : at + 2], "big")
    return tuple(
        int.from_bytes(flight[place : place + 2], "big") for place in range(at + 2, at + 2 + length, 2)
    )
