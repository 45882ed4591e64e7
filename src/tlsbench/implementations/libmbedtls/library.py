"""``libmbedtls``: the system's Mbed TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count, takewhile
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.implementations.certificate_keys import BRAINPOOL, SECP521R1, takes
from tlsbench.implementations.gaps import mbed_tls_psk_gap
from tlsbench.implementations.libmbedtls import bindings as native
from tlsbench.implementations.libmbedtls.bindings import Library, ffi
from tlsbench.implementations.libmbedtls.datagrams import (
    LibMbedTlsDatagramContext,
    ask_no_cookies,
    make_cookies,
)
from tlsbench.implementations.libmbedtls.endpoint import LibMbedTlsContext
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.native import text
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import group_list, is_of_dhe
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.record_gaps import gaps_of_mbed_tls, no_records
from tlsbench.pki import Identity, Peers
from tlsbench.pki.keys import to_pem
from tlsbench.pki.trust import trust_file
from tlsbench.protocol import finite_fields
from tlsbench.protocol.extensions import FRAGMENT_LENGTHS
from tlsbench.protocol.groups import NAMES
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups, keys
from tlsbench.scenarios.ciphers import BEFORE_13, BROKEN_VERSIONS
from tlsbench.scenarios.groups import PRIMES
from tlsbench.scenarios.records import number_of

_REFUSED: Final = tuple(name for name in keys.BY_NAME if not name.startswith(("rsa", "ecdsa")))
#: The lifetime of a ticket; any time that is longer than a run.
_TICKET_SECONDS: Final = 86400
_VERSION_BYTES: Final = 32
#: The code points of key-exchange groups, and of certificate curves that are not groups here.
_CODE_POINTS: Final = {name: number for number, name in NAMES.items()}


@dataclass(frozen=True)
class LibMbedTls:
    """Mbed TLS 2.28, loaded by path.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    path: str
    id: str = "libmbedtls"
    summary: str = "the system's Mbed TLS, called through cffi"

    @cached_property
    def library(self) -> Library:
        library = native.load(self.path)
        if lacking := library.lacks(*native.NEEDED):
            raise RequestError(f"{self.path} has no {', '.join(lacking)}")
        return library

    def engine(self) -> str:
        version = ffi.new("char[]", _VERSION_BYTES)
        self.library.mbedtls_version_get_string(version)
        return f"Mbed TLS {text(version)} in {self.path}"

    def capabilities(self) -> Capabilities:
        lib, engine = self.library, self.engine()
        without_dtls = lib.lacks(*native.NEEDED_FOR_DTLS)
        return Capabilities(
            (
                gap("this Mbed TLS ends with TLS 1.2", version="1.3"),
                gap(f"it has no {', '.join(without_dtls)}", transport="dtls" if without_dtls else ()),
                not_offered(engine, self.offered_ciphers(), versions=BEFORE_13),
                gap(
                    f"{engine} does not know the group",
                    group=tuple(
                        name for name in groups.BY_NAME if self._curve(name) is None and name not in PRIMES
                    ),
                ),
                *(
                    gap("it has only RSA and ECDSA certificates", **{axis: _REFUSED})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                gap(
                    f"{self.path} is built without locks (MBEDTLS_THREADING_C)",
                    workload=() if lib.has("mbedtls_mutex_lock") else "scaling",
                ),
                *no_records(
                    "it cuts records only by max_fragment_length", "record_size", "record_size_limit"
                ),
                mbed_tls_psk_gap(),
                *gaps_of_mbed_tls(self.id),
                *facts(self.id),
            ),
            supports=(
                *("trust", "max_fragment_length", "chain_sent=leaf-anchored"),
                *takes(*SECP521R1, *BRAINPOOL),
                *(f"version={version}" for version in BROKEN_VERSIONS),
                *(("workload=scaling",) if lib.has("mbedtls_mutex_lock") else ()),
                *(() if without_dtls else ("transport=dtls", "mtu", "address_check")),
            ),
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        listed, name_of = (
            self.library.mbedtls_ssl_list_ciphersuites(),
            self.library.mbedtls_ssl_get_ciphersuite_name,
        )
        return {
            code_point: text(name_of(code_point))
            for code_point in takewhile(bool, map(listed.__getitem__, count()))
        }

    def _curve(self, group: str) -> int | None:
        """The library's number of a group; None if it does not know it."""
        info = self.library.mbedtls_ecp_curve_info_from_tls_id(_CODE_POINTS[group])
        number: int | None = info.group if info != ffi.NULL else None
        return number

    def client_context(self, scenario: Scenario, peers: Peers) -> LibMbedTlsContext:
        return LibMbedTlsContext(
            self.library, *self._client(scenario, peers), **_settings_of_client(scenario)
        )

    def server_context(self, scenario: Scenario, peers: Peers) -> LibMbedTlsContext:
        return LibMbedTlsContext(
            self.library, *self._server(scenario, peers), **_settings_of_server(scenario)
        )

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> LibMbedTlsDatagramContext:
        config, kept = self._client(scenario, peers)
        return LibMbedTlsDatagramContext(
            self.library, config, kept, scenario, **_settings_of_client(scenario)
        )

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> LibMbedTlsDatagramContext:
        lib, (config, kept) = self.library, self._server(scenario, peers)
        if scenario.address_check == "yes":
            kept.append(make_cookies(lib, config))
        else:
            ask_no_cookies(lib, config)
        return LibMbedTlsDatagramContext(lib, config, kept, scenario, **_settings_of_server(scenario))

    def _client(self, scenario: Scenario, peers: Peers) -> tuple[Any, list[object]]:
        lib = self.library
        config, kept = self._config(scenario, native.CLIENT)
        kept.append(self._trust(config, peers.store))
        lib.mbedtls_ssl_conf_session_tickets(config, int(scenario.resumption == "ticket"))
        length = number_of(scenario.max_fragment_length)
        if length is not None:
            lib.must(lib.mbedtls_ssl_conf_max_frag_len(config, FRAGMENT_LENGTHS[length]))
        if scenario.client_auth == "required":
            kept.append(self._show(config, peers.client))
        return config, kept

    def _server(self, scenario: Scenario, peers: Peers) -> tuple[Any, list[object]]:
        lib = self.library
        config, kept = self._config(scenario, native.SERVER)
        kept.append(self._show(config, peers.server))
        if is_of_dhe(scenario):
            prime, generator = finite_fields.prime_bytes(scenario.group), bytes((finite_fields.GENERATOR,))
            lib.must(lib.mbedtls_ssl_conf_dh_param_bin(config, prime, len(prime), generator, len(generator)))
        if scenario.client_auth == "required":
            kept.append(self._trust(config, (peers.root.certificate,)))
        else:
            lib.mbedtls_ssl_conf_authmode(config, native.VERIFY_NONE)
        if scenario.resumption == "ticket":
            kept.append(self._tickets(config))
        if scenario.resumption == "session-id":
            cache = lib.new("ssl_cache")
            lib.mbedtls_ssl_conf_session_cache(
                config, cache, lib.mbedtls_ssl_cache_get, lib.mbedtls_ssl_cache_set
            )
            kept.append(cache)
        return config, kept

    def _config(self, scenario: Scenario, endpoint: int) -> tuple[Any, list[object]]:
        """A configuration, and what must live as long as it."""
        lib = self.library
        config = lib.new("ssl_config")
        is_stream = scenario.transport != "dtls"
        transport = native.TRANSPORT_STREAM if is_stream else native.TRANSPORT_DATAGRAM
        lib.must(lib.mbedtls_ssl_config_defaults(config, endpoint, transport, native.PRESET_DEFAULT))
        lib.mbedtls_ssl_conf_rng(config, lib.mbedtls_ctr_drbg_random, lib.random)
        for limit in (lib.mbedtls_ssl_conf_min_version, lib.mbedtls_ssl_conf_max_version):
            limit(config, native.MAJOR_VERSION, native.MINOR_VERSIONS[scenario.version])
        suites = ffi.new("int[]", [ciphers.BY_NAME[scenario.cipher].code_point, 0])
        lib.mbedtls_ssl_conf_ciphersuites(config, suites)
        wanted = [name for name in group_list(scenario).split(":") if name and name not in PRIMES]
        if not wanted:
            return config, [suites]
        curves = ffi.new("int[]", [*map(self._curve, wanted), 0])
        lib.mbedtls_ssl_conf_curves(config, curves)
        return config, [suites, curves]

    def _trust(self, config: Any, roots: tuple[Any, ...]) -> object:
        lib, chain = self.library, self.library.new("x509_crt")
        lib.must(lib.mbedtls_x509_crt_parse_file(chain, str(trust_file(roots)).encode()))
        lib.mbedtls_ssl_conf_ca_chain(config, chain, ffi.NULL)
        lib.mbedtls_ssl_conf_authmode(config, native.VERIFY_REQUIRED)
        return chain

    def _show(self, config: Any, identity: Identity) -> object:
        lib, chain, key = self.library, self.library.new("x509_crt"), self.library.new("pk")
        shown, secret = (one + b"\0" for one in (identity.chain_pem, to_pem(identity.private_key)))
        lib.must(lib.mbedtls_x509_crt_parse(chain, shown, len(shown)))
        lib.must(lib.mbedtls_pk_parse_key(key, secret, len(secret), ffi.NULL, 0))
        lib.must(lib.mbedtls_ssl_conf_own_cert(config, chain, key))
        return chain, key

    def _tickets(self, config: Any) -> object:
        lib, tickets = self.library, self.library.new("ssl_ticket")
        cipher = lib.mbedtls_cipher_info_from_string(b"AES-256-GCM").type
        random = (lib.mbedtls_ctr_drbg_random, lib.random)
        lib.must(lib.mbedtls_ssl_ticket_setup(tickets, *random, cipher, _TICKET_SECONDS))
        lib.mbedtls_ssl_conf_session_tickets_cb(
            config, lib.mbedtls_ssl_ticket_write, lib.mbedtls_ssl_ticket_parse, tickets
        )
        return tickets


def _settings_of_client(scenario: Scenario) -> dict[str, bool]:
    return {"verifies": True, "resumes": scenario.resumption not in ("", "none")}


def _settings_of_server(scenario: Scenario) -> dict[str, bool]:
    return {**_settings_of_client(scenario), "verifies": scenario.client_auth == "required"}


def of_the_system() -> LibMbedTls:
    """The system's Mbed TLS.

    :raises NotInstalledError: if it has none.
    """
    path = native.find()
    if path is None:
        raise NotInstalledError(
            "the system has no libmbedtls 2.28 (on Debian 12: apt-get install libmbedtls14)"
        )
    return LibMbedTls(path)
