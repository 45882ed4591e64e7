"""HTTP/2 frames (RFC 9113 section 4.1): their header, types and flags, and those that a client sends."""

from __future__ import annotations

import struct
from typing import Final

HEADER_BYTES: Final = 9
#: The length and the type together, the flags, and the stream, whose highest bit is reserved.
HEADER: Final = struct.Struct(">IBI")
STREAM_MASK: Final = 0x7FFF_FFFF
#: The largest payload that a server may send to a peer that allows no larger one (SETTINGS_MAX_FRAME_SIZE).
MOST_PAYLOAD_BYTES: Final = 16384

DATA: Final = 0x0
HEADERS: Final = 0x1
RST_STREAM: Final = 0x3
SETTINGS: Final = 0x4
PUSH_PROMISE: Final = 0x5
PING: Final = 0x6
GOAWAY: Final = 0x7
WINDOW_UPDATE: Final = 0x8
CONTINUATION: Final = 0x9

ACK: Final = 0x1
END_STREAM: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITY: Final = 0x20

SETTINGS_HEADER_TABLE_SIZE: Final = 0x1
SETTINGS_ENABLE_PUSH: Final = 0x2
SETTINGS_MAX_CONCURRENT_STREAMS: Final = 0x3
SETTINGS_INITIAL_WINDOW_SIZE: Final = 0x4
SETTING: Final = struct.Struct(">HI")

#: The initial flow-control window (section 6.9.2), and the largest one.
FIRST_WINDOW_BYTES: Final = 65_535
LARGEST_WINDOW_BYTES: Final = (1 << 31) - 1


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame as it is on the wire."""
    return HEADER.pack(len(payload) << 8 | kind, flags, stream) + payload


def window_update(stream: int, more_bytes: int) -> bytes:
    """A frame that lets the peer send this many more bytes on a stream, or in total with stream 0."""
    return frame(WINDOW_UPDATE, 0, stream, more_bytes.to_bytes(4, "big"))
