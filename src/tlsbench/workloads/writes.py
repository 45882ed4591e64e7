"""How a library writes to a socket what an endpoint gives in one piece.

An endpoint's ``data_to_send`` merges writes that a program on a socket makes one by one, and TCP tells them
apart: each may end in a small segment. OpenSSL collects a flight of its handshake in a buffer of 4,096 bytes
(``ssl_init_wbio_buffer``, BIO_f_buffer(3)), and writes every record of application data and every ticket by
itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsbench.protocol.messages import RECORD_HEADER_BYTES


def records(data: bytes) -> Iterator[bytes]:
    """The TLS records in a row of whole ones."""
    at = 0
    while at < len(data):
        end = at + RECORD_HEADER_BYTES + int.from_bytes(data[at + 3 : at + RECORD_HEADER_BYTES], "big")
        yield data[at:end]
        at = end


def buffered(data: bytes, buffer_bytes: int) -> Iterator[bytes]:
    """The writes of a flight whose records go through a buffer, as BIO_f_buffer(3) of OpenSSL makes them.

    A record that does not fit fills the buffer up, which is then written; what is left of it is kept if it
    fits, and else written by itself.

    :param buffer_bytes: the buffer's size; 0 for a library that writes a flight at once.
    """
    if not buffer_bytes:
        if data:
            yield data
        return
    kept = b""
    for record in records(data):
        rest = record
        if len(kept) + len(rest) > buffer_bytes:
            if kept:
                taken = buffer_bytes - len(kept)
                yield kept + rest[:taken]
                kept, rest = b"", rest[taken:]
            if len(rest) >= buffer_bytes:
                yield rest
                rest = b""
        kept += rest
    if kept:
        yield kept
