"""Compressing and decompressing certificates for engines that leave this to their caller (RFC 8879).

zlib comes with Python; brotli and zstd come from the packages ``brotli`` and ``zstandard`` (the extra
``compression``). Each runs at its default level, as in engines with built-in algorithms.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

#: The packages for the algorithms that Python's standard library lacks.
PACKAGES: Final = {"brotli": "brotli", "zstd": "zstandard"}
_ALGORITHMS: Final = ("zlib", *PACKAGES)


@dataclass(frozen=True, slots=True)
class Compressor:
    """One algorithm.

    :param compress: compresses a whole message.
    :param decompress: decompresses a whole message, which must be as long as the second argument, in bytes;
        otherwise it raises an exception of any kind, before it uses much more memory than that.
    """

    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes, int], bytes]


def algorithms() -> tuple[str, ...]:
    """The algorithms available here, as the axis ``certificate_compression`` spells them."""
    return tuple(one for one in _ALGORITHMS if one not in PACKAGES or find_spec(PACKAGES[one]) is not None)


def missing() -> Iterator[tuple[str, str]]:
    """The algorithms that are not available here, each with the reason."""
    for algorithm, package in PACKAGES.items():
        if find_spec(package) is None:
            yield algorithm, f"the package {package} is missing: pip install {package}"


@cache
def compressor(algorithm: str) -> Compressor:
    """The compressor for one of :func:`algorithms`."""
    return {"zlib": _zlib, "brotli": _brotli, "zstd": _zstd}[algorithm]()


def _zlib() -> Compressor:
    def decompress(data: bytes, length: int) -> bytes:
        reader = zlib.decompressobj()
        return _whole(reader.decompress(data, length + 1), length)

    return Compressor(zlib.compress, decompress)


def _brotli() -> Compressor:
    brotli = import_module("brotli")

    def decompress(data: bytes, length: int) -> bytes:
        return _whole(brotli.Decompressor().process(data, output_buffer_limit=length + 1), length)

    return Compressor(brotli.compress, decompress)


def _zstd() -> Compressor:
    zstandard = import_module("zstandard")

    def decompress(data: bytes, length: int) -> bytes:
        if zstandard.frame_content_size(data) > length:  # -1 if the frame does not state it
            raise ValueError(f"the message is longer than its length of {length} bytes says")
        return _whole(zstandard.ZstdDecompressor().decompress(data, max_output_size=length), length)

    return Compressor(lambda message: bytes(zstandard.ZstdCompressor().compress(message)), decompress)


def _whole(message: bytes, length: int) -> bytes:
    if len(message) != length:
        raise ValueError(f"the message has {len(message)} bytes, and its length says {length}")
    return message
