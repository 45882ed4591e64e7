"""How a library writes to a socket what an endpoint returns in one piece.

An endpoint's ``data_to_send`` merges writes that a program makes one by one on a socket, which matters to
TCP: each may end in a small segment. OpenSSL collects a handshake flight in a buffer of 4,096 bytes
(``ssl_init_wbio_buffer``, BIO_f_buffer(3)), and writes each record of application data and each ticket
separately.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlsbench.protocol.messages import RECORD_HEADER_BYTES


def records(data: bytes) -> Iterator[bytes]:
    """Split a sequence of whole TLS records."""
    at = 0
    while at < len(data):
        end = at + RECORD_HEADER_BYTES + int.from_bytes(data[at + 3 : at + RECORD_HEADER_BYTES], "big")
        yield data[at:end]
        at = end


def buffered(data: bytes, buffer_bytes: int) -> Iterator[bytes]:
    """Split a flight into the writes that OpenSSL's BIO_f_buffer(3) makes of its records.

    A record that does not fit fills up the buffer, which is then written; the rest of the record is kept if
    it fits, and otherwise written separately.

    :param buffer_bytes: the size of the buffer; 0 for a library that writes a flight at once.
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
