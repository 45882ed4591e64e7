"""``wolfssl``: the system's wolfSSL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tlsbench.errors import RequestError
from tlsbench.implementations.certificate_keys import BRAINPOOL, ED448, OF_ISSUERS, RSA_PSS, SECP521R1, takes
from tlsbench.implementations.libssl.bindings import text
from tlsbench.implementations.libssl.context import LibSslContext
from tlsbench.implementations.libssl.credentials import Part
from tlsbench.implementations.libssl.library import LibSslShaped
from tlsbench.implementations.libssl.suites import old_versions
from tlsbench.implementations.missing import NotInstalledError
from tlsbench.implementations.offers import not_offered
from tlsbench.implementations.openssl_names import ML_DSA, is_of_dhe
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.record_gaps import no_records, no_secrets_for_key_updates
from tlsbench.implementations.wolfssl import bindings as native
from tlsbench.implementations.wolfssl.bindings import Library
from tlsbench.implementations.wolfssl.psk import ExternalPsks
from tlsbench.pki import Peers
from tlsbench.protocol import finite_fields
from tlsbench.scenarios import Capabilities, Scenario, ciphers, gap, groups
from tlsbench.scenarios.axes import AXES

#: By key type: the groups that its server accepts only if the key's curve is not listed with them.
_PREFERS_CURVE_OF: Final = {
    "ecdsa-secp256r1": ("secp384r1", "secp521r1", "x448"),
    "ecdsa-secp384r1": ("secp521r1", "x448"),
}


@dataclass(frozen=True)
class WolfSsl(LibSslShaped):
    """wolfSSL, loaded by path.

    :param path: a file name that the dynamic linker finds, or a path.
    """

    id: str = "wolfssl"
    summary: str = "the system's wolfSSL, called through cffi"

    @cached_property
    def library(self) -> Library:
        library = native.load(self.path)
        if library.missing:
            raise RequestError(
                f"{self.path} has no {', '.join(library.missing)}: a build without its OpenSSL layer"
            )
        return library

    def engine(self) -> str:
        return f"wolfSSL {text(self.library.wolfSSL_lib_version())} in {self.path}"

    def processor(self) -> str | None:
        return None

    def client_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        context = super().client_context(scenario, peers)
        if scenario.resumption == "ticket":
            self.library.wolfSSL_CTX_UseSessionTicket(context.context)
        return context

    def server_context(self, scenario: Scenario, peers: Peers) -> LibSslContext:
        context = super().server_context(scenario, peers)
        if is_of_dhe(scenario):
            prime, generator = finite_fields.prime_bytes(scenario.group), bytes((finite_fields.GENERATOR,))
            self.library.wolfSSL_CTX_SetTmpDH(context.context, prime, len(prime), generator, len(generator))
        if scenario.resumption == "session-id":
            self.library.wolfSSL_CTX_NoTicketTLSv12(context.context)
        return context

    def _parts_of(
        self,
        context: Any,
        scenario: Scenario,
        peers: Peers,  # noqa: ARG002 - as of a libssl
        *,
        is_server: bool,
    ) -> Sequence[Part]:
        if scenario.psk_mode == "psk_ke":
            self.library.wolfSSL_CTX_no_dhe_psk(context)
        if scenario.resumption != "external-psk":
            return ()
        return (ExternalPsks(self.library, context, scenario, is_server=is_server),)

    def _anchor(self, context: Any) -> None:
        """Do nothing: whatever it trusts ends a chain."""

    def offered_ciphers(self) -> Mapping[int, str]:
        names = self.library.suites()
        return {
            (ciphers.BY_NAME[name].code_point if name in ciphers.BY_NAME else -at): name
            for at, name in enumerate(names, 1)
        }

    def capabilities(self) -> Capabilities:
        return Capabilities(
            (
                not_offered(self.engine(), self.offered_ciphers()),
                gap(
                    f"{self.engine()} does not know the group",
                    group=tuple(name for name in groups.BY_NAME if not self._knows_group(name)),
                ),
                *(
                    gap(f"{self.engine()} does not support such certificates", **{axis: ML_DSA})
                    for axis in ("key", "intermediate_key", "root_key")
                ),
                gap(
                    "Debian's build of it has no raw public keys (HAVE_RPK)",
                    certificate_type="raw_public_key",
                ),
                gap(
                    "its server accepts no ticket whose lifetime exceeds that of its keys, an hour",
                    server="wolfssl",
                    ticket_lifetime=AXES["ticket_lifetime"].special,
                ),
                gap(
                    "its PSKs of TLS 1.2 are not supported here: add version=1.3",
                    version="1.2",
                    resumption="external-psk",
                ),
                gap(
                    "it signs with an RSA-PSS key as with an RSA key (rsa_pss_rsae_*), which others refuse",
                    key=RSA_PSS,
                ),
                gap("its signatures with brainpool keys are refused by others", key=BRAINPOOL),
                gap("its OCSP stapling is not supported here: it asks a responder itself", ocsp="stapled"),
                gap(
                    "after a resumed handshake it sends one ticket",
                    server="wolfssl",
                    tickets=("2", "3", "4"),
                    resumption="psk",
                ),
                gap(
                    "in a handshake resumed by a ticket, its server does not report the peer's certificate",
                    server="wolfssl",
                    resumption="ticket",
                    client_auth="required",
                ),
                *(
                    gap(
                        "its server selects the shortest listed curve, and that of its certificate is listed",
                        version="1.2",
                        server="wolfssl",
                        key=key,
                        group=longer,
                    )
                    for key, longer in _PREFERS_CURVE_OF.items()
                ),
                *no_records(
                    "it cannot pad records, and limits their size only by max_fragment_length",
                    "padding",
                    "record_size",
                ),
                no_secrets_for_key_updates(self.id),
                gap(
                    "its client's KeyUpdate always asks for another (wolfSSL_update_keys)",
                    client=self.id,
                    request_update="update_not_requested",
                ),
                *no_records("the only limit that it supports is max_fragment_length", "record_size_limit"),
                *(
                    gap(
                        "it does not split the signature of an RSA-4096 key at the length that was agreed on",
                        workload="handshake",
                        version="1.3",
                        key="rsa-4096",
                        max_fragment_length="512",
                        **end,
                    )
                    for end in ({"server": self.id}, {"client": self.id, "client_auth": "required"})
                ),
                *facts(self.id),
            ),
            supports=(
                "trust",
                "session",
                "tickets",
                "workload=scaling",
                "resumption=external-psk",
                "psk_mode",
                "max_fragment_length",
                "workload=key_update",
                "chain_sent=leaf-anchored",
                *takes(*SECP521R1, *ED448),
                *takes(*BRAINPOOL, *RSA_PSS, axes=OF_ISSUERS),
                *(f"version={version}" for version in old_versions(self.library)),
            ),
        )


def of_the_system() -> WolfSsl:
    """The system's wolfSSL.

    :raises NotInstalledError: if it has none.
    """
    path = native.find()
    if path is None:
        raise NotInstalledError("the system has no libwolfssl (on Debian 12: apt-get install libwolfssl35)")
    return WolfSsl(path)
