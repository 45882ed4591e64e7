"""The secrets of connections, from a key log: SSLKEYLOGFILE, RFC 9850."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from tlsbench.errors import WireError

_LINE: Final = re.compile(r"([A-Z0-9_]+) ([0-9a-fA-F]{64}) ((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class KeyLog:
    """The content of a key log: a line for each secret, with its label and its connection's client random."""

    lines: tuple[tuple[str, bytes, bytes], ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.lines)

    @classmethod
    def parse(cls, text: str) -> KeyLog:
        """Read a key log; comments and empty lines are skipped.

        :raises WireError: if a line is not in the format of a key log.
        """
        return cls(tuple(_lines(text)))

    def of(self, client_random: bytes) -> KeyLog:
        """The lines of one connection; if a label occurs twice, the newer one."""
        newest = {line[0]: line for line in self.lines if line[1] == client_random}
        return KeyLog(tuple(newest.values()))

    def newest_as(self, client_random: bytes) -> KeyLog:
        """The lines of the newest connection, under the client random seen on its wire.

        If Encrypted ClientHello was accepted, the lines have the random of the inner ClientHello (RFC 9849).
        """
        newest = self.lines[-1][1] if self.lines else b""
        return KeyLog(tuple((label, client_random, key) for label, of, key in self.lines if of == newest))

    def secrets(self) -> Mapping[str, bytes]:
        """The secrets by label, in a log of a single connection."""
        return {label: secret for label, _, secret in self.lines}

    def text(self) -> str:
        """The lines in the format of a key log file."""
        return "".join(f"{label} {random.hex()} {secret.hex()}\n" for label, random, secret in self.lines)


def _lines(text: str) -> Iterator[tuple[str, bytes, bytes]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        found = _LINE.fullmatch(words)
        if found is None:
            raise WireError(f"line {number} of the key log is not a label, a client random and a secret")
        yield found[1], bytes.fromhex(found[2]), bytes.fromhex(found[3])
