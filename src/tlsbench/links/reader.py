"""A reader for the TLS presentation language (RFC 8446 section 3): numbers and vectors in sequence."""

from __future__ import annotations

from tlsbench.errors import WireError


class Reader:
    """Takes numbers and vectors (RFC 8446 section 3) off the front of some bytes.

    ``at`` is the number of bytes taken so far.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def __bool__(self) -> bool:
        """Whether any bytes are left."""
        return self.at < len(self._data)

    def take(self, length: int) -> bytes:
        """Take the next ``length`` bytes.

        :raises WireError: if fewer are left; the other methods raise it too.
        """
        taken = self._data[self.at : self.at + length]
        if len(taken) != length:
            raise WireError("a message ends too early")
        self.at += length
        return taken

    def rest(self) -> bytes:
        """Take everything that is left."""
        return self.take(len(self._data) - self.at)

    def peek(self) -> int:
        """Return the next byte without taking it; there must be one."""
        return self._data[self.at]

    def number(self, width: int) -> int:
        """Take the next big-endian number, which is ``width`` bytes long."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """Take the next vector, which is preceded by its length in ``width`` bytes."""
        return self.take(self.number(width))
