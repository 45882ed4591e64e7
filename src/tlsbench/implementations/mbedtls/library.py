"""``mbedtls``: Mbed TLS, through the package python-mbedtls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlsbench.implementations.certificate_keys import BRAINPOOL, SECP521R1, takes
from tlsbench.implementations.gaps import mbed_tls_psk_gap
from tlsbench.implementations.mbedtls.datagrams import MbedTlsDatagramContext
from tlsbench.implementations.mbedtls.endpoint import MbedTlsContext
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.record_gaps import gaps_of_mbed_tls, no_records
from tlsbench.pki import Identity, Peers
from tlsbench.protocol.extensions import FRAGMENT_LENGTHS
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, keys
from tlsbench.scenarios.ciphers import BEFORE_13
from tlsbench.scenarios.groups import PRIMES
from tlsbench.scenarios.records import number_of

_VERSIONS: Final = {"1.0": "TLSv1", "1.1": "TLSv1_1", "1.2": "TLSv1_2"}
_REFUSED: Final = tuple(name for name in keys.BY_NAME if not name.startswith(("rsa", "ecdsa")))
#: By key type: the groups that it accepts only if the key's curve is not listed with them.
_PREFERS_CURVE_OF: Final = {
    "ecdsa-secp256r1": ("x25519", "x448"),
    "ecdsa-secp384r1": ("x25519", "x448", "secp256r1"),
}
#: The same, for its server too: it follows its own list, the longest curve first.
_TAKES_CURVE_OF: Final = {
    "ecdsa-secp521r1": ("x25519", "x448", "secp256r1", "secp384r1"),
    "ecdsa-brainpoolP256r1": ("x25519", "x448"),
    "ecdsa-brainpoolP384r1": ("x25519", "x448", "secp256r1"),
    "ecdsa-brainpoolP512r1": ("x25519", "x448", "secp256r1", "secp384r1"),
}


@dataclass(frozen=True)
class MbedTls:
    """Mbed TLS."""

    id: str = "mbedtls"
    summary: str = "Mbed TLS, by the package python-mbedtls"

    @cached_property
    def tls(self) -> Any:
        return import_module("mbedtls.tls")

    def engine(self) -> str:
        name = import_module("mbedtls.version").version
        return f"{name} in python-mbedtls {version('python-mbedtls')}"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap("this Mbed TLS ends with TLS 1.2", version="1.3"),
                gap("its API resumes nothing", resumption=("session-id", "ticket")),
                mbed_tls_psk_gap(),
                not_offered(self.engine(), self.offered_ciphers(), versions=BEFORE_13),
                gap(
                    "its server has the prime of RFC 3526 for DHE, and cannot be set to one of RFC 7919",
                    server="mbedtls",
                    group=PRIMES,
                ),
                *(
                    gap("it has only RSA and ECDSA certificates", **{axis: _REFUSED})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                gap(
                    "its server always asks for a client certificate: add client_auth=required",
                    server="mbedtls",
                    client_auth="none",
                ),
                gap(
                    "its server always asks for a cookie: add address_check=yes",
                    server="mbedtls",
                    transport="dtls",
                    address_check="no",
                ),
                *(
                    gap(
                        "the server also lists the curve of its certificate, which an mbedtls client prefers",
                        client="mbedtls",
                        key=key,
                        group=shorter,
                    )
                    for key, shorter in _PREFERS_CURVE_OF.items()
                ),
                *(
                    gap(
                        "the peer also lists the curve of the certificate, which mbedtls prefers",
                        key=key,
                        group=shorter,
                        **{end: "mbedtls"},
                    )
                    for key, shorter in _TAKES_CURVE_OF.items()
                    for end in ("client", "server")
                ),
                gap(
                    "the Mbed TLS inside is built without locks (MBEDTLS_THREADING_C)",
                    workload="scaling",
                ),
                *no_records(
                    "it cuts records only by max_fragment_length", "record_size", "record_size_limit"
                ),
                *gaps_of_mbed_tls(self.id),
                *facts(self.id),
            ),
            supports=(
                *("version=1.0", "version=1.1", "max_fragment_length"),
                *("trust", "transport=dtls", "mtu", "address_check", "chain_sent=leaf-anchored"),
                *takes(*SECP521R1, *BRAINPOOL),
            ),
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        known = {suite.name.replace("_", "-"): suite.code_point for suite in ciphers.CIPHER_SUITES}
        names = [
            name.replace("DHE-PSK-WITH-AES", "PSK-DHE-WITH-AES") if name.endswith("CCM-8") else name
            for name in self.tls.ciphers_available()
        ]
        return {known.get(name, -at): name for at, name in enumerate(names, 1)}

    def client_context(self, scenario: Scenario, peers: Peers) -> MbedTlsContext:
        return MbedTlsContext(self, self._client(scenario, peers))

    def server_context(self, scenario: Scenario, peers: Peers) -> MbedTlsContext:
        return MbedTlsContext(self, self._server(scenario, peers))

    def datagram_client_context(self, scenario: Scenario, peers: Peers) -> MbedTlsDatagramContext:
        return MbedTlsDatagramContext(self, self._client(scenario, peers), scenario)

    def datagram_server_context(self, scenario: Scenario, peers: Peers) -> MbedTlsDatagramContext:
        return MbedTlsDatagramContext(self, self._server(scenario, peers), scenario)

    def _client(self, scenario: Scenario, peers: Peers) -> Any:
        identity = peers.client if scenario.client_auth == "required" else None
        roots = peers.store
        return self.tls.ClientContext(self._configuration(scenario, identity, roots))

    def _server(self, scenario: Scenario, peers: Peers) -> Any:
        roots = (peers.root.certificate,) if scenario.client_auth == "required" else ()
        return self.tls.ServerContext(self._configuration(scenario, peers.server, roots))

    def _configuration(
        self, scenario: Scenario, identity: Identity | None, roots: tuple[x509.Certificate, ...]
    ) -> Any:
        if scenario.transport == "dtls":
            make, only = self.tls.DTLSConfiguration, self.tls.DTLSVersion.DTLSv1_2
        else:
            make, only = self.tls.TLSConfiguration, self.tls.TLSVersion[_VERSIONS[scenario.version]]
        length = number_of(scenario.max_fragment_length)
        return make(
            trust_store=self.tls.TrustStore([_certificate(root) for root in roots]),
            validate_certificates=bool(roots),
            certificate_chain=None if identity is None else _chain(identity),
            ciphers=[scenario.cipher.replace("_", "-")],
            lowest_supported_version=only,
            highest_supported_version=only,
            max_fragmentation_length=None
            if length is None
            else self.tls.MaxFragmentLength(FRAGMENT_LENGTHS[length]),
        )


def _certificate(certificate: x509.Certificate) -> Any:
    return import_module("mbedtls.x509").CRT.from_DER(certificate.public_bytes(Encoding.DER))


def _chain(identity: Identity) -> tuple[Any, Any]:
    key = identity.private_key
    kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "ECC"
    der = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    loaded = getattr(import_module("mbedtls.pk"), kind).from_buffer(der)
    return tuple(_certificate(certificate) for certificate in identity.certificates), loaded
