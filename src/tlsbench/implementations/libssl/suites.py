"""The cipher suites that a libssl lists, and finite-field Diffie-Hellman before TLS 1.3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tlsbench.errors import HandshakeError
from tlsbench.implementations.libssl.bindings import Library, ffi, text
from tlsbench.protocol import groups
from tlsbench.protocol.messages import VERSION_CODE_POINTS
from tlsbench.scenarios import Gap, ciphers, gap
from tlsbench.scenarios.axes import AXES
from tlsbench.scenarios.groups import PRIMES

#: Every suite, including those without encryption or authentication; BoringSSL knows only the first word.
_EVERY: Final = (b"ALL:COMPLEMENTOFALL:@SECLEVEL=0", b"ALL")
#: NID_ffdhe2048 and those after it: obj_mac.h
_NIDS: Final[Mapping[str, int]] = dict(zip(PRIMES, range(1126, 1131), strict=True))
# SSL_CTX_ctrl and SSL_ctrl: ssl.h
_SET_TMP_DH: Final = 3
_GET_PEER_TMP_KEY: Final = 109
_GET_TMP_KEY: Final = 133
#: The functions for setting a server's DHE group.
NEEDED_FOR_DHE: Final = ("DH_new_by_nid", "SSL_CTX_ctrl")


def offered_ciphers(lib: Library) -> dict[int, str]:
    """The suites of a library; see :class:`tlsbench.implementations.offers.ListsCiphers`."""
    context = ffi.gc(lib.SSL_CTX_new(lib.TLS_client_method()), lib.SSL_CTX_free)
    next(words for words in _EVERY if lib.SSL_CTX_set_cipher_list(context, words) == 1)
    lib.ERR_clear_error()
    listed = _listed(lib, context)
    if lib.has("SSL_CTX_set_ciphersuites"):  # a separate list, which by default does not have every suite
        for suite in ciphers.CIPHER_SUITES:
            name = suite.name.encode("ascii")
            if suite.version == "1.3" and lib.SSL_CTX_set_ciphersuites(context, name) == 1:
                listed |= {point: told for point, told in _listed(lib, context).items() if told == suite.name}
        lib.ERR_clear_error()
    return listed


def _listed(lib: Library, context: Any) -> dict[int, str]:
    stack = lib.SSL_CTX_get_ciphers(context)
    suites = [
        ffi.cast("SSL_CIPHER *", lib.OPENSSL_sk_value(stack, at)) for at in range(lib.OPENSSL_sk_num(stack))
    ]
    return {
        lib.SSL_CIPHER_get_id(suite) & 0xFFFF: text(lib.SSL_CIPHER_get_name(suite)) or "" for suite in suites
    }


def unknown_groups(lib: Library, engine: str, unknown: tuple[str, ...]) -> Iterator[Gap]:
    """The gaps of groups that a library does not list; its DHE may support the primes all the same."""
    reason = f"{engine} does not know the group"
    yield gap(reason, group=tuple(name for name in unknown if name not in PRIMES))
    primes = tuple(name for name in unknown if name in PRIMES)
    versions = ("1.3",) if not lib.lacks(*NEEDED_FOR_DHE) else AXES["version"].values
    yield gap(reason, version=versions, group=primes)


def set_prime(lib: Library, context: Any, group: str) -> None:
    """Have a server of TLS 1.2 or older use a group of RFC 7919 for DHE.

    :raises HandshakeError: if the library refuses it.
    """
    parameters = ffi.gc(lib.DH_new_by_nid(_NIDS[group]), lib.DH_free)
    if lib.SSL_CTX_ctrl(context, _SET_TMP_DH, 0, parameters) != 1:
        raise HandshakeError(f"{lib.name}: it does not take {group} for DHE")


def group_of(lib: Library, tls: Any) -> str | None:
    """The group of a connection, by its IANA name; None if there was none, or it is not reported."""
    suite = ciphers.BY_NAME.get(lib.cipher_of(tls) or "")
    if suite is None or suite.exchanges_in_group != "prime":
        return lib.group_of(tls)
    if not lib.has("SSL_ctrl"):
        return None
    place = ffi.new("EVP_PKEY **")
    for command in (_GET_PEER_TMP_KEY, _GET_TMP_KEY):
        if lib.SSL_ctrl(tls, command, 0, place) == 1:
            key = ffi.gc(place[0], lib.EVP_PKEY_free)
            return groups.name_of(groups.of_prime(_prime_of(lib, key)))
    return None


def _prime_of(lib: Library, key: Any) -> int:
    """The prime of a Diffie-Hellman key."""
    if lib.has("EVP_PKEY_get_bn_param"):
        place = ffi.new("BIGNUM **")
        lib.EVP_PKEY_get_bn_param(key, b"p", place)
        number = ffi.gc(place[0], lib.BN_free)
    else:
        borrowed = ffi.new("const BIGNUM **")
        lib.DH_get0_pqg(lib.EVP_PKEY_get0_DH(key), borrowed, ffi.NULL, ffi.NULL)
        number = borrowed[0]
    out = ffi.new("unsigned char[]", lib.BN_num_bits(number) // 8 + 1)
    return int.from_bytes(bytes(ffi.buffer(out, lib.BN_bn2bin(number, out))), "big")


def old_versions(lib: Library) -> tuple[str, ...]:
    """Those of TLS 1.0 and 1.1 that it still has: a build without them refuses them as a maximum."""
    context = ffi.gc(lib.SSL_CTX_new(lib.TLS_client_method()), lib.SSL_CTX_free)
    found = tuple(
        version
        for version in ciphers.BROKEN_VERSIONS
        if lib.SSL_CTX_set_max_proto_version(context, VERSION_CODE_POINTS[version]) == 1
    )
    lib.ERR_clear_error()
    return found
