"""Take DER apart into its elements, and put it together (X.690 section 8.1); the input is well formed."""

from __future__ import annotations

from typing import Final

SEQUENCE: Final = 0x30
OCTET_STRING: Final = 0x04
_BIT_STRING: Final = 0x03
_LONG_FORM: Final = 0x80


def element(tag: int, content: bytes) -> bytes:
    """An element: its tag, its length and its content."""
    length = len(content)
    if length < _LONG_FORM:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, _LONG_FORM | size)) + length.to_bytes(size, "big") + content


def bit_string(content: bytes) -> bytes:
    """A BIT STRING of whole bytes."""
    return element(_BIT_STRING, b"\0" + content)


def elements(data: bytes) -> tuple[bytes, ...]:
    """The consecutive elements that some bytes consist of.

    :raises ValueError: if they do not consist of whole elements.
    """
    found = []
    while data:
        _, end = _extent(data)
        found.append(data[:end])
        data = data[end:]
    return tuple(found)


def inner(data: bytes) -> bytes:
    """The content of the single element that some bytes consist of.

    :raises ValueError: if they are not exactly one element.
    """
    start, end = _extent(data)
    if end != len(data):
        raise ValueError("there is data after the element")
    return data[start:]


def _extent(data: bytes) -> tuple[int, int]:
    """The start and the end of the first element's content."""
    if len(data) < 2:
        raise ValueError("an element has a tag and a length")
    start, length = 2, data[1]
    if length == _LONG_FORM:
        raise ValueError("an element of DER has a definite length")
    if length > _LONG_FORM:
        start += length - _LONG_FORM
        length = int.from_bytes(data[2:start], "big")
    end = start + length
    if end > len(data):
        raise ValueError("an element is longer than what holds it")
    return start, end
