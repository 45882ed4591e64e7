"""The formats of captures, for Wireshark and tshark: pcapng with secrets, or pcap.

They follow draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap, with times in nanoseconds and raw IP packets.
A file is a beginning, followed by blocks one after another: it is complete after each of them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from tlsbench.decryption.keylog import KeyLog
from tlsbench.tracing.packets import Packet

_LINKTYPE_RAW: Final = 101
_SNAP_BYTES: Final = 1 << 18
_PCAP_MAGIC_NS: Final = 0xA1B23C4D
_SECTION, _INTERFACE, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 6, 10
_BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = (1 << 64) - 1
_TLS_KEY_LOG: Final = 0x544C534B
_OPTION_COMMENT, _OPTION_RESOLUTION = 1, 9
_NANOSECONDS: Final = 9


class Format(Protocol):
    """The format of a capture."""

    def beginning(self, comment: str) -> bytes:
        """The beginning of a file.

        :param comment: the file's comment, if the format has room for one.
        """

    def secrets(self, key_log: KeyLog) -> bytes:
        """The secrets of the packets that follow; ``b""`` if the format has no room for them."""

    def packet(self, packet: Packet) -> bytes:
        """A packet."""


class Pcapng:
    """pcapng: the secrets are in Decryption Secrets Blocks before the packets that need them."""

    def beginning(self, comment: str) -> bytes:
        section = struct.pack("<IHHQ", _BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH)
        interface = struct.pack("<HHI", _LINKTYPE_RAW, 0, _SNAP_BYTES)
        return _block(_SECTION, section + _options(_OPTION_COMMENT, comment.encode("utf-8"))) + _block(
            _INTERFACE, interface + _options(_OPTION_RESOLUTION, bytes([_NANOSECONDS]))
        )

    def secrets(self, key_log: KeyLog) -> bytes:
        if not key_log:
            return b""
        secrets = key_log.text().encode("ascii")
        return _block(_SECRETS, struct.pack("<II", _TLS_KEY_LOG, len(secrets)) + _padded(secrets))

    def packet(self, packet: Packet) -> bytes:
        length = len(packet.data)
        high, low = divmod(packet.at_ns, 1 << 32)
        head = struct.pack("<IIIII", 0, high, low, length, length)
        return _block(_PACKET, head + _padded(packet.data))


class Pcap:
    """pcap, which contains no secrets: a separate key log does."""

    def beginning(self, comment: str) -> bytes:  # noqa: ARG002 - there is no room for it
        return struct.pack("<IHHiIII", _PCAP_MAGIC_NS, 2, 4, 0, 0, _SNAP_BYTES, _LINKTYPE_RAW)

    def secrets(self, key_log: KeyLog) -> bytes:  # noqa: ARG002
        return b""

    def packet(self, packet: Packet) -> bytes:
        seconds, ns = divmod(packet.at_ns, 10**9)
        return struct.pack("<IIII", seconds, ns, len(packet.data), len(packet.data)) + packet.data


PCAPNG: Final[Format] = Pcapng()
PCAP: Final[Format] = Pcap()
#: The suffix of pcap files.
_PCAP_SUFFIX: Final = ".pcap"


def format_of(path: Path) -> Format:
    """The format of a file by its name: pcap if it ends with ``.pcap``, otherwise pcapng."""
    return PCAP if path.suffix == _PCAP_SUFFIX else PCAPNG


def key_log_beside(path: Path) -> Path | None:
    """Where the secrets of a capture go if its format has no room for them; None if they are in it."""
    return path.with_suffix(".keylog") if path.suffix == _PCAP_SUFFIX else None


def whole(form: Format, packets: Sequence[Packet], key_log: KeyLog, comment: str) -> bytes:
    """A complete file: its beginning, the secrets, the packets."""
    return b"".join((form.beginning(comment), form.secrets(key_log), *map(form.packet, packets)))


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _options(code: int, value: bytes) -> bytes:
    """One option, and the end of options."""
    return struct.pack("<HH", code, len(value)) + _padded(value) + bytes(4)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
