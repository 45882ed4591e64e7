"""The plan of a server: where it listens, what it presents, and how it serves many connections."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any, Final

from tlsbench.errors import RequestError, unknown
from tlsbench.protocol.http import HTTP_1, HTTP_2, HTTP_3
from tlsbench.scenarios.sizes import parse_size
from tlsbench.serving.limits import DEFAULT, Limits
from tlsbench.sockets import UNIX

#: Ways to serve many connections in one process.
MODELS: Final = ("selector", "thread", "asyncio")
_BULK = re.compile(r"bulk:(.+)")
ANSWERS: Final = ("http", "echo", "bulk:SIZE")
#: The protocols accepted with ALPN, by the value of ``--http``, the preferred one first.
PROTOCOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "auto": (HTTP_2, HTTP_1),
    "1.1": (HTTP_1,),
    "3": (HTTP_3,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """What the worker processes of a server do.

    :param scenario: the id of the scenario whose server it is.
    :param threads: threads in each process; each runs the model by itself, and they share the library's
        context.
    :param groups: the groups that it accepts, the preferred one first; only the scenario's if empty.
    :param peers: its PKI, as :meth:`tlsbench.pki.Peers.to_pem` writes it.
    :param model: one of :data:`MODELS`.
    :param answer: ``"http"`` (``/bytes/N`` has N bytes), ``"echo"``, or ``"bulk:SIZE"``: that number of bytes
        in answer to any data.
    :param http: the versions of HTTP that it speaks: one of :data:`PROTOCOLS`. ``"auto"`` is 1.1, and also 2
        if its package is installed; ``"3"`` is only HTTP/3, over QUIC.
    :param bind: an address of this machine and a port, 0 for any; or ``unix:PATH`` and 0.
    :param socket_options: values by the names of :data:`tlsbench.sockets.OPTIONS`.
    :param limits: how long clients may take.
    :param key_log: a file for the secrets of its connections, if the library exports them; ``""`` for none.
    :param ticket_keys: the keys that seal its tickets, in hexadecimal; ``""`` for each process's own.
    :param captured: the maximum number of connections to capture, with their secrets if available.
    :param backlog: connections that may wait to be accepted, as in listen(2).
    """

    scenario: str
    peers: Mapping[str, str]
    bind: tuple[str, int] = ("127.0.0.1", 0)
    processes: int = 1
    threads: int = 1
    model: str = "selector"
    answer: str = "http"
    http: str = "auto"
    groups: tuple[str, ...] = ()
    limits: Limits = DEFAULT
    key_log: str = ""
    ticket_keys: str = ""
    captured: int = 0
    backlog: int = 4096
    socket_options: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def is_unix(self) -> bool:
        """Whether it listens on a Unix domain socket."""
        return self.bind[0].startswith(UNIX)

    @property
    def kind(self) -> int:
        """The type of its socket, as in socket(2)."""
        return socket.SOCK_DGRAM if self.http == "3" else socket.SOCK_STREAM

    @property
    def place(self) -> str:
        """Where it listens, as text."""
        host, port = self.bind
        return host if self.is_unix else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def check(self) -> None:
        """Check that such a server is possible.

        :raises RequestError: if it is not.
        """
        if self.model not in MODELS:
            raise unknown("model", self.model, MODELS)
        if self.answer not in ANSWERS[:2]:
            match = _BULK.fullmatch(self.answer)
            if match is None:
                raise unknown("answer", self.answer, ANSWERS)
            parse_size(match[1])
        self._check_http()
        if not 0 <= self.bind[1] <= 65535:
            raise RequestError(f"port {self.bind[1]} is not valid: it must be from 0 to 65535")
        for option, count, what in (
            ("processes", self.processes, "process"),
            ("threads", self.threads, "thread"),
        ):
            if not 1 <= count <= 256:
                raise RequestError(f"--{option} {count}: it must be from 1 to 256")
            if self.is_unix and count > 1:
                raise RequestError(f"a socket in the file system has one {what}: give --{option} 1")
        if self.is_unix:
            return
        try:
            ipaddress.ip_address(self.bind[0])
        except ValueError:
            raise RequestError(
                f"--bind {self.bind[0]}: it must be an address of this machine, or unix:PATH"
            ) from None

    def _check_http(self) -> None:
        if self.http not in PROTOCOLS:
            raise unknown("HTTP version", self.http, PROTOCOLS)
        if self.http != "3":
            return
        if find_spec("aioquic") is None:
            raise RequestError(
                "--http 3 needs aioquic: pip install aioquic, or '.[quic]' in a clone of tlsbench"
            )
        if self.answer != "http":
            raise RequestError(f"--http 3 answers only HTTP: --answer {self.answer} is not HTTP")
        if self.captured:
            raise RequestError("--http 3: connections over QUIC are not captured: 'tlsbench trace' does that")
        if self.is_unix:
            raise RequestError("--http 3 runs over UDP, which unix:PATH is not: give an address")

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols accepted with ALPN; none if it does not answer HTTP."""
        if self.answer != "http":
            return ()
        has_http_2 = find_spec("h2") is not None
        return tuple(one for one in PROTOCOLS[self.http] if one != HTTP_2 or has_http_2)

    @property
    def bulk_bytes(self) -> int:
        """The size of a bulk answer."""
        match = _BULK.fullmatch(self.answer)
        return parse_size(match[1]) if match else 0

    def to_json(self) -> str:
        """One line for :meth:`from_json`. It contains the private keys."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ServerPlan:
        """The plan from a line that :meth:`to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        host, port = fields.pop("bind")
        limits, groups = Limits(**fields.pop("limits")), tuple(fields.pop("groups"))
        return cls(bind=(host, port), limits=limits, groups=groups, **fields)
