"""``libssl`` and ``libssl:PATH``: a libssl without Python's ssl module or pyOpenSSL on top of it.

Several can be loaded in one process as long as the dynamic linker can distinguish their libcryptos; see
:attr:`~tlsbench.implementations.libssl.bindings.Library.is_whole`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Final, TypeVar

from tlsbench.errors import HandshakeError
from tlsbench.implementations.gaps import (
    SYSTEM_LIBCRYPTO,
    kernel_tls_gap,
    keys_of_two_kinds,
    no_ed25519_in_dtls,
    one_ticket_when_resumed,
)
from tlsbench.implementations.libssl import aeads, primitives, records, suites
from tlsbench.implementations.libssl import bindings as native
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.implementations.libssl.certificate_keys import key_gaps, keys_supported
from tlsbench.implementations.libssl.chains import chain_gaps, chains_supported, trust_anchors
from tlsbench.implementations.libssl.compression import (
    compress_certificates,
    compression_gaps,
    compression_supported,
)
from tlsbench.implementations.libssl.context import LibSslContext, LibSslSide
from tlsbench.implementations.libssl.credentials import Part, credential_gaps, parts_of
from tlsbench.implementations.libssl.credentials import supported as credentials_supported
from tlsbench.implementations.libssl.datagrams import (
    LibSslDatagramContext,
    dtls_gaps,
    dtls_supported,
    make_cookies,
)
from tlsbench.implementations.libssl.ech import ech_gaps, ech_supported, take_ech, telling_ech
from tlsbench.implementations.libssl.endpoint import MAX_EARLY_DATA_BYTES, reason
from tlsbench.implementations.libssl.knobs import knob_gaps, new_context, supported, told
from tlsbench.implementations.libssl.quic import LibSslQuicContext, quic_gaps, quic_supported
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import (
    CPU_INFO,
    HANDSHAKE_BUFFER_BYTES,
    ML_DSA,
    group_list,
    is_of_dhe,
    list_for_all,
)
from tlsbench.implementations.operations import Operation
from tlsbench.implementations.pairs import fixed_suites
from tlsbench.implementations.processor import cpu_gaps
from tlsbench.pki import Identity, Peers, ocsp_response
from tlsbench.pki.ech import ech_key
from tlsbench.pki.trust import trust_file
from tlsbench.protocol.messages import DTLS_VERSION_CODE_POINTS, VERSION_CODE_POINTS
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.chains import ANCHORED
from tlsbench.scenarios.ciphers import BEFORE_13
from tlsbench.scenarios.parts import MADE_OF, aead_of

#: OPENSSL_VERSION of OpenSSL_version(3).
_VERSION: Final = 0
#: The functions that an axis or value needs beyond the usual ones: if one is missing, it is not supported.
_ABILITIES: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("SSL_CTX_set_max_early_data", "SSL_write_early_data", "SSL_read_early_data"), "resumption=early-data"),
    (("SSL_CTX_callback_ctrl", "SSL_ctrl", "SSL_get0_verified_chain"), "ocsp"),
    (("SSL_CTX_set1_sigalgs_list",), "signature"),
)
_Side = TypeVar("_Side", bound=LibSslSide)


def _denied(ability: str) -> dict[str, tuple[str, ...]]:
    """The values of an axis, or the one value, that a library without an ability does not support."""
    axis, _, value = ability.partition("=")
    return {axis: (value,) if value else tuple(AXES[axis].denied)}


@dataclass(frozen=True)
class LibSslShaped:
    """A library with the API of a libssl, loaded by path.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    path: str
    id: str = "libssl"
    summary: str = "the system's libssl, called through cffi"
    handshake_buffer_bytes: int = HANDSHAKE_BUFFER_BYTES

    @cached_property
    def library(self) -> Library:
        return native.load(self.path)

    def engine(self) -> str:
        words = (text(self.library.OpenSSL_version(_VERSION)) or "").split()
        return f"{' '.join(words[:2])} in {self.path}"

    def processor(self) -> str | None:
        told = text(self.library.OpenSSL_version(CPU_INFO))
        return told if told and "ia32cap" in told else None

    def capabilities(self) -> Capabilities:
        library = self.library
        if library.missing:
            every = tuple(VERSION_CODE_POINTS)
            return Capabilities(
                (gap(f"{self.path} has no {', '.join(library.missing)}", version=every),),
                libcrypto=SYSTEM_LIBCRYPTO,
            )
        unknown = tuple(name for name in groups.BY_NAME if not self._knows_group(name))
        missing = primitives.not_offered(library)
        return Capabilities(
            (
                *cpu_gaps(tells=self.processor() is not None),
                *(
                    gap(f"{self.path} has no {', '.join(lacking)}", **_denied(ability))
                    for functions, ability in _ABILITIES
                    if (lacking := library.lacks(*functions))
                ),
                kernel_tls_gap(),
                *knob_gaps(library),
                *credential_gaps(library),
                *dtls_gaps(library, self.engine()),
                *quic_gaps(library, self.id),
                *records.record_gaps(library, self.engine()),
                *ech_gaps(library, self.engine()),
                *compression_gaps(
                    library,
                    self.id,
                    self.engine(),
                    partial(new_context, library, library.TLS_client_method()),
                ),
                *chain_gaps(library),
                *key_gaps(library, self.id, self.engine()),
                no_ed25519_in_dtls(),
                one_ticket_when_resumed(self.id),
                gap(
                    "its server sends its tickets with its first write",
                    server=self.id,
                    tickets=() if library.has("SSL_CTX_ctrl") else AXES["tickets"].special,
                ),
                gap(
                    "its server answers early data only after the handshake",
                    workload="completion",
                    resumption="early-data",
                ),
                *(() if library.has("SSL_CTX_set_ciphersuites") else fixed_suites(self.id, "utls")),
                *(() if library.has("SSL_CTX_ctrl") else (keys_of_two_kinds(self.id),)),
                not_offered(
                    self.engine(),
                    self.offered_ciphers(),
                    versions=() if library.has("SSL_CTX_set_ciphersuites") else BEFORE_13,
                ),
                *suites.unknown_groups(library, self.engine(), unknown),
                *primitives.gaps(library, self.engine()),
                gap(
                    "a primitive of its key agreement is not called in its libcrypto here",
                    parts="yes",
                    group=tuple(
                        group
                        for group, made_of in MADE_OF.items()
                        if any(f"{primitive}/keygen" in missing for primitive in made_of)
                    ),
                ),
                gap(
                    "the primitive that encrypts its records is not called in its libcrypto here",
                    parts="yes",
                    cipher=tuple(name for name in ciphers.BY_NAME if not aeads.has(library, aead_of(name))),
                ),
                *(
                    gap(f"{self.engine()} does not support such certificates", **{axis: self._refused_keys()})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            ),
            supports=(
                *(
                    "cpu",
                    "trust",
                    "session",
                    "hello_retry",
                    "parts",
                    "workload=primitive",
                    "workload=scaling",
                ),
                *supported(library),
                *credentials_supported(library),
                *records.supported(library),
                *ech_supported(library),
                *compression_supported(library),
                *chains_supported(library),
                *keys_supported(library),
                *(f"version={version}" for version in suites.old_versions(library)),
                *dict.fromkeys((*dtls_supported(library), *quic_supported(library))),
                *(("tickets",) if library.has("SSL_CTX_set_num_tickets") else ()),
                # How BoringSSL writes is not known here.
                *(("workload=completion",) if library.has("SSL_CTX_set_ciphersuites") else ()),
                *(ability for functions, ability in _ABILITIES if not library.lacks(*functions)),
            ),
            # A library found by name may be the one that Python's ssl module uses.
            libcrypto=SYSTEM_LIBCRYPTO if self.id == "libssl" else "",
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        return suites.offered_ciphers(self.library)

    def _knows_group(self, name: str) -> bool:
        context = new_context(self.library, self.library.TLS_client_method())
        result: int = self.library.SSL_CTX_set1_groups_list(context, list_for_all((name,)))
        self.library.ERR_clear_error()
        return result == 1

    def _refused_keys(self) -> tuple[str, ...]:
        # OpenSSL gained ML-KEM together with ML-DSA, in 3.5.
        ml_dsa = () if self._knows_group("MLKEM768") else ML_DSA
        return ml_dsa if self.library.has("SSL_CTX_ctrl") else ("ed25519", *ML_DSA)

    def client_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        return self._client(scenario, peers, self.library.TLS_client_method(), LibSslContext)

    def server_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        return self._server(scenario, peers, self.library.TLS_server_method(), LibSslContext)

    def datagram_client_context(
        self, scenario: Scenario, peers: Peers
    ) -> LibSslDatagramContext | LibSslQuicContext:
        if scenario.transport == "quic":
            method = self.library.OSSL_QUIC_client_method()
            return self._client(scenario, peers, method, LibSslQuicContext.of_client)
        make = partial(LibSslDatagramContext, scenario=scenario)
        return self._client(scenario, peers, self.library.DTLS_client_method(), make)

    def datagram_server_context(
        self, scenario: Scenario, peers: Peers
    ) -> LibSslDatagramContext | LibSslQuicContext:
        if scenario.transport == "quic":
            method = self.library.OSSL_QUIC_server_method()
            checks = scenario.address_check == "yes"
            quic = partial(LibSslQuicContext.of_server, checks_address=checks)
            return self._server(scenario, peers, method, quic)
        make = partial(LibSslDatagramContext, scenario=scenario)
        return self._server(scenario, peers, self.library.DTLS_server_method(), make)

    def _client(self, scenario: Scenario, peers: Peers, method: Any, make: Callable[..., _Side]) -> _Side:
        lib = self.library
        context = new_context(lib, method, scenario)
        self._configure(context, scenario)
        records.configure(lib, context, scenario, is_client=True)
        self._trust(context, peers.store)
        if scenario.chain_sent == ANCHORED:
            self._anchor(context)
        lib.SSL_CTX_set_verify(context, native.VERIFY_PEER, ffi.NULL)
        # Sessions are handed over explicitly.
        lib.SSL_CTX_set_session_cache_mode(context, native.SESSION_CACHE_OFF)
        if scenario.client_auth == "required":
            self._show(context, peers.client)
        says = compress_certificates(lib, context, scenario, partial(told, lib, scenario))
        says = telling_ech(lib, scenario, says)
        return make(
            lib,
            context,
            told=says,
            parts=self._parts_of(context, scenario, peers, is_server=False),
            renews_sessions=scenario.ticket_state == "expired",
            wants_staple=scenario.ocsp == "stapled",
            ech=scenario.ech,
            serialises=scenario.session == "serialised",
            # BoringSSL hands TLS 1.3 sessions to a callback only.
            by_callback=scenario.resumption == "psk" and not lib.has("SSL_CTX_ctrl"),
        )

    def _server(self, scenario: Scenario, peers: Peers, method: Any, make: Callable[..., _Side]) -> _Side:
        lib = self.library
        context = new_context(lib, method, scenario)
        self._configure(context, scenario)
        records.configure(lib, context, scenario, is_client=False)
        lib.SSL_CTX_set_session_id_context(context, b"tlsbench", len(b"tlsbench"))
        if scenario.client_auth == "required":
            self._trust(context, (peers.root.certificate,))
            mode = native.VERIFY_PEER | native.VERIFY_FAIL_IF_NO_PEER_CERT
            lib.SSL_CTX_set_verify(context, mode, ffi.NULL)
        if scenario.tickets not in ("", "default"):
            self._must(lib.SSL_CTX_set_num_tickets(context, int(scenario.tickets)))
        early_data = scenario.resumption == "early-data"
        if is_of_dhe(scenario) and not lib.lacks(*suites.NEEDED_FOR_DHE):
            suites.set_prime(lib, context, scenario.group)
        if early_data:
            lib.SSL_CTX_set_max_early_data(context, MAX_EARLY_DATA_BYTES)
        self._show(context, peers.server)
        kept = [self._staple(context, peers)] if scenario.ocsp == "stapled" else []
        if scenario.address_check == "yes" and scenario.transport == "dtls":
            kept.append(make_cookies(lib, context))
        says = compress_certificates(lib, context, scenario, partial(told, lib, scenario), peers.server)
        says = telling_ech(lib, scenario, says)
        if scenario.ech == "on":
            take_ech(lib, context, ech_key())
        parts = self._parts_of(context, scenario, peers, is_server=True)
        return make(lib, context, told=says, parts=parts, early_data=early_data, kept=kept)

    def _parts_of(self, context: Any, scenario: Scenario, peers: Peers, *, is_server: bool) -> Sequence[Part]:
        """The features that are set on each of its connections."""
        return parts_of(self.library, context, scenario, peers, is_server=is_server)

    def _staple(self, context: Any, peers: Peers) -> object:
        """Have a server staple a response; the returned object must live as long as the context."""
        lib, response = self.library, ocsp_response(peers.issuer, peers.server.leaf)

        def staple(tls: Any, _argument: object) -> int:
            # The library takes ownership of it, and frees it.
            copy = lib.CRYPTO_malloc(len(response), b"", 0)
            ffi.memmove(copy, response, len(response))
            lib.SSL_ctrl(tls, native.CTRL_SET_STATUS_RESPONSE, len(response), copy)
            return native.STATUS_OK

        callback: Any = ffi.callback("int (SSL *, void *)", staple)
        pointer = ffi.cast("void (*)(void)", callback)
        lib.SSL_CTX_callback_ctrl(context, native.CTRL_SET_STATUS_CALLBACK, pointer)
        return callback

    def _configure(self, context: Any, scenario: Scenario) -> None:
        lib = self.library
        versions = DTLS_VERSION_CODE_POINTS if scenario.transport == "dtls" else VERSION_CODE_POINTS
        version = versions[scenario.version]
        lib.SSL_CTX_set_mode(context, native.MODE_NO_AUTO_CHAIN)
        self._must(lib.SSL_CTX_set_min_proto_version(context, version))
        self._must(lib.SSL_CTX_set_max_proto_version(context, version))
        suite = ciphers.BY_NAME[scenario.cipher].openssl.encode("ascii")
        if scenario.version != "1.3":
            self._must(lib.SSL_CTX_set_cipher_list(context, suite))
        elif lib.has("SSL_CTX_set_ciphersuites"):
            self._must(lib.SSL_CTX_set_ciphersuites(context, suite))
        if wanted := group_list(scenario):
            taken = lib.SSL_CTX_set1_groups_list(context, list_for_all(wanted.split(":")))
            if is_of_dhe(scenario):
                lib.ERR_clear_error()  # OpenSSL 1.1.1 lists only curves; the agreed group is proved later
            else:
                self._must(taken)
        if scenario.signature not in ("", "default"):
            self._must(lib.SSL_CTX_set1_sigalgs_list(context, scenario.signature.encode("ascii")))
        if scenario.resumption == "session-id":
            lib.SSL_CTX_set_options(context, native.OP_NO_TICKET)

    def _anchor(self, context: Any) -> None:
        """Let a client end its chains at any certificate that it trusts."""
        trust_anchors(self.library, context)

    def _trust(self, context: Any, roots: tuple[Any, ...]) -> None:
        path = str(trust_file(roots)).encode()
        self._must(self.library.SSL_CTX_load_verify_locations(context, path, ffi.NULL))

    def _show(self, context: Any, identity: Identity) -> None:
        lib = self.library
        with identity.pem_file() as name:
            path = name.encode()
            self._must(lib.SSL_CTX_use_certificate_chain_file(context, path))
            self._must(lib.SSL_CTX_use_PrivateKey_file(context, path, native.FILETYPE_PEM))

    def _must(self, result: int) -> None:
        if result != 1:
            raise HandshakeError(f"{self.library.name}: {reason(self.library)}")


@dataclass(frozen=True)
class LibSsl(LibSslShaped):
    """A libssl, and the libcrypto that it is linked with.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    has_two_files: ClassVar[bool] = True

    def operation(self, scenario: Scenario, peers: Peers | None = None) -> Operation:
        assert peers is None, "a capability says that there are no certificates"
        return self.primitive(scenario.algorithm, scenario.size)

    def primitive(self, algorithm: str, size_bytes: int) -> Operation:
        """An operation of the libcrypto that this libssl is linked with."""
        return primitives.primitive(self.library, algorithm, size_bytes)


def of_the_system() -> LibSsl:
    """The system's libssl.

    :raises NotInstalledError: if it has none.
    """
    path = native.find()
    if path is None:
        raise NotInstalledError("the system has no libssl 3 (on Debian: apt-get install libssl3)")
    return LibSsl(path)
