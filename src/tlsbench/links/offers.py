"""What a client offers in the extensions of its ClientHello."""

from __future__ import annotations

from tlsbench.links.reader import Reader


def compressions_in(extension: bytes | None) -> tuple[int, ...]:
    """The algorithms in a compress_certificate extension (RFC 8879 section 3)."""
    if extension is None:
        return ()
    algorithms = Reader(Reader(extension).vector(1))
    found = []
    while algorithms:
        found.append(algorithms.number(2))
    return tuple(found)


def host_in(extension: bytes | None) -> str:
    """The first name in a server_name extension (RFC 6066 section 3), as text for reports."""
    if not extension:
        return ""
    names = Reader(Reader(extension).vector(2))
    names.number(1)  # the name type; only host_name is defined
    return names.vector(2).decode("ascii", "backslashreplace")
