"""The server that a load connects to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from tlsbench.errors import RequestError
from tlsbench.loading.names import host_name
from tlsbench.sockets import UNIX

_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Target:
    """The server to connect to: a host and a port, or a socket in the file system (``unix:PATH``, port 0)."""

    host: str
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Target:
        """The target named by ``HOST:PORT``, ``[IPv6]:PORT`` or ``unix:PATH``.

        :raises RequestError: if it names none.
        """
        if text.startswith(UNIX) and text != UNIX:
            return cls(text)
        match = _PORT.fullmatch(text)
        if match is None or not 0 < int(match["port"]) < 65536:
            raise RequestError(
                f"'{text}' is not a target: write HOST:PORT, such as 127.0.0.1:8443, or unix:PATH"
            )
        return cls(host_name(match["v6"] or match["host"]), int(match["port"]))

    @property
    def is_unix(self) -> bool:
        """Whether it is a socket in the file system."""
        return self.host.startswith(UNIX)

    @property
    def name(self) -> str:
        """The host name that a client uses; ``localhost`` for a socket in the file system."""
        return "localhost" if self.is_unix else self.host

    @property
    def is_loopback(self) -> bool:
        """Whether it is certain to be this machine, judged from the text alone, without name resolution."""
        if self.is_unix or self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        if self.is_unix:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
