"""Byte counts as usually written: ``16384``, ``16KiB``, ``1 MiB`` (IEC 80000-13)."""

from __future__ import annotations

import re

from tlsbench.errors import RequestError

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "k": 1 << 10, "m": 1 << 20}
_FORM = re.compile(r"([0-9]{1,9})\s*([a-z]*)")
_LARGEST_BYTES = 16 << 20
#: The values of ``size=*``; every other size up to the largest is accepted as well.
USUAL_SIZES = ("16B", "64B", "256B", "1KiB", "4KiB", "16KiB", "64KiB", "256KiB", "1MiB")


def parse_size(text: str) -> int:
    """Bytes from ``512``, ``512B``, ``16KiB`` (or ``16k``), ``1MiB`` (or ``1m``).

    :raises RequestError: if the text is not a size between 1 B and 16 MiB.
    """
    match = _FORM.fullmatch(text.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise RequestError(f"'{text}' is not a valid size: write bytes or a unit, such as 512, 16KiB or 1MiB")
    size_bytes = int(match[1]) * _UNITS[match[2]]
    if not 1 <= size_bytes <= _LARGEST_BYTES:
        raise RequestError(f"size {text} is out of range: valid is 1B to {format_size(_LARGEST_BYTES)}")
    return size_bytes


def format_size(size_bytes: int) -> str:
    """The shortest exact spelling: ``16KiB`` for 16384, ``1000B`` for 1000."""
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size_bytes >= factor and size_bytes % factor == 0:
            return f"{size_bytes // factor}{unit}"
    return f"{size_bytes}B"
