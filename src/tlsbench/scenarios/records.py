"""The axes for TLS records: their size, the negotiated limit, and their padding.

Sizes are written as plain numbers of bytes, as in the RFCs; ``4KiB`` is accepted too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.scenarios.axis import row
from tlsbench.scenarios.sizes import parse_size

#: The value for a library's default.
DEFAULT: Final = "default"
NONE: Final = "none"
#: The most plaintext in a record (RFC 8446 section 5.1).
_FULL: Final = 1 << 14


def _parse(what: str, plain: str, least: int, most: int) -> Callable[[str], str]:
    def parse(word: str) -> str:
        if word.lower() == plain:
            return plain
        problem = f"'{word}' is not a valid {what}: write {plain}, or {least} to {most} bytes, such as 4096"
        try:
            size = parse_size(word)
        except RequestError:
            raise RequestError(problem) from None
        if not least <= size <= most:
            raise RequestError(problem)
        return str(size)

    return parse


_OF_DATA: Final[Mapping[str, Any]] = {"workloads": ("handshake", "bulk", "echo"), "rare": True}
PADDING: Final = row(
    meaning="pad each TLS 1.3 record, content type included, to a multiple of this many bytes (RFC 8446 "
    "section 5.4)",
    values=(NONE, "128", "512", "1024", "4096", "16384"),
    default=(NONE,),
    neutral=NONE,
    parse=_parse("padding", NONE, 2, _FULL),
    denied="it has no padding of records, or its API does not offer it",
    **_OF_DATA,
)
#: 1435 fits a segment of 1,460 bytes in TLS 1.3, and is the size that s2n-tls uses for low latency.
RECORD_SIZE: Final = row(
    meaning="maximum plaintext, in bytes, that both sides put into a record, without negotiation",
    values=(DEFAULT, "512", "1024", "1435", "4096", "8192", "16384"),
    default=(DEFAULT,),
    neutral=DEFAULT,
    parse=_parse("record size", DEFAULT, 512, _FULL),
    workloads=("handshake", "bulk", "echo", "completion"),
    rare=True,
    denied="it cuts data into records itself, and their size cannot be set",
)
MAX_FRAGMENT_LENGTH: Final = row(
    meaning="maximum plaintext of a record, in bytes, that the client requests and both sides keep to "
    "(extension max_fragment_length, RFC 6066 section 4)",
    values=(DEFAULT, "512", "1024", "2048", "4096"),
    default=(DEFAULT,),
    neutral=DEFAULT,
    denied="it does not agree on max_fragment_length, or its API does not offer it",
    **_OF_DATA,
)
RECORD_SIZE_LIMIT: Final = row(
    meaning="maximum size of a protected record, in bytes, that each side accepts, in TLS 1.3 with content "
    "type and padding (extension record_size_limit, RFC 8449)",
    values=(DEFAULT, "512", "1024", "1400", "4096", "8192"),
    default=(DEFAULT,),
    neutral=DEFAULT,
    parse=_parse("record size limit", DEFAULT, 64, _FULL + 1),
    denied="it does not agree on record_size_limit, or its API does not offer it",
    **_OF_DATA,
)
REQUEST_UPDATE: Final = row(
    meaning="whether the client's KeyUpdate asks the server to change its keys too (RFC 8446 section 4.6.3)",
    values=("update_requested", "update_not_requested"),
    default=("update_requested",),
    neutral="update_requested",
    workloads=("key_update",),
    aliases={
        **dict.fromkeys(("requested", "yes", "1"), "update_requested"),
        **dict.fromkeys(("not_requested", "not-requested", "no", "0"), "update_not_requested"),
    },
    rare=True,
    alone="{value}",
)
#: The axes that make records smaller than the protocol's maximum.
SIZE_AXES: Final = ("record_size", "max_fragment_length", "record_size_limit")
#: The axes that change records, whatever their content.
RECORD_AXES: Final = ("padding", *SIZE_AXES)


def number_of(value: str) -> int | None:
    """The number of bytes that a value of these axes means; None for a neutral or absent value."""
    return int(value) if value.isdecimal() else None


def most_plaintext(record_size: str, max_fragment_length: str, record_size_limit: str, version: str) -> int:
    """The maximum plaintext of a record in bytes with these values, without content type and padding.

    :param version: of TLS; in 1.3 the content type counts towards ``record_size_limit`` (RFC 8449 section 4).
    """
    limit = number_of(record_size_limit)
    agreed = limit - (version == "1.3") if limit is not None else None
    found = (number_of(record_size), number_of(max_fragment_length), agreed)
    return min((one for one in found if one is not None), default=_FULL)


def padding_bytes(content: int, block: int, most: int = _FULL) -> int:
    """How many bytes pad a TLS 1.3 record to a multiple of ``block``.

    A record that would exceed ``most`` is padded only up to it.

    :param content: bytes of plaintext, without the content type.
    :param most: maximum bytes of plaintext in a record, without the content type.
    """
    inner = content + 1
    return max(0, min(-inner % block, most + 1 - inner))
