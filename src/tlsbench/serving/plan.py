"""What a server is: where it listens, what it shows, and how it serves many connections."""

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

#: Ways to serve many connections in a process.
MODELS: Final = ("selector", "thread", "asyncio")
_BULK = re.compile(r"bulk:(.+)")
ANSWERS: Final = ("http", "echo", "bulk:SIZE")
#: By the values of ``--http``, the protocols that are taken by ALPN, the preferred one first.
PROTOCOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "auto": (HTTP_2, HTTP_1),
    "1.1": (HTTP_1,),
    "3": (HTTP_3,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPlan:
    """What the worker processes of a server do.

    :param scenario: the id of the scenario whose server it is.
    :param threads: of each process, each of which serves by the model on its own; they share the library's
        context.
    :param groups: the groups that it takes, the preferred one first; that of the scenario alone if empty.
    :param peers: its PKI, as :meth:`tlsbench.pki.Peers.to_pem` writes it.
    :param model: one of :data:`MODELS`.
    :param answer: ``"http"`` (HTTP/1.1; ``/bytes/N`` has N bytes), ``"echo"``, or ``"bulk:SIZE"``: that
        number of bytes for whatever is sent.
    :param http: what HTTP is answered: one of :data:`PROTOCOLS`. ``"auto"`` is 1.1, and 2 where its package
        is installed; ``"3"`` is over QUIC, and nothing else then.
    :param bind: an address of this machine and a port, 0 for any; or ``unix:PATH`` and 0.
    :param socket_options: by the names of :data:`tlsbench.sockets.OPTIONS`.
    :param limits: how long clients may take.
    :param key_log: a file for the secrets of its connections, where the library gives them; ``""`` for none.
    :param ticket_keys: by which it seals its tickets, in hexadecimal; ``""`` for those of each process's own.
    :param captured: how many connections are captured at most, with their secrets where there are some.
    :param backlog: connections that wait to be accepted, as in listen(2).
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
        """Whether it listens in the file system."""
        return self.bind[0].startswith(UNIX)

    @property
    def kind(self) -> int:
        """How its socket is made: a type of socket(2)."""
        return socket.SOCK_DGRAM if self.http == "3" else socket.SOCK_STREAM

    @property
    def place(self) -> str:
        """Where it listens, in words."""
        host, port = self.bind
        return host if self.is_unix else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def check(self) -> None:
        """Check that this is a server that can be.

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
            raise RequestError(f"--http 3 answers HTTP, and --answer {self.answer} is none")
        if self.captured:
            raise RequestError("--http 3: connections over QUIC are not captured")
        if self.is_unix:
            raise RequestError("--http 3 runs over UDP, which unix:PATH is not: give an address")

    @property
    def protocols(self) -> tuple[str, ...]:
        """What is taken by ALPN; nothing, where no HTTP is answered."""
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
        """One line that :meth:`from_json` reads. The private keys are in it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ServerPlan:
        """The plan in a line."""
        fields: dict[str, Any] = json.loads(text)
        host, port = fields.pop("bind")
        limits, groups = Limits(**fields.pop("limits")), tuple(fields.pop("groups"))
        return cls(bind=(host, port), limits=limits, groups=groups, **fields)
