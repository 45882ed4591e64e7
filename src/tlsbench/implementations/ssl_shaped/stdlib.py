"""``ssl``: Python's own ssl module."""

from __future__ import annotations

import ctypes
import ssl
import sys
from importlib import import_module
from types import ModuleType
from typing import Final

from tlsbench.implementations.certificate_keys import openssl_key_gaps, openssl_takes
from tlsbench.implementations.gaps import SYSTEM_LIBCRYPTO, kernel_tls_gap
from tlsbench.implementations.openssl_names import CPU_INFO, HANDSHAKE_BUFFER_BYTES, ML_DSA
from tlsbench.implementations.ssl_shaped.adapter import SslShaped, groups_but
from tlsbench.scenarios import Gap, gap, keys
from tlsbench.scenarios.ciphers import BEFORE_13
from tlsbench.scenarios.groups import PRIMES

#: OpenSSL's short names (OBJ_sn2nid), which set_ecdh_curve looks up.
_CURVES: Final = {
    "secp256r1": "prime256v1",
    "secp384r1": "secp384r1",
    "secp521r1": "secp521r1",
    "x25519": "X25519",
    "x448": "X448",
}


def _supports(ssl: ModuleType) -> tuple[str, ...]:
    return (*(("chain_sent",) if STDLIB.tells_path else ()), *openssl_takes(_version(ssl)))


def _version(ssl: ModuleType) -> tuple[int, int]:
    major, minor, *_ = ssl.OPENSSL_VERSION_INFO
    return major, minor


def _gaps(ssl: ModuleType) -> tuple[Gap, ...]:
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return (
        kernel_tls_gap(),
        gap(
            f"{python}'s set_psk_client_callback() is not used here"
            if hasattr(ssl.SSLContext, "set_psk_client_callback")
            else f"{python} has no set_psk_client_callback()",
            resumption="external-psk",
        ),
        gap(
            f"{python} takes one curve, set_ecdh_curve(), and it is not a post-quantum group",
            group=groups_but((*_CURVES, *PRIMES)),
        ),
        gap(
            f"{python} takes one curve, set_ecdh_curve(), and in TLS 1.3 no prime",
            version="1.3",
            group=PRIMES,
        ),
        gap(
            f"this {python}'s set_ecdh_curve() does not take it: a newer one does",
            group=_refused(ssl),
        ),
        gap(
            f"{python} takes one curve: with more to offer, its client first sends a key for x25519",
            client="ssl",
            hello_retry="yes",
            group="x25519",
        ),
        gap(
            "a side with a trust store sends its root after a single leaf: add chain_length=2",
            client_auth="required",
            chain_length="1",
        ),
        *(
            gap(
                f"{python} takes one curve, and in TLS 1.2 it is the certificate's: "
                + (f"group={key.curve}" if key.curve in _CURVES else "it is not a group here"),
                version=BEFORE_13,
                key=key.name,
                group=groups_but((key.curve,)),
            )
            for key in keys.KEY_TYPES
            if key.curve
        ),
        *openssl_key_gaps(_engine(ssl), _version(ssl)),
        *(
            gap(
                f"{_engine(ssl)} has no ML-DSA certificates",
                **{axis: () if ssl.OPENSSL_VERSION_INFO >= (3, 5) else ML_DSA},
            )
            for axis in ("key", "intermediate_key", "root_key")
        ),
    )


def _refused(ssl: ModuleType) -> tuple[str, ...]:
    """The groups whose curve this Python refuses: older ones look for an elliptic curve of that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    refused = []
    for group, curve in _CURVES.items():
        try:
            context.set_ecdh_curve(curve)
        except ssl.SSLError:
            refused.append(group)
    return tuple(refused)


def _old_versions(ssl: ModuleType) -> tuple[str, ...]:
    """Those of TLS 1.0 and 1.1 that the module and its OpenSSL were built with."""
    return tuple(version for version, has in (("1.0", ssl.HAS_TLSv1), ("1.1", ssl.HAS_TLSv1_1)) if has)


def _engine(ssl: ModuleType) -> str:
    return " ".join(ssl.OPENSSL_VERSION.split()[:2])


def _processor(_ssl: ModuleType) -> str | None:
    """The processor features, from the libcrypto that the extension module is linked with."""
    try:
        version = ctypes.CDLL(import_module("_ssl").__file__).OpenSSL_version
    except (AttributeError, OSError):
        return None  # linked statically, with its symbols hidden
    version.restype = ctypes.c_char_p
    told: bytes = version(CPU_INFO)
    return told.decode("ascii")


STDLIB: Final = SslShaped(
    id="ssl",
    summary="Python's ssl module",
    module_name="ssl",
    engine_of=_engine,
    curves=_CURVES,
    tells_path=hasattr(ssl, "VERIFY_X509_PARTIAL_CHAIN"),
    every_cipher="ALL:COMPLEMENTOFALL:@SECLEVEL=0",
    level_0=":@SECLEVEL=0",
    old_versions=_old_versions,
    sets_tickets=True,
    handshake_buffer_bytes=HANDSHAKE_BUFFER_BYTES,
    libcrypto=SYSTEM_LIBCRYPTO,
    processor_of=_processor,
    supports=_supports,
    gaps=_gaps,
)
