"""``libssl``: the system's libssl, without Python's ssl module or pyOpenSSL between it and the harness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations import libssl_bindings as native
from tlsbench.implementations.common_gaps import NO_SINGLE_OPERATIONS
from tlsbench.implementations.libssl_bindings import Library, ffi
from tlsbench.implementations.libssl_endpoint import (
    MAX_EARLY_DATA_BYTES,
    LibSslContext,
    reason,
    string,
)
from tlsbench.implementations.openssl import (
    ML_DSA,
    group_list,
)
from tlsbench.pki import Identity, Peers, ocsp_response
from tlsbench.pki.trust import trust_file
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups

_VERSIONS: Final = {"1.2": 0x0303, "1.3": 0x0304}
_EARLY_DATA: Final = ("SSL_CTX_set_max_early_data", "SSL_write_early_data", "SSL_read_early_data")


@dataclass(frozen=True)
class LibSsl:
    """A libssl, loaded by path.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    path: str
    id: str = "libssl"
    summary: str = "the system's libssl, called through cffi"

    @cached_property
    def library(self) -> Library:
        return native.load(self.path)

    def engine(self) -> str:
        words = (string(self.library.OpenSSL_version(0)) or "").split()
        return f"{' '.join(words[:2])} in {self.path}"

    def capabilities(self) -> Capabilities:
        missing = self.library.missing
        if missing:
            every = tuple(_VERSIONS)
            return Capabilities((gap(f"{self.path} has no {', '.join(missing)}", version=every),))
        no_early_data = self.library.lacks(*_EARLY_DATA)
        return Capabilities(
            (
                NO_SINGLE_OPERATIONS,
                gap(
                    f"{self.engine()} does not know the group",
                    group=tuple(name for name in groups.BY_NAME if not self._knows_group(name)),
                ),
                gap(
                    f"{self.path} has no {', '.join(no_early_data)}",
                    resumption="early-data" if no_early_data else (),
                ),
                *(
                    gap(
                        f"{self.engine()} has no ML-DSA certificates",
                        # ML-KEM came with it, in OpenSSL 3.5
                        **{axis: () if self._knows_group("MLKEM768") else ML_DSA},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            )
        )

    def _knows_group(self, name: str) -> bool:
        context = _new_context(self.library, self.library.TLS_client_method())
        result: int = self.library.SSL_CTX_ctrl(context, native.CTRL_SET_GROUPS_LIST, 0, _text(name))
        self.library.ERR_clear_error()
        return result == 1

    def client_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        lib = self.library
        context = _new_context(lib, lib.TLS_client_method())
        self._configure(context, scenario)
        self._trust(context, (*peers.strangers, peers.root.certificate))
        lib.SSL_CTX_set_verify(context, native.VERIFY_PEER, ffi.NULL)
        # Sessions are handed over by hand.
        lib.SSL_CTX_ctrl(context, native.CTRL_SET_SESSION_CACHE_MODE, native.SESSION_CACHE_OFF, ffi.NULL)
        if scenario.client_auth == "required":
            self._show(context, peers.client)
        return LibSslContext(lib, context, wants_staple=scenario.ocsp == "stapled")

    def server_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        lib = self.library
        context = _new_context(lib, lib.TLS_server_method())
        self._configure(context, scenario)
        lib.SSL_CTX_set_session_id_context(context, b"tlsbench", len(b"tlsbench"))
        if scenario.client_auth == "required":
            self._trust(context, (peers.root.certificate,))
            mode = native.VERIFY_PEER | native.VERIFY_FAIL_IF_NO_PEER_CERT
            lib.SSL_CTX_set_verify(context, mode, ffi.NULL)
        early_data = scenario.resumption == "early-data"
        if early_data:
            lib.SSL_CTX_set_max_early_data(context, MAX_EARLY_DATA_BYTES)
        self._show(context, peers.server)
        kept = self._staple(context, peers) if scenario.ocsp == "stapled" else None
        return LibSslContext(lib, context, early_data=early_data, kept=kept)

    def _staple(self, context: Any, peers: Peers) -> object:
        """Make a server staple a response; what is returned must live as long as the context."""
        lib, response = self.library, ocsp_response(peers.issuer, peers.server.leaf)

        def staple(tls: Any, _argument: object) -> int:
            # It becomes the library's own, which frees it.
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
        version = _VERSIONS[scenario.version]
        lib.SSL_CTX_ctrl(context, native.CTRL_MODE, native.MODE_NO_AUTO_CHAIN, ffi.NULL)
        suite = ciphers.BY_NAME[scenario.cipher].openssl.encode("ascii")
        set_suite = lib.SSL_CTX_set_ciphersuites if scenario.version == "1.3" else lib.SSL_CTX_set_cipher_list
        wanted = _text(group_list(scenario))
        self._must(lib.SSL_CTX_ctrl(context, native.CTRL_SET_MIN_PROTO_VERSION, version, ffi.NULL))
        self._must(lib.SSL_CTX_ctrl(context, native.CTRL_SET_MAX_PROTO_VERSION, version, ffi.NULL))
        self._must(set_suite(context, suite))
        self._must(lib.SSL_CTX_ctrl(context, native.CTRL_SET_GROUPS_LIST, 0, wanted))
        if scenario.resumption == "session-id":
            lib.SSL_CTX_set_options(context, native.OP_NO_TICKET)

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
            raise HandshakeError(f"libssl: {reason(self.library)}")


def _new_context(lib: Library, method: Any) -> Any:
    return ffi.gc(lib.SSL_CTX_new(method), lib.SSL_CTX_free)


def _text(text: str) -> Any:
    return ffi.new("char[]", text.encode("ascii"))
