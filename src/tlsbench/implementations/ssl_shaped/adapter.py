"""TLS libraries shaped like Python's ssl module: contexts, memory BIOs, SSLObject.

One adapter serves them all; how a library differs from the others is data, in a file of its own.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

from tlsbench import files
from tlsbench.errors import HandshakeError
from tlsbench.implementations.contract import Negotiated
from tlsbench.implementations.gaps import one_ticket_when_resumed
from tlsbench.implementations.offers import by_openssl_name, not_offered
from tlsbench.implementations.openssl_names import (
    cipher_from_openssl,
    dh_parameters,
    group_list,
    is_of_dhe,
    version_from_openssl,
)
from tlsbench.implementations.pairs import FIXED_SUITES, fixed_suites
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.implementations.record_gaps import answers_key_updates, no_records
from tlsbench.implementations.security_levels import needs_level_0
from tlsbench.pki import SERVER_NAME, Peers, certificates_pem
from tlsbench.pki.ech import ech_key
from tlsbench.pki.trust import trust_file
from tlsbench.scenarios import Capabilities, Gap, Scenario, ciphers, gap, groups
from tlsbench.scenarios.chains import ANCHORED, is_suppressed
from tlsbench.scenarios.ciphers import BEFORE_13
from tlsbench.scenarios.groups import NO_GROUP

_VERSIONS: Mapping[str, str] = {"1.0": "TLSv1", "1.1": "TLSv1_1", "1.2": "TLSv1_2", "1.3": "TLSv1_3"}
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class SslShaped:
    """A library shaped like Python's ssl module.

    :param module_name: the module to import, when it is needed and not before.
    :param engine_of: the engine's name and version, from the module.
    :param curves: the name of each group in its ``set_ecdh_curve``; empty if no group can be set.
    :param every_cipher: the cipher string for every suite that it has; empty if its list is then not what it
        has, so that the suites are tried one by one.
    :param level_0: the ending of a cipher string for suites that need OpenSSL's security level 0.
    :param takes_curve_list: whether ``set_ecdh_curve`` takes several groups, separated by colons.
    :param writes_whole: whether one write takes all the data that it is given.
    :param tells_path: whether its ``get_verified_chain`` shows how far it verified.
    :param sets_tickets: whether its contexts have ``num_tickets``.
    :param joins_tickets: as in :class:`~tlsbench.implementations.JoinsTickets`.
    :param handshake_buffer_bytes: as in :class:`~tlsbench.implementations.SocketWriter`; 0 if not known.
    :param libcrypto: as in :class:`~tlsbench.scenarios.Capabilities`.
    :param processor_of: as in :class:`~tlsbench.implementations.processor.TellsProcessor`, from the module.
    :param ech: the values of the axis ``ech`` that its client has.
    :param tells_ech: whether a client's Encrypted ClientHello was accepted, from its SSLObject.
    :param supports: what it supports in addition to what every one does, from the module.
    :param old_versions: those of TLS 1.0 and 1.1 that it has, from the module.
    :param gaps: what it does not support, apart from what follows from the above.
    """

    id: str
    summary: str
    module_name: str
    engine_of: Callable[[ModuleType], str]
    curves: Mapping[str, str]
    every_cipher: str = ""
    level_0: str = ""
    takes_curve_list: bool = False
    writes_whole: bool = True
    tells_path: bool = False
    sets_tickets: bool = False
    joins_tickets: bool = False
    handshake_buffer_bytes: int = 0
    libcrypto: str = ""
    processor_of: Callable[[ModuleType], str | None] = lambda _module: None
    ech: tuple[str, ...] = ()
    tells_ech: Callable[[Any], bool | None] = lambda _tls: None
    supports: Callable[[ModuleType], tuple[str, ...]] = lambda _module: ()
    old_versions: Callable[[ModuleType], tuple[str, ...]] = lambda _module: ()
    gaps: Callable[[ModuleType], tuple[Gap, ...]]

    @cached_property
    def module(self) -> Any:
        return import_module(self.module_name)

    def engine(self) -> str:
        return self.engine_of(self.module)

    def processor(self) -> str | None:
        return self.processor_of(self.module)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                *((one_ticket_when_resumed(self.id),) if self.sets_tickets else ()),
                *cpu_gaps(tells=self.processor() is not None),
                not_offered(self.engine(), self.offered_ciphers(), versions=BEFORE_13),
                *self.gaps(self.module),
                *fixed_suites(self.id, self.id),
                answers_key_updates(self.id),
                *no_records(f"the API of {self.module_name} cannot set the size and padding of records"),
                gap("its server has no Encrypted ClientHello", server=self.id, ech="on"),
            ),
            supports=(
                *("trust", "cpu", "hello_retry", "workload=scaling", "workload=key_update"),
                *self.supports(self.module),
                *(f"version={version}" for version in self.old_versions(self.module)),
                *(("tickets",) if self.sets_tickets else ()),
                *(("workload=completion",) if self.handshake_buffer_bytes else ()),
                *(f"ech={value}" for value in self.ech),
            ),
            libcrypto=self.libcrypto,
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        context = self.module.SSLContext(self.module.PROTOCOL_TLS_CLIENT)
        if self.every_cipher:
            context.set_ciphers(self.every_cipher)
            return by_openssl_name([suite["name"] for suite in context.get_ciphers()])
        return {
            suite.code_point: suite.openssl
            for suite in ciphers.CIPHER_SUITES
            if (suite.name in FIXED_SUITES if suite.version == "1.3" else self._takes(context, suite.openssl))
        }

    @staticmethod
    def _takes(context: Any, cipher: str) -> bool:
        try:
            context.set_ciphers(cipher)
        except ssl.SSLError:
            return False
        return True

    def client_context(self, scenario: Scenario, peers: Peers) -> SslShapedContext:
        context = self.module.SSLContext(self.module.PROTOCOL_TLS_CLIENT)
        self._configure(context, scenario)
        if scenario.trust in ("", "memory"):
            context.load_verify_locations(cadata=certificates_pem(peers.store).decode("ascii"))
        else:
            context.load_verify_locations(str(trust_file(peers.store)))
        if hasattr(self.module, "VERIFY_X509_PARTIAL_CHAIN"):
            # Without it a chain ends at a root. Python has set it by default since 3.13.
            if scenario.chain_sent == ANCHORED:
                context.verify_flags |= self.module.VERIFY_X509_PARTIAL_CHAIN
            elif is_suppressed(scenario):
                context.verify_flags &= ~self.module.VERIFY_X509_PARTIAL_CHAIN
        if scenario.client_auth == "required":
            with peers.client.pem_file() as path:
                context.load_cert_chain(path)
        if scenario.ech == "on":
            context = context.set_ech_configs(ech_key().config_list)
        return SslShapedContext(self, context)

    def server_context(self, scenario: Scenario, peers: Peers) -> SslShapedContext:
        context = self.module.SSLContext(self.module.PROTOCOL_TLS_SERVER)
        self._configure(context, scenario)
        if scenario.client_auth == "required":
            context.load_verify_locations(cadata=peers.root.certificate_pem.decode("ascii"))
            context.verify_mode = self.module.CERT_REQUIRED
        if scenario.tickets not in ("", "default"):
            context.num_tickets = int(scenario.tickets)
        if hasattr(context, "set_session_id_context"):
            context.set_session_id_context(b"tlsbench")
        if is_of_dhe(scenario):
            with files.temporary(dh_parameters(scenario.group), ".pem") as path:
                context.load_dh_params(str(path))
        with peers.server.pem_file() as path:
            context.load_cert_chain(path)
        return SslShapedContext(self, context)

    def _configure(self, context: Any, scenario: Scenario) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # of TLS 1.0 and 1.1, which the scenario names
            context.minimum_version = context.maximum_version = self.module.TLSVersion[
                _VERSIONS[scenario.version]
            ]
        if (
            self.curves
            and (self.takes_curve_list or ":" not in scenario.group)
            and (wanted := self._curves(scenario))
        ):
            context.set_ecdh_curve(":".join(self.curves[group] for group in wanted))
        if scenario.version != "1.3":
            level = self.level_0 if needs_level_0(scenario) else ""
            context.set_ciphers(ciphers.BY_NAME[scenario.cipher].openssl + level)
        if scenario.resumption == "session-id":
            context.options |= self.module.OP_NO_TICKET

    def _curves(self, scenario: Scenario) -> list[str]:
        """The groups to set: none if it agrees on a prime, or on no group."""
        if is_of_dhe(scenario) or scenario.group == NO_GROUP:
            return []
        return group_list(scenario).split(":") if self.takes_curve_list else [scenario.group]


def groups_but(names: Mapping[str, str] | tuple[str, ...]) -> tuple[str, ...]:
    """Every group but these."""
    return tuple(name for name in groups.BY_NAME if name not in names)


class SslShapedContext:
    """One side's SSLContext."""

    def __init__(self, library: SslShaped, context: Any) -> None:
        self._library = library
        self._context = context
        self._bio = library.module.MemoryBIO

    def connect(self, session: object | None = None, early_data: bytes = b"") -> SslShapedEndpoint:
        assert not early_data, "a capability says that there is none"
        incoming, outgoing = self._bio(), self._bio()
        resumed = {} if session is None else {"session": session}
        tls = self._context.wrap_bio(incoming, outgoing, server_hostname=SERVER_NAME, **resumed)
        return SslShapedEndpoint(self._library, tls, incoming, outgoing, is_server=False)

    def log_keys(self, path: str) -> None:
        self._context.keylog_filename = path

    def select_protocols(self, protocols: Sequence[str]) -> None:
        self._context.set_alpn_protocols(list(protocols))

    def accept(self) -> SslShapedEndpoint:
        incoming, outgoing = self._bio(), self._bio()
        tls = self._context.wrap_bio(incoming, outgoing, server_side=True)
        return SslShapedEndpoint(self._library, tls, incoming, outgoing, is_server=True)


class SslShapedEndpoint:
    """An SSLObject between two memory BIOs."""

    __slots__ = (
        "_incoming",
        "_is_server",
        "_library",
        "_outgoing",
        "_tls",
        "_want_read",
        "data_to_send",
        "receive_data",
        "write",
    )

    def __init__(
        self,
        library: SslShaped,
        tls: Any,
        incoming: Any,
        outgoing: Any,
        *,
        is_server: bool,
    ) -> None:
        self._library = library
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self._is_server = is_server
        self._want_read = library.module.SSLWantReadError
        # Bound once: a wrapper would add its own call to the library's time.
        self.data_to_send = outgoing.read
        self.receive_data = incoming.write
        self.write = tls.write if library.writes_whole else self._write_in_parts

    def handshake(self) -> bool:
        try:
            self._tls.do_handshake()
        except self._want_read:
            return False
        except ssl.SSLError as error:
            raise self._translated(error) from error
        return True

    def _write_in_parts(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest) :]

    def read(self) -> bytes:
        chunks = []
        try:
            while chunk := self._tls.read(_CHUNK_BYTES):
                chunks.append(chunk)
        except self._want_read:
            pass
        except ssl.SSLZeroReturnError:
            pass  # close_notify: there is no more
        except ssl.SSLError as error:
            raise self._translated(error) from error
        return b"".join(chunks)

    def negotiated(self) -> Negotiated:
        cipher = self._tls.cipher()
        certificate = self._tls.getpeercert(binary_form=True) or b""
        context = self._tls.context
        verifies = context.verify_mode == self._library.module.CERT_REQUIRED
        checks_name = self._is_server or context.check_hostname
        return Negotiated(
            version=version_from_openssl(self._tls.version()),
            cipher=cipher_from_openssl(cipher[0] if cipher else None),
            group=None,
            resumed=bool(self._tls.session_reused),
            peer_certificate=certificate,
            # With CERT_REQUIRED a handshake whose verification fails does not complete.
            peer_verified=bool(certificate) and verifies and checks_name,
            ech_accepted=None if self._is_server else self._library.tells_ech(self._tls),
            peer_chain_length=self._chain_length("get_unverified_chain"),
            verified_length=self._chain_length("get_verified_chain") if self._library.tells_path else None,
        )

    def _chain_length(self, getter: str) -> int | None:
        # Public in the ssl module since Python 3.13; before, in the object below the SSLObject.
        tls = self._tls if hasattr(self._tls, getter) else getattr(self._tls, "_sslobj", None)
        chain = getattr(tls, getter, lambda: None)()
        return len(chain) if chain else None

    def session(self) -> object | None:
        session: object | None = self._tls.session
        return session

    def close(self) -> None:
        with suppress(ssl.SSLError, OSError):  # close_notify is sent, which keeps the session; nobody answers
            self._tls.unwrap()

    def _translated(self, error: ssl.SSLError) -> HandshakeError:
        detail = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
        return HandshakeError(f"{self._library.id}: {detail}")
