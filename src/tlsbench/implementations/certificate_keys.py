"""Certificate key types that not every library accepts, and how a library declares which ones it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tlsbench.scenarios import Gap, gap, keys, signatures

SECP521R1: Final = ("ecdsa-secp521r1",)
ED448: Final = ("ed448",)
BRAINPOOL: Final = tuple(name for name in keys.UNCOMMON if "brainpool" in name)
RSA_PSS: Final = tuple(name for name in keys.UNCOMMON if name.startswith("rsa-pss"))
SLH_DSA: Final = tuple(name for name in keys.UNCOMMON if name.startswith("slh-dsa"))
BRAINPOOL_SIGNATURES: Final = tuple(name for name in signatures.BY_NAME if "brainpool" in name)
#: The axes of the issuers.
OF_ISSUERS: Final = ("intermediate_key", "root_key")
#: The first OpenSSL versions with brainpool signatures in TLS 1.3, and with SLH-DSA.
_BRAINPOOL_IN_13: Final = (3, 2)
_SLH_DSA_SINCE: Final = (3, 5)


def takes(*names: str, axes: tuple[str, ...] = keys.KEY_AXES) -> tuple[str, ...]:
    """The entries in the capabilities of a library that accepts certificates with these keys.

    :param axes: the axes of the certificates that may have them.
    """
    return tuple(f"{axis}={name}" for axis in axes for name in names)


def openssl_takes(version: tuple[int, int], *, brainpool: bool = True) -> tuple[str, ...]:
    """The same for OpenSSL, from 1.1.1 on.

    :param version: its major and minor version.
    :param brainpool: whether it was built with the brainpool curves.
    """
    slh_dsa = SLH_DSA if version >= _SLH_DSA_SINCE else ()
    return (
        *takes(*SECP521R1, *ED448, *RSA_PSS),
        *(takes(*BRAINPOOL) if brainpool else ()),
        *takes(*slh_dsa, axes=OF_ISSUERS),
    )


def openssl_key_gaps(engine: str, version: tuple[int, int], *, brainpool: bool = True) -> Iterator[Gap]:
    """What an OpenSSL cannot do with these keys."""
    if not brainpool:
        for axis in keys.KEY_AXES:
            yield gap(f"{engine} was built without the brainpool curves", **{axis: BRAINPOOL})
    elif version < _BRAINPOOL_IN_13:
        reason = f"{engine} signs with brainpool curves only in TLS 1.2: version=1.2"
        yield gap(reason, version="1.3", key=BRAINPOOL)
    if version >= _SLH_DSA_SINCE:
        reason = (
            f"{engine} verifies SLH-DSA in certificates, but signs no handshakes with it: use it as root_key "
            "or intermediate_key"
        )
        yield gap(reason, key=SLH_DSA)
    else:
        for axis in keys.KEY_AXES:
            yield gap(f"{engine} has no SLH-DSA: that came with OpenSSL 3.5", **{axis: SLH_DSA})
    yield gap(
        "OpenSSL sends no Ed448 or RSA-PSS certificate in DTLS 1.2", transport="dtls", key=(*ED448, *RSA_PSS)
    )
