"""``gnutls``: the system's GnuTLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count
from typing import Any

from tlsbench.errors import HandshakeError, RequestError
from tlsbench.implementations.certificate_keys import ED448, RSA_PSS, SECP521R1, takes
from tlsbench.implementations.extension_gaps import no_compression
from tlsbench.implementations.gnutls import bindings as native
from tlsbench.implementations.gnutls import names
from tlsbench.implementations.gnutls.bindings import Library, datum, ffi
from tlsbench.implementations.gnutls.credentials import Psk, RawKey, credential_gaps
from tlsbench.implementations.gnutls.endpoint import GnuTlsContext, Replays, Settings
from tlsbench.implementations.gnutls.records import RecordSettings, record_gaps
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.native import text
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import ML_DSA, group_list
from tlsbench.implementations.pairs import facts
from tlsbench.pki import Identity, Peers, ocsp_response
from tlsbench.pki.keys import to_pem
from tlsbench.pki.trust import trust_file
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS


@dataclass(frozen=True)
class GnuTls:
    """GnuTLS, loaded by path.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    path: str
    id: str = "gnutls"
    summary: str = "the system's GnuTLS, called through cffi"
    #: It accepts 8 per second (KEY_UPDATES_PER_WINDOW of its lib/tls13/key_update.c), as experiments show.
    most_key_updates: int = 8

    @cached_property
    def library(self) -> Library:
        library = native.load(self.path)
        if lacking := library.lacks(*native.NEEDED):
            raise RequestError(f"{self.path} has no {', '.join(lacking)}, which came with GnuTLS 3.7.4")
        return library

    def engine(self) -> str:
        return f"GnuTLS {text(self.library.gnutls_check_version(ffi.NULL))} in {self.path}"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap(
                    "it does not cache sessions by their ID, but leaves that to its caller",
                    resumption="session-id",
                ),
                gap(
                    "its API gives a session only as bytes, which session=object measures",
                    session="serialised",
                ),
                gap("it obeys GNUTLS_CPUID_OVERRIDE, which this axis does not set", cpu=AXES["cpu"].special),
                not_offered(self.engine(), self.suites),
                gap(f"{self.engine()} does not know the group", group=self._unknown_groups()),
                no_compression(self._why_no_compression()),
                *(
                    gap(f"{self.engine()} does not support such certificates", **{axis: ML_DSA})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                *record_gaps(self.id),
                *credential_gaps(),
                *facts(self.id),
            ),
            supports=(
                *(
                    f"version={version}"
                    for version in BROKEN_VERSIONS
                    if self._takes(f"NORMAL:+VERS-TLS{version}")
                ),
                *("trust", "ocsp", "tickets", "signature"),
                *("resumption=early-data", "workload=scaling"),
                *("certificate_type", "resumption=external-psk", "psk_mode", "ticket_lifetime"),
                *(
                    "padding",
                    "record_size",
                    "max_fragment_length",
                    "record_size_limit",
                    "workload=key_update",
                ),
                *("chain_sent=leaf-anchored",),
                *takes(*SECP521R1, *ED448, *RSA_PSS),
            ),
        )

    @cached_property
    def suites(self) -> Mapping[int, names.Suite]:
        """The suites that it lists, by code point."""
        lib, code_point, found = self.library, ffi.new("unsigned char[2]"), {}
        kx, cipher, mac, oldest = (ffi.new("int *") for _ in range(4))
        places = (code_point, kx, cipher, mac, oldest)
        for name in iter(partial(self._suite_at, places, count()), ""):
            exchange = "" if oldest[0] == native.TLS_13 else text(lib.gnutls_kx_get_name(kx[0]))
            found[code_point[0] << 8 | code_point[1]] = names.Suite(
                name,
                exchange,
                text(lib.gnutls_cipher_get_name(cipher[0])),
                text(lib.gnutls_mac_get_name(mac[0])),
            )
        return found

    def _suite_at(self, places: tuple[Any, ...], index: Iterator[int]) -> str:
        """The name of the next suite, whose parts are written to ``places``; ``""`` after the last one."""
        return text(self.library.gnutls_cipher_suite_info(next(index), *places))

    def offered_ciphers(self) -> Mapping[int, str]:
        return {code_point: suite.name for code_point, suite in self.suites.items()}

    def _takes(self, words: str) -> bool:
        """Whether it accepts these priorities."""
        place = ffi.new("gnutls_priority_t *")
        if self.library.gnutls_priority_init(place, words.encode("ascii"), ffi.NULL) < 0:
            return False
        self.library.gnutls_priority_deinit(place[0])
        return True

    def _unknown_groups(self) -> tuple[str, ...]:
        return tuple(
            name
            for name in groups.BY_NAME
            if name not in names.GROUPS
            or not self.library.gnutls_group_get_id(names.GROUPS[name].encode("ascii"))
        )

    def _why_no_compression(self) -> str:
        if self.library.has("gnutls_compression_get_name") and any(
            self.library.gnutls_compression_get_name(method) != ffi.NULL for method in native.COMPRESSIONS
        ):
            return "its certificate compression is not supported here"
        return f"{self.engine()} is built without zlib, brotli and zstd"

    def client_context(self, scenario: Scenario, peers: Peers) -> GnuTlsContext:
        credentials, raw_key = self._credentials(), None
        shown = peers.client if scenario.client_auth == "required" else None
        if scenario.certificate_type == "raw_public_key":
            raw_key = RawKey(self.library, credentials, own=shown, expected=peers.server, is_server=False)
        else:
            self._trust(credentials, peers.store)
            self._show(credentials, shown)
        return GnuTlsContext(
            self.library,
            Settings(
                credentials=credentials,
                priority=self._priority(scenario),
                wants_staple=scenario.ocsp == "stapled",
                records=RecordSettings.of(scenario, is_client=True),
                psk=Psk(self.library, is_server=False) if scenario.resumption == "external-psk" else None,
                raw_key=raw_key,
            ),
        )

    def server_context(self, scenario: Scenario, peers: Peers) -> GnuTlsContext:
        lib, credentials = self.library, self._credentials()
        verifies = scenario.client_auth == "required"
        raw_key = None
        if scenario.certificate_type == "raw_public_key":
            expected = peers.client if verifies else None
            raw_key = RawKey(lib, credentials, own=peers.server, expected=expected, is_server=True)
        else:
            if verifies:
                self._trust(credentials, (peers.root.certificate,))
            self._show(credentials, peers.server)
        if scenario.ocsp == "stapled":
            response, _memory = datum(ocsp_response(peers.issuer, peers.server.leaf))
            staple = lib.gnutls_certificate_set_ocsp_status_request_mem
            lib.must(staple(credentials, response, 0, native.FORMAT_DER))
        tickets = None if scenario.tickets in ("", "default") else int(scenario.tickets)
        resumes, lifetime = scenario.resumption not in ("", "none"), scenario.ticket_lifetime
        return GnuTlsContext(
            lib,
            Settings(
                credentials=credentials,
                priority=self._priority(scenario),
                ticket_key=self._ticket_key() if resumes or tickets else None,
                tickets=tickets,
                verifies=verifies,
                records=RecordSettings.of(scenario, is_client=False),
                replays=Replays(lib) if scenario.resumption == "early-data" else None,
                psk=Psk(lib, is_server=True) if scenario.resumption == "external-psk" else None,
                raw_key=raw_key,
                lifetime_s=None if lifetime in ("", "default") else int(lifetime),
            ),
        )

    def _credentials(self) -> Any:
        place = ffi.new("gnutls_certificate_credentials_t *")
        self.library.must(self.library.gnutls_certificate_allocate_credentials(place))
        return ffi.gc(place[0], self.library.gnutls_certificate_free_credentials)

    def _priority(self, scenario: Scenario) -> Any:
        place, wrong = ffi.new("gnutls_priority_t *"), ffi.new("const char **")
        suite = self.suites[ciphers.BY_NAME[scenario.cipher].code_point]
        words = names.priorities(scenario, suite, group_list(scenario))
        words += RecordSettings.of(scenario, is_client=True).priorities
        if self.library.gnutls_priority_init(place, words.encode("ascii"), wrong) < 0:
            raise HandshakeError(
                f"gnutls: it does not take the priorities {words} from {text(wrong[0])!r} on"
            )
        return ffi.gc(place[0], self.library.gnutls_priority_deinit)

    def _ticket_key(self) -> Any:
        key: Any = ffi.new("gnutls_datum_t *")
        self.library.must(self.library.gnutls_session_ticket_key_generate(key))
        return ffi.gc(key, self.library.release)

    def _trust(self, credentials: Any, roots: tuple[Any, ...]) -> None:
        path = str(trust_file(roots)).encode()
        self.library.must(
            self.library.gnutls_certificate_set_x509_trust_file(credentials, path, native.FORMAT_PEM)
        )

    def _show(self, credentials: Any, identity: Identity | None) -> None:
        if identity is None:
            return
        chain, _chain_memory = datum(identity.chain_pem)
        key, _key_memory = datum(to_pem(identity.private_key))
        load = self.library.gnutls_certificate_set_x509_key_mem
        self.library.must(load(credentials, chain, key, native.FORMAT_PEM))


def of_the_system() -> GnuTls:
    """The system's GnuTLS.

    :raises NotInstalledError: if it has none.
    """
    path = native.find()
    if path is None:
        raise NotInstalledError("the system has no libgnutls 30 (on Debian: apt-get install libgnutls30)")
    return GnuTls(path)
