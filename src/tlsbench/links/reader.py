"""A reader of TLS presentation language (RFC 8446 section 3): numbers and vectors, one after another."""

from __future__ import annotations

from tlsbench.errors import WireError


class Reader:
    """Takes numbers and vectors (RFC 8446 section 3) off the front of some bytes.

    ``at`` is how many bytes were taken.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def __bool__(self) -> bool:
        """Whether something is left."""
        return self.at < len(self._data)

    def take(self, length: int) -> bytes:
        """The next bytes.

        :raises WireError: if there are fewer, as in the other methods.
        """
        taken = self._data[self.at : self.at + length]
        if len(taken) != length:
            raise WireError("a message ends too early")
        self.at += length
        return taken

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self.at)

    def peek(self) -> int:
        """The next byte, which stays; something must be left."""
        return self._data[self.at]

    def number(self, width: int) -> int:
        """The next number, big-endian, of this many bytes."""
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> bytes:
        """The next vector, behind its length in this many bytes."""
        return self.take(self.number(width))
