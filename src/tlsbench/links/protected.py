"""Lengths of protected records: all that an observer learns about the messages that TLS 1.3 encrypts."""

from __future__ import annotations

from collections.abc import Iterable

from tlsbench.links.ledger import Direction, Entry
from tlsbench.links.records import records_sent
from tlsbench.protocol.messages import APPLICATION_DATA


def protected_records(entries: Iterable[Entry], direction: Direction) -> list[int]:
    """The fragment lengths, in bytes, of a side's protected records up to the first one that answers them.

    In TLS 1.3 these hold a server's messages from its EncryptedExtensions to its Finished, and a client's
    from its Certificate to its Finished plus whatever it sends right after that (RFC 8446 section 4).
    Cleartext records in between are no answer: a client may send a ChangeCipherSpec at any time.

    :raises WireError: if a record ends too early.
    """
    lengths: list[int] = []
    for sender, kind, fragment in records_sent(entries):
        if kind != APPLICATION_DATA:
            continue
        if sender is direction:
            lengths.append(len(fragment))
        elif lengths:
            break
    return lengths


def protected_bytes(entries: Iterable[Entry], direction: Direction) -> int:
    """The sum of :func:`protected_records`."""
    return sum(protected_records(entries, direction))
