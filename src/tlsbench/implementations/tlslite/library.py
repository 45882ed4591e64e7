"""``tlslite``: tlslite-ng, TLS in pure Python.

It verifies signatures, and leaves chains and host names to its caller: here the cryptography package's
verifier checks them within the handshake, as an application would have to.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlsbench.implementations import certificate_compressors
from tlsbench.implementations.certificate_keys import SECP521R1, takes
from tlsbench.implementations.cryptography.verifier import UNKNOWN_TO_CRYPTOGRAPHY, cryptography_verifier
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import group_list
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.record_gaps import no_records, no_secrets_for_key_updates
from tlsbench.implementations.tlslite.endpoint import Pipe, TlsliteEndpoint
from tlsbench.implementations.tlslite.records import RecordSettings
from tlsbench.implementations.verification import Question
from tlsbench.pki import SERVER_NAME, Identity, Peers, external_psk
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS
from tlsbench.scenarios.groups import NO_GROUP, PRIMES

#: The names that are used of it, and their modules.
_API: Final = {
    "TLSConnection": "tlsconnection",
    "HandshakeSettings": "handshakesettings",
    "SessionCache": "sessioncache",
    "X509CertChain": "x509certchain",
    "parsePEMKey": "utils.keyfactory",
    "CipherSuite": "constants",
}
_VERSIONS: Final = {"1.0": (3, 1), "1.1": (3, 2), "1.2": (3, 3), "1.3": (3, 4)}
#: Its names of the encryption of suites.
_CIPHERS: Final = {
    "AES_128_GCM": "aes128gcm",
    "AES_256_GCM": "aes256gcm",
    "AES_128_CCM": "aes128ccm",
    "AES_256_CCM": "aes256ccm",
    "AES_128_CCM_8": "aes128ccm_8",
    "AES_256_CCM_8": "aes256ccm_8",
    "CHACHA20_POLY1305": "chacha20-poly1305",
    "AES_128_CBC": "aes128",
    "AES_256_CBC": "aes256",
    "3DES_EDE_CBC": "3des",
    "RC4_128": "rc4",
    "NULL": "null",
}
#: Its lists of suites, by key exchange and authentication.
_LISTS: Final = (
    *("tls13Suites", "ecdheEcdsaSuites", "ecdheCertSuites", "dheCertSuites", "certSuites"),
    *("dheDsaSuites", "srpSuites", "srpCertSuites", "srpDsaSuites", "anonSuites", "ecdhAnonSuites"),
)
_CURVES: Final = ("x25519", "x448", "secp256r1", "secp384r1", "secp521r1")
_GROUPS: Final = (*_CURVES, *PRIMES)
_TICKET_KEY_BYTES: Final = 32
_REFUSED: Final = tuple(dict.fromkeys((*UNKNOWN_TO_CRYPTOGRAPHY, "ml-dsa-44", "ml-dsa-65", "ml-dsa-87")))


@dataclass(frozen=True)
class Tlslite:
    """tlslite-ng."""

    id: str = "tlslite"
    summary: str = "tlslite-ng, TLS in pure Python"

    @cached_property
    def api(self) -> SimpleNamespace:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it imports asyncore where Python has it
            return SimpleNamespace(
                **{name: getattr(import_module(f"tlslite.{module}"), name) for name, module in _API.items()}
            )

    def engine(self) -> str:
        _ = self.api  # what does not load has no engine
        return f"tlslite-ng {version('tlslite-ng')}"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                gap(
                    "in TLS 1.3 its server does not say that it resumed, nor its client who the peer is",
                    resumption="psk",
                ),
                *(
                    gap(reason, certificate_compression=algorithm)
                    for algorithm, reason in certificate_compressors.missing()
                ),
                gap(
                    "between two of them no secrets are exported to see a compressed certificate with",
                    client=self.id,
                    server=self.id,
                    certificate_compression=AXES["certificate_compression"].special,
                ),
                gap(
                    "its server does not say whether a handshake was made by a PSK",
                    server="tlslite",
                    resumption="external-psk",
                ),
                gap("it does not support external PSKs in TLS 1.2", version="1.2", resumption="external-psk"),
                gap("it is pure Python, so its threads take turns", workload="scaling"),
                no_secrets_for_key_updates(self.id),
                *no_records("the only limit that it supports is record_size_limit", "max_fragment_length"),
                *facts(self.id),
                not_offered(self.engine(), self.offered_ciphers()),
                gap("it does not know the group", group=tuple(g for g in groups.BY_NAME if g not in _GROUPS)),
                *(
                    gap(
                        "its chains are verified by cryptography, which refuses the key type",
                        **{axis: _REFUSED},
                    )
                    for axis in ("key", "intermediate_key", "root_key")
                ),
            ),
            supports=(
                *("hello_retry", "certificate_compression", "chain_sent=leaf-anchored"),
                *takes(*SECP521R1),
                *(f"version={version}" for version in BROKEN_VERSIONS),
                *("padding", "record_size", "record_size_limit", "workload=key_update"),
                *("resumption=external-psk", "ticket_lifetime"),
            ),
        )

    def offered_ciphers(self) -> Mapping[int, str]:
        suites = self.api.CipherSuite
        return {
            code_point: suites.ietfNames.get(code_point, f"{code_point:#06x}")
            for listed in _LISTS
            for code_point in getattr(suites, listed)
        }

    def client_context(self, scenario: Scenario, peers: Peers) -> TlsliteContext:
        identity = peers.client if scenario.client_auth == "required" else None
        verifier = cryptography_verifier(Question(roots=(peers.root.certificate,), host=SERVER_NAME))
        return TlsliteContext(self, scenario, identity, verifier)

    def server_context(self, scenario: Scenario, peers: Peers) -> TlsliteContext:
        verifier = None
        if scenario.client_auth == "required":
            verifier = cryptography_verifier(Question(roots=(peers.root.certificate,), usage="client"))
        return TlsliteContext(self, scenario, peers.server, verifier)


def _exchange_of(suite: ciphers.CipherSuite) -> str:
    """Its name of the key exchange and authentication of a suite before TLS 1.3."""
    if suite.key_exchange == "RSA":
        return "rsa"
    return f"{suite.key_exchange}_{suite.authentication}".lower()


class TlsliteContext:
    """One side's settings, key and chain, and the verifier of the peer's chain."""

    def __init__(
        self,
        library: Tlslite,
        scenario: Scenario,
        identity: Identity | None,
        verifier: Any,
    ) -> None:
        api = library.api
        self._api = api
        self._verifier = verifier
        self._credentials = _loaded(api, identity) if identity is not None else (None, None)
        settings = api.HandshakeSettings()
        settings.minVersion = settings.maxVersion = _VERSIONS[scenario.version]
        # By default it would compress with whatever is available.
        algorithms = [one for one in (scenario.certificate_compression,) if one not in ("", "none")]
        settings.certificate_compression_send = settings.certificate_compression_receive = algorithms
        suite = ciphers.BY_NAME[scenario.cipher]
        settings.cipherNames = [_CIPHERS[suite.encryption]]
        settings.macNames = ["aead" if suite.is_aead else suite.hash_name.lower()]
        if suite.version != "1.3":
            settings.keyExchangeNames = [_exchange_of(suite)]
        wanted = group_list(scenario).split(":")
        settings.eccCurves = [name for name in wanted if name in _CURVES] or settings.eccCurves
        settings.dhGroups = [name for name in wanted if name in PRIMES]
        settings.keyShares = [name for name in scenario.group.split(":")[:1] if name != NO_GROUP]
        if scenario.resumption in ("ticket", "psk"):
            settings.ticketKeys = [os.urandom(_TICKET_KEY_BYTES)]
        self._records = RecordSettings.of(scenario)
        self._records.configure(settings)
        self._psk_identity = b""
        if scenario.resumption == "external-psk":
            psk = external_psk()
            self._psk_identity = psk.identity
            settings.pskConfigs = [(psk.identity, psk.key, scenario.cipher.rpartition("_")[2].lower())]
        if scenario.ticket_lifetime not in ("", "default"):
            settings.ticketLifetime = int(scenario.ticket_lifetime)
        self._settings = settings
        self._cache = api.SessionCache() if scenario.resumption == "session-id" else None

    def connect(self, session: object | None = None, early_data: bytes = b"") -> TlsliteEndpoint:
        assert not early_data, "a capability says that there is none"
        pipe = Pipe()
        connection = self._api.TLSConnection(pipe)
        self._records.apply(connection)
        chain, key = self._credentials
        steps = connection.handshakeClientCert(
            certChain=chain,
            privateKey=key,
            session=session,
            settings=self._settings,
            serverName=SERVER_NAME,
            async_=True,
        )
        psk = self._psk_identity
        return TlsliteEndpoint(connection, pipe, steps, self._verifier, is_server=False, psk_identity=psk)

    def accept(self) -> TlsliteEndpoint:
        pipe = Pipe()
        connection = self._api.TLSConnection(pipe)
        self._records.apply(connection)
        chain, key = self._credentials
        steps = connection.handshakeServerAsync(
            certChain=chain,
            privateKey=key,
            reqCert=self._verifier is not None,
            sessionCache=self._cache,
            settings=self._settings,
        )
        return TlsliteEndpoint(connection, pipe, steps, self._verifier, is_server=True)


def _loaded(api: Any, identity: Identity) -> tuple[Any, Any]:
    chain = api.X509CertChain()
    chain.parsePemList(identity.chain_pem.decode("ascii"))
    key = identity.private_key
    modern = isinstance(key, ed25519.Ed25519PrivateKey)
    encoding = PrivateFormat.PKCS8 if modern else PrivateFormat.TraditionalOpenSSL
    pem = key.private_bytes(Encoding.PEM, encoding, NoEncryption())
    return chain, api.parsePEMKey(pem.decode("ascii"), private=True)
