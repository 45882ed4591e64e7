"""Named sets of scenarios. A profile is one or more products of selectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tlsbench.scenarios.keys import KEY_TYPES


@dataclass(frozen=True, slots=True)
class Profile:
    """A named request: ``selections`` are lines of selectors, measured in one interleaved run."""

    name: str
    meaning: str
    selections: tuple[str, ...]


#: TLS 1.2 and 1.3, RSA and ECDSA, full and resumed, and the three AEADs, in both built-in
#: libraries. secp256r1 is the only group, and AES-256-GCM the only TLS 1.3 suite, that stdlib ssl
#: can be restricted to with an ECDSA certificate too, so every row of one library has its counterpart.
QUICK = Profile(
    "quick",
    "TLS 1.2 and 1.3, RSA and ECDSA, full and resumed, three AEADs, in ssl and pyopenssl",
    (
        "implementation=ssl,pyopenssl version=1.2 key=rsa-2048,ecdsa-secp256r1 resumption=none,ticket",
        "implementation=ssl,pyopenssl version=1.3 key=rsa-2048,ecdsa-secp256r1 resumption=none,psk",
        (
            "workload=bulk implementation=ssl,pyopenssl version=1.2 key=ecdsa-secp256r1 "
            "cipher=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        ),
    ),
)

#: The AEADs of the TLS 1.3 suites, encrypting and decrypting.
_OF_SUITES = ",".join(
    f"{aead}/{operation}"
    for operation in ("encrypt", "decrypt")
    for aead in ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aes-128-ccm")
)
_SIZES = "16B,256B,1KiB,4KiB,16KiB,256KiB,1MiB"
#: AES-GCM and ChaCha20-Poly1305 from 16 B to 1 MiB, in TLS records and alone, with and without AES
#: instructions; and the other suites at the size of a full record.
CIPHERS = Profile(
    "ciphers",
    "AES-GCM and ChaCha20-Poly1305 from 16 B to 1 MiB, with and without AES instructions; the other suites",
    (
        (
            "workload=bulk version=1.3 cipher=TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256 "
            f"cpu=native,no-aes size={_SIZES}"
        ),
        (
            "workload=primitive algorithm=aes-128-gcm/encrypt,chacha20-poly1305/encrypt "
            f"cpu=native,no-aes size={_SIZES}"
        ),
        "workload=bulk version=1.3 cipher=TLS_AES_*_GCM_*,TLS_AES_128_CCM_SHA256 size=16KiB",
        f"workload=primitive algorithm={_OF_SUITES} size=16KiB",
    ),
)

#: Handshakes and bulk data with every suite of pyOpenSSL's engine; finite-field Diffie-Hellman compared with
#: curves; and the broken versions. Needs a longer --time-budget.
CIPHERS_ALL = Profile(
    "ciphers-all",
    "every cipher suite of pyOpenSSL, handshakes and data; DHE groups; TLS 1.0 and 1.1, which are broken",
    (
        "cipher=*",
        "workload=bulk cipher=* size=16KiB",
        "version=1.2 cipher=TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 group=ffdhe*",
        "version=1.3 key=rsa-2048 group=secp256r1,x25519,ffdhe2048,ffdhe3072,ffdhe4096",
        "version=1.0,1.1,1.2 key=rsa-2048 cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA resumption=none,ticket",
        "version=1.2,1.3 key=rsa-2048",
    ),
)

#: The usual choices for each kind of primitive.
PRIMITIVES = Profile(
    "primitives",
    "the usual choices of ciphers, hashes, key agreements and signatures, without TLS",
    (
        (
            "workload=primitive size=16KiB algorithm=aes-128-gcm/encrypt,chacha20-poly1305/encrypt,"
            "aes-128-cbc/encrypt,aes-128-cbc/decrypt,sha-256/digest,sha3-256/digest,blake2b/digest"
        ),
        (
            "workload=primitive algorithm=x25519/exchange,secp256r1/exchange,ffdhe2048/exchange,"
            "ml-kem-768/encapsulate,ml-kem-768/decapsulate"
        ),
        (
            "workload=primitive algorithm=rsa-2048/sign,rsa-2048/sign_pkcs1,rsa-2048/verify,"
            "rsa-2048/verify_pkcs1,ecdsa-secp256r1/sign,ecdsa-secp256r1/verify,ed25519/sign,ed25519/verify,"
            "ml-dsa-65/sign,ml-dsa-65/verify"
        ),
    ),
)
#: The cost of a login: each hash is slow on purpose, so they are not in the profile above.
PASSWORDS = Profile(
    "passwords",
    "password hashes with the parameters of OWASP and RFC 9106: Argon2id, scrypt, PBKDF2",
    ("workload=primitive algorithm=argon2id-*,scrypt-n17-r8-p1/derive,pbkdf2-*",),
)
#: Every primitive, by two engines; needs a longer --time-budget.
PRIMITIVES_ALL = Profile(
    "primitives-all",
    "every primitive of the cryptography package and of libssl's libcrypto, at 16 KiB (about 400 cells)",
    ("workload=primitive implementation=cryptography,libssl algorithm=* size=16KiB",),
)

#: A full handshake and every way to resume it.
RESUMPTION = Profile(
    "resumption",
    "a full handshake and every way to resume it",
    (
        "version=1.2 key=rsa-2048,ecdsa-secp256r1 resumption=none,session-id,ticket",
        "version=1.3 key=rsa-2048,ecdsa-secp256r1 resumption=none,psk,early-data",
    ),
)

#: Key types, longer and mixed chains, client certificates, stapling and trust stores: the cost of
#: authentication for each side, and the operations on certificates alone.
CERTIFICATES = Profile(
    "certificates",
    "every classical key type, longer and mixed chains, client certificates, OCSP stapling, trust stores",
    (
        "key=rsa-2048,rsa-3072,rsa-4096,ecdsa-secp256r1,ecdsa-secp384r1,ed25519",
        "key=rsa-2048,ecdsa-secp256r1 chain_length=2,3",
        "key=ecdsa-secp256r1 chain_length=2 root_key=rsa-2048,ml-dsa-65",
        "key=rsa-2048,ecdsa-secp256r1 client_auth=required",
        "key=rsa-2048,ecdsa-secp256r1 ocsp=stapled",
        "implementation=ssl,pyopenssl key=ecdsa-secp256r1 trust=1,150",
        "workload=certificate implementation=pyopenssl,cryptography operation=*",
    ),
)

#: The cost of each key type relative to ECDSA P-256, of SLH-DSA and ML-DSA issuers above other leaves, and
#: what a server saves by omitting its intermediates.
KEYS = Profile(
    "keys",
    "every key type of a leaf, post-quantum issuers above another leaf, chains sent without intermediates",
    (
        (
            "version=1.3 key=ecdsa-*,rsa-2048,rsa-pss-2048,ed25519,ed448,ml-dsa-44,ml-dsa-65,ml-dsa-87 "
            "chain_length=1"
        ),
        (
            "version=1.3 key=ecdsa-secp256r1 chain_length=2 "
            "root_key=same,ml-dsa-65,slh-dsa-sha2-128s,slh-dsa-sha2-128f,slh-dsa-shake-128s"
        ),
        (
            "version=1.3 key=ecdsa-secp256r1,ml-dsa-44,ml-dsa-65 chain_length=2,3 "
            "chain_sent=full,leaf,leaf-anchored"
        ),
        (
            "workload=completion version=1.3 group=X25519MLKEM768 rtt=50ms size=4KiB "
            "key=ecdsa-secp256r1,ml-dsa-44,ml-dsa-65,ml-dsa-87 chain_length=2,3 chain_sent=full,leaf"
        ),
    ),
)

#: ML-KEM key exchange and ML-DSA certificates compared with what they replace.
POST_QUANTUM = Profile(
    "post-quantum",
    "ML-KEM groups, full and resumed, and ML-DSA chains, compared with what they replace",
    (
        "group=x25519,X25519MLKEM768,secp256r1,SecP256r1MLKEM768,MLKEM768 resumption=none,psk",
        "group=X25519MLKEM768 key=ml-dsa-44,ml-dsa-65,ml-dsa-87 chain_length=1,2",
    ),
)

_OVER = "workload=completion implementation=pyopenssl rtt=20ms,50ms,150ms size=4KiB"
#: The effect of a network on versions, on resumption, and on chains that fill the initial window.
NETWORK = Profile(
    "network",
    "TLS 1.2, 1.3, resumption, 0-RTT and post-quantum chains over 20, 50 and 150 ms, in virtual time",
    (
        f"{_OVER} version=1.2 group=secp256r1 key=ecdsa-secp256r1,rsa-2048 resumption=none,ticket",
        (
            f"{_OVER} version=1.3 group=X25519MLKEM768 key=ecdsa-secp256r1,rsa-2048 "
            "resumption=none,psk,early-data"
        ),
        (
            f"{_OVER} version=1.3 group=X25519MLKEM768 "
            "key=ecdsa-secp256r1,rsa-2048,ml-dsa-44,ml-dsa-65,ml-dsa-87 chain_length=1,2,3 initcwnd=10,30"
        ),
    ),
)

_BOTH = "key=ecdsa-secp256r1 group=secp256r1"
_OF_12 = f"version=1.2 {_BOTH} cipher=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
_SPEAK_QUIC = "implementation=pyopenssl,libssl:*"
_SPEAK_DTLS = f"implementation=libssl,pyopenssl {_OF_12}"
_QUIC_ALONE = "implementation=aioquic,qh3 transport=quic key=ecdsa-secp256r1"
#: The transports compared, by the same libraries where they have both, with the same suite, group and key;
#: and what only datagrams have: address validation, sizes, and chains held back by the amplification limit.
TRANSPORTS = Profile(
    "transports",
    "QUIC and TLS 1.3, DTLS and TLS 1.2: handshakes, data, requests, address validation, chains",
    (
        f"{_SPEAK_QUIC} transport=tls,quic version=1.3 {_BOTH} resumption=none,psk",
        f"{_QUIC_ALONE} resumption=none,psk,early-data",
        f"{_QUIC_ALONE} address_check=yes",
        "implementation=aioquic transport=quic key=ecdsa-secp256r1,rsa-4096 chain_length=1,2,3",
        f"workload=bulk,echo,request {_SPEAK_QUIC} transport=tls,quic version=1.3 {_BOTH} size=16KiB",
        f"workload=bulk,echo,request {_QUIC_ALONE} size=16KiB",
        f"{_SPEAK_DTLS} transport=tls,dtls resumption=none,ticket",
        f"{_SPEAK_DTLS} transport=dtls address_check=yes",
        f"{_SPEAK_DTLS} transport=dtls chain_length=3 mtu=548,1200,1472",
        f"workload=bulk,echo {_SPEAK_DTLS} transport=tls,dtls size=1KiB,16KiB",
        f"implementation=libmbedtls {_OF_12} transport=tls,dtls resumption=ticket",
        f"workload=bulk implementation=libmbedtls {_OF_12} transport=tls,dtls size=16KiB",
    ),
)

_EVERY = "ssl,libssl,pyopenssl,utls,rtls"
#: Every TLS library at both ends, resumed if possible, and each end against pyOpenSSL: there all use one
#: cipher suite and one group, which not every library can be restricted to when it talks to itself.
IMPLEMENTATIONS = Profile(
    "implementations",
    "every TLS library: full and resumed handshakes, each side against the same peer, bulk",
    (
        (
            f"implementation={_EVERY} version=1.2 key=rsa-2048 group=x25519 "
            "cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 resumption=none,ticket"
        ),
        f"implementation={_EVERY} version=1.3 key=ecdsa-secp256r1 resumption=none,psk",
        (
            f"client={_EVERY} server=pyopenssl version=1.3 cipher=TLS_AES_128_GCM_SHA256 group=x25519 "
            "key=ecdsa-secp256r1"
        ),
        (
            f"client=pyopenssl server={_EVERY} version=1.3 cipher=TLS_AES_128_GCM_SHA256 group=x25519 "
            "key=ecdsa-secp256r1"
        ),
        (
            f"client={_EVERY},mbedtls,tlslite server=pyopenssl version=1.2 "
            "group=secp256r1 key=ecdsa-secp256r1 cipher=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        ),
        (
            f"client=pyopenssl server={_EVERY},mbedtls,tlslite version=1.2 "
            "client_auth=required chain_length=2 group=secp256r1 key=ecdsa-secp256r1 "
            "cipher=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        ),
        (
            f"workload=bulk implementation={_EVERY} version=1.2 key=rsa-2048 group=x25519 "
            "cipher=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        ),
    ),
)

_SCALING = "workload=scaling version=1.3 key=ecdsa-secp256r1"
#: Threads of one process compared with processes: full handshakes of every engine, with a shared context and
#: with one each, resumed handshakes, and bulk. Each visit to a cell takes half a second: needs a longer
#: --time-budget.
SCALING = Profile(
    "scaling",
    "1, 2 and 4 threads and the same number of processes: full, resumed, bulk; shared and own contexts",
    (
        f"{_SCALING} implementation=libssl:*,ssl,pyopenssl,utls,rtls threads=1,2,4",
        f"{_SCALING} implementation=libssl,pyopenssl threads=1,2,4 context=shared,own",
        f"{_SCALING} implementation=libssl,pyopenssl threads=1,2,4 resumption=psk",
        f"{_SCALING} implementation=libssl,pyopenssl threads=1,2,4 task=bulk size=16KiB",
    ),
)

_ENGINES = "libssl:*,ssl,pyopenssl,utls,rtls,s2n,gnutls,wolfssl"
#: In addition a pure Python library, and two that stop at TLS 1.2: only against a peer.
_AGAINST_A_PEER = f"{_ENGINES},libmbedtls,mbedtls,tlslite"
_SAME_12 = "version=1.2 group=secp256r1 key=ecdsa-secp256r1 cipher=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
_SAME_13 = "version=1.3 group=x25519 key=ecdsa-secp256r1 cipher=TLS_AES_128_GCM_SHA256"
#: The league table: every engine that is found, with the same key; full, resumed, bulk, memory. Against the
#: same peer all use one suite and one group; at both ends some offer no choice and use their own.
ENGINES = Profile(
    "engines",
    "the league table: every TLS library that 'tlsbench engines' finds, full, resumed, bulk, memory",
    (
        f"implementation={_ENGINES} version=1.3 key=ecdsa-secp256r1 resumption=none,psk",
        f"implementation={_ENGINES} {_SAME_12} resumption=none,ticket",
        f"client={_AGAINST_A_PEER} server=pyopenssl {_SAME_13}",
        f"client=pyopenssl server={_AGAINST_A_PEER} {_SAME_13}",
        f"client={_AGAINST_A_PEER} server=pyopenssl {_SAME_12}",
        f"workload=bulk implementation={_ENGINES} {_SAME_12} size=16KiB",
        f"workload=memory implementation={_ENGINES} version=1.3 key=ecdsa-secp256r1",
    ),
)

_RECORDS = "version=1.3 key=ecdsa-secp256r1"
#: The cost of records by size and padding, and of new keys for them. A KeyUpdate is compared with the echo of
#: a byte, as both send one record each way; a network shows what small records are for.
RECORDS = Profile(
    "records",
    "padding, small records and agreed limits in bulk and echo, KeyUpdates, and first bytes over a network",
    (
        f"workload=bulk implementation=libssl {_RECORDS} size=16KiB record_size=default,512,1435,4096",
        f"workload=bulk implementation=libssl {_RECORDS} size=16KiB max_fragment_length=512,4096",
        f"workload=bulk implementation=libssl {_RECORDS} size=1000B padding=none,128,1024,4096,16384",
        f"workload=echo implementation=libssl {_RECORDS} size=1000B padding=none,4096,16384",
        f"workload=key_update implementation=libssl {_RECORDS} request_update=*",
        f"workload=echo implementation=libssl {_RECORDS} size=1B",
        (
            f"workload=completion implementation=libssl {_RECORDS} rtt=50ms bandwidth=1mbit size=64KiB "
            "record_size=default,1435,4096"
        ),
    ),
)

_USUAL_KEYS = f"key={','.join(key_type.name for key_type in KEY_TYPES if not key_type.uncommon)}"
#: The AEAD suites in common use: those of TLS 1.3, and those with ECDHE.
_AEADS: Final = (
    "TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
    "TLS_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
    "TLS_CHACHA20_POLY1305_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
)
#: The same, and CCM and CBC suites.
_COMMON: Final = (
    "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,TLS_CHACHA20_POLY1305_SHA256,TLS_AES_128_CCM_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
)
_CURVES_AND_KEMS: Final = (
    "secp256r1,x25519,secp384r1,secp521r1,x448,X25519MLKEM768,SecP256r1MLKEM768,SecP384r1MLKEM1024,"
    "MLKEM512,MLKEM768,MLKEM1024"
)
#: Every combination of the common values; needs a longer --time-budget.
FULL = Profile(
    "full",
    "the common suites, every group, key type and resumption of TLS 1.2 and 1.3 (over a thousand cells)",
    (
        (
            f"implementation={_EVERY} version=1.2,1.3 cipher={_AEADS} "
            "key=rsa-2048,ecdsa-secp256r1 resumption=none,session-id,ticket,psk,early-data"
        ),
        (
            f"implementation={_EVERY} version=1.2,1.3 group={_CURVES_AND_KEMS} key=ecdsa-secp256r1 "
            "resumption=none,ticket,psk"
        ),
        f"implementation={_EVERY} version=1.2,1.3 {_USUAL_KEYS} chain_length=1,3 client_auth=*",
        (
            f"workload=bulk,echo implementation={_EVERY} version=1.2,1.3 "
            f"cipher={_COMMON} link=memory,tcp,unix "
            "key=rsa-2048,ecdsa-secp256r1 size=1KiB,16KiB"
        ),
        "workload=primitive algorithm=* size=1KiB,16KiB",
    ),
)

PROFILES = {
    profile.name: profile
    for profile in (
        QUICK,
        CIPHERS,
        CIPHERS_ALL,
        PRIMITIVES,
        PASSWORDS,
        PRIMITIVES_ALL,
        RESUMPTION,
        CERTIFICATES,
        KEYS,
        POST_QUANTUM,
        NETWORK,
        TRANSPORTS,
        IMPLEMENTATIONS,
        ENGINES,
        SCALING,
        RECORDS,
        FULL,
    )
}
