"""``utls``: BoringSSL, through the package utls."""

from __future__ import annotations

from importlib.metadata import version
from types import ModuleType
from typing import Final

from tlsbench.implementations.certificate_keys import SECP521R1, takes
from tlsbench.implementations.extension_gaps import no_compression
from tlsbench.implementations.gaps import keys_of_two_kinds
from tlsbench.implementations.openssl_names import ML_DSA
from tlsbench.implementations.pairs import facts
from tlsbench.implementations.ssl_shaped.adapter import SslShaped, groups_but
from tlsbench.scenarios import Gap, gap
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS

_CURVES: Final = {
    "secp256r1": "P-256",
    "secp384r1": "P-384",
    "secp521r1": "P-521",
    "x25519": "X25519",
    "X25519MLKEM768": "X25519MLKEM768",
    "MLKEM1024": "MLKEM1024",
}

_REFUSED: Final = ("ed25519", *ML_DSA)


def _gaps(_utls: ModuleType) -> tuple[Gap, ...]:
    return (
        gap("BoringSSL does not know the group", group=groups_but(_CURVES)),
        gap(
            "it takes TLS 1.0 and 1.1 for minimum_version, and agrees on TLS 1.2 nevertheless",
            version=BROKEN_VERSIONS,
        ),
        gap("its API resumes no TLS 1.3 session", client="utls", resumption="psk"),
        *facts("utls"),
        no_compression("it offers that only in the fingerprint of a browser"),
        keys_of_two_kinds("utls"),
        gap(
            "by default BoringSSL offers no signatures with secp521r1: add version=1.2",
            version="1.3",
            key=SECP521R1,
        ),
        gap("its server reports the client's issuer as the client", server="utls", client_auth="required"),
        *(
            gap(
                "by default BoringSSL accepts no Ed25519 certificates, and no ML-DSA",
                **{axis: _REFUSED},
            )
            for axis in ("key", "intermediate_key", "root_key")
        ),
    )


UTLS: Final = SslShaped(
    id="utls",
    summary="BoringSSL, by the package utls",
    module_name="utls",
    engine_of=lambda _utls: f"BoringSSL in utls {version('utls')}",
    curves=_CURVES,
    takes_curve_list=True,
    ech=("on",),
    tells_ech=lambda tls: bool(tls.ech_accepted()),
    supports=lambda _utls: ("chain_sent=leaf-anchored", *takes(*SECP521R1)),
    gaps=_gaps,
)
