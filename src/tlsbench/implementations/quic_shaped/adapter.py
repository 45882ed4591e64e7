"""QUIC libraries shaped like aioquic: a configuration, and connections given datagrams and the time.

One adapter serves them all; how a library differs from the others is data, in a file of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from tlsbench.files import temporary
from tlsbench.implementations.quic_shaped.endpoint import (
    Peer,
    QuicClientEnd,
    QuicServerEnd,
    RetryTokens,
    Serving,
    Session,
    Tickets,
)
from tlsbench.implementations.quic_shaped.http3 import Http3ClientEnd, Http3ServerEnd
from tlsbench.implementations.record_gaps import no_records
from tlsbench.pki import SERVER_NAME, Peers
from tlsbench.pki.keys import to_pem
from tlsbench.protocol.quic import ALPN
from tlsbench.scenarios import Capabilities, Gap, Scenario, ciphers, gap

#: The names that are used of such a library, and their modules.
_API: Final = {
    "QuicConfiguration": "quic.configuration",
    "QuicConnection": "quic.connection",
    "QuicPacketType": "quic.packet",
    "QuicProtocolVersion": "quic.packet",
    "pull_quic_header": "quic.packet",
    "Buffer": "quic.packet",
    "QuicRetryTokenHandler": "quic.retry",
    "SignatureAlgorithm": "tls",
    "encode_quic_retry": "quic.packet",
    "CipherSuite": "tls",
    "events": "quic",
    "H3Connection": "h3.connection",
    "h3_events": "h3",
}


@dataclass(frozen=True, kw_only=True)
class QuicShaped:
    """A library shaped like aioquic.

    :param package: its name for pip, which is also the name of its module.
    :param written_in: the cryptographic library underneath, for the engine's name.
    :param peer_of: the peer that a client's connection has verified.
    :param tokens: makes and checks Retry tokens with the library's own handler.
    :param made: called with each connection of a server before its first packet.
    :param settings: what is set in its configuration in addition to what every scenario sets.
    :param supports: what it supports in addition to what every one does.
    :param gaps: what it does not support.
    """

    id: str
    summary: str
    package: str
    written_in: Callable[[], str]
    peer_of: Callable[[Any], Peer]
    tokens: Callable[[Any], RetryTokens]
    made: Callable[[Any], None] = lambda _connection: None
    settings: Callable[[SimpleNamespace, Scenario], dict[str, Any]] = lambda _api, _scenario: {}
    supports: tuple[str, ...] = ()
    gaps: Callable[[], tuple[Gap, ...]]

    @cached_property
    def api(self) -> SimpleNamespace:
        # It logs a warning for each connection that ends with an error, which an exception reports here.
        logging.getLogger("quic").addHandler(logging.NullHandler())
        found = {}
        for name, module in _API.items():
            wanted = name.removeprefix("h3_")
            found[name] = (
                import_module(f"{self.package}.{module}.{wanted}")
                if wanted == "events"
                else getattr(import_module(f"{self.package}.{module}"), wanted)
            )
        return SimpleNamespace(**found)

    def engine(self) -> str:
        _ = self.api  # what does not load has no engine
        return f"{self.package} {version(self.package)} ({self.written_in()})"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap("it has only QUIC, and no TLS over a stream: add transport=quic", transport="tls"),
                gap("it has only QUIC, which has no KeyUpdate (RFC 9001, section 6)", workload="key_update"),
                *no_records("it has only QUIC, which has no records"),
                *self.gaps(),
            ),
            supports=(
                "transport=quic",
                "mtu",
                "address_check",
                "resumption=early-data",
                "workload=completion",
                *self.supports,
            ),
        )

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> QuicClientContext:
        settings = self._configuration(scenario, is_client=True, server_name=SERVER_NAME)
        settings.load_verify_locations(cadata=peers.root.certificate_pem)
        return QuicClientContext(
            self,
            settings,
            resumes_early=scenario.resumption == "early-data",
            end=Http3ClientEnd if scenario.workload == "request" else QuicClientEnd,
        )

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> QuicServerContext:
        settings = self._configuration(scenario, is_client=False)
        identity = peers.server
        # It takes only files, and finds a key after an empty line, not before the chain.
        with temporary(identity.chain_pem + b"\n" + to_pem(identity.private_key), ".pem") as path:
            settings.load_cert_chain(str(path))
        checks = scenario.address_check == "yes"
        return QuicServerContext(
            self,
            settings,
            Serving(
                self.api,
                settings,
                self.tokens(self.api.QuicRetryTokenHandler()) if checks else None,
                Tickets(keeps=scenario.resumption not in ("", "none")),
                self.made,
            ),
            end=Http3ServerEnd if scenario.workload == "request" else QuicServerEnd,
        )

    def _configuration(self, scenario: Scenario, **settings: Any) -> Any:
        suite = scenario.cipher.removeprefix("TLS_")
        return self.api.QuicConfiguration(
            alpn_protocols=[ALPN],
            cipher_suites=[self.api.CipherSuite[suite]],
            supported_versions=[self.api.QuicProtocolVersion.VERSION_1],
            max_datagram_size=int(scenario.mtu),
            **self.settings(self.api, scenario),
            **settings,
        )


@dataclass(frozen=True, slots=True)
class _KeyLog:
    """What such a library uses as a file: each line is written at once, and nothing stays open."""

    path: Path

    def write(self, text: str) -> None:
        with self.path.open("a", encoding="ascii") as file:
            file.write(text)

    def flush(self) -> None:
        pass


@dataclass(slots=True)
class _Context:
    """One side's configuration."""

    library: QuicShaped
    settings: Any

    def log_keys(self, path: str) -> None:
        self.settings.secrets_log_file = _KeyLog(Path(path))


@dataclass(slots=True)
class QuicClientContext(_Context):
    """Makes clients, whose sessions belong to it."""

    resumes_early: bool
    end: type[QuicClientEnd]

    def connect(self, session: object | None = None, early_data: bytes = b"") -> QuicClientEnd:
        assert session is None or isinstance(session, Session)
        settings = self.settings
        if session is not None:
            settings = copy(settings)
            settings.session_ticket = session.ticket
        return self.end(
            self.library.id,
            self.library.api,
            settings,
            session,
            early_data,
            peer_of=self.library.peer_of,
            resumes_early=self.resumes_early,
        )


@dataclass(slots=True)
class QuicServerContext(_Context):
    """Makes servers, which share the tickets that they issued and the key of their Retry tokens."""

    serving: Serving
    end: type[QuicServerEnd]

    def accept(self) -> QuicServerEnd:
        return self.end(self.library.id, self.serving)


def ciphers_but(*names: str) -> tuple[str, ...]:
    """Every cipher suite but these of TLS 1.3, which are named without ``TLS_``."""
    return tuple(suite for suite in ciphers.BY_NAME if suite.removeprefix("TLS_") not in names)
