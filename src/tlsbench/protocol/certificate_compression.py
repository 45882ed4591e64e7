"""IANA's "TLS Certificate Compression Algorithm IDs" (RFC 8879 section 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: The names by code point, as the axis ``certificate_compression`` spells them.
NAMES: Final[Mapping[int, str]] = {1: "zlib", 2: "brotli", 3: "zstd"}
CODE_POINTS: Final = {name: code_point for code_point, name in NAMES.items()}


def name_of(code_point: int) -> str:
    """The name of an algorithm; its code point in hexadecimal if it has no name here."""
    return NAMES.get(code_point, f"{code_point:#06x}")
