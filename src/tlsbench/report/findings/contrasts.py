"""One choice compared with another: resumption, key types, post-quantum groups and signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tlsbench.report.beside import stray_words
from tlsbench.report.findings.choices import Contrast, level_finding, told_finding
from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.pairs import pairs
from tlsbench.results import Cell, Run
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS
from tlsbench.scenarios.keys import BY_NAME as KEYS

_SUITE = ("cipher",)
_POST_QUANTUM_ISSUERS = tuple(name for name in KEYS if name.startswith(("ml-dsa", "slh-dsa")))
#: Alternatives to a certificate, and the states of a ticket.
CREDENTIALS = (
    Contrast(
        "An external PSK instead of a certificate",
        "resumption",
        "external-psk",
        "none",
        _SUITE,
        tells_bytes=True,
        of_sessions=True,
    ),
    Contrast(
        "An external PSK instead of a ticket",
        "resumption",
        "external-psk",
        "psk",
        tells_bytes=True,
        of_sessions=True,
    ),
    Contrast(
        "A raw public key instead of a certificate",
        "certificate_type",
        "raw_public_key",
        "x509",
        tells_bytes=True,
        beside=("chain_length", "1"),
    ),
    *(
        Contrast(
            f"A raw public key instead of a chain of {length}",
            "certificate_type",
            "raw_public_key",
            "x509",
            tells_bytes=True,
            beside=("chain_length", length),
        )
        for length in ("2", "3")
    ),
    Contrast(
        "A PSK without a key exchange (psk_ke)",
        "psk_mode",
        "psk_ke",
        "psk_dhe_ke",
        tells_bytes=True,
        of_sessions=True,
    ),
    *(
        Contrast(title, "ticket_state", state, "current", tells_bytes=True, of_sessions=True)
        for state, title in (
            ("previous-key", "A ticket under the previous key, which is accepted and replaced"),
            ("unknown-key", "A ticket under a key that the server no longer has, which is refused"),
            ("expired", "An expired ticket, which is refused"),
        )
    ),
)
CONTRASTS = (
    *(
        Contrast(f"Resumption by {value}", "resumption", value, "none", of_sessions=True)
        for value in ("psk", "ticket", "session-id", "early-data")
    ),
    *CREDENTIALS,
    Contrast("ECDSA P-256 instead of RSA-2048", "key", "ecdsa-secp256r1", "rsa-2048", _SUITE),
    Contrast("RSA-3072 instead of RSA-2048", "key", "rsa-3072", "rsa-2048", _SUITE),
    Contrast("RSA-4096 instead of RSA-2048", "key", "rsa-4096", "rsa-2048", _SUITE),
    Contrast("Ed25519 instead of ECDSA P-256", "key", "ed25519", "ecdsa-secp256r1", _SUITE),
    Contrast("X25519MLKEM768 instead of x25519", "group", "X25519MLKEM768", "x25519", tells_bytes=True),
    Contrast(
        "SecP256r1MLKEM768 instead of secp256r1",
        "group",
        "SecP256r1MLKEM768",
        "secp256r1",
        tells_bytes=True,
    ),
    Contrast("MLKEM768 instead of x25519", "group", "MLKEM768", "x25519", tells_bytes=True),
    Contrast("RSA-PSS-2048 instead of RSA-2048", "key", "rsa-pss-2048", "rsa-2048", _SUITE, tells_bytes=True),
    *(
        Contrast(f"{name} instead of ECDSA P-256", "key", value, "ecdsa-secp256r1", _SUITE, tells_bytes=True)
        for name, value in (
            ("ECDSA P-521", "ecdsa-secp521r1"),
            ("brainpoolP256r1", "ecdsa-brainpoolP256r1"),
            ("brainpoolP384r1", "ecdsa-brainpoolP384r1"),
            ("brainpoolP512r1", "ecdsa-brainpoolP512r1"),
            ("Ed448", "ed448"),
            ("ML-DSA-44", "ml-dsa-44"),
            ("ML-DSA-65", "ml-dsa-65"),
            ("ML-DSA-87", "ml-dsa-87"),
        )
    ),
    *(
        Contrast(f"{name} instead of secp256r1", "group", name, "secp256r1", tells_bytes=True)
        for name in ("ffdhe2048", "ffdhe3072", "ffdhe4096")
    ),
    *(
        Contrast(f"{name} instead of ffdhe2048", "group", name, "ffdhe2048", tells_bytes=True)
        for name in ("ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192")
    ),
    *(
        Contrast(f"{what} that signs with {name.upper()}", axis, name, "same", tells_bytes=True)
        for axis, what in (("root_key", "A root"), ("intermediate_key", "An intermediate"))
        for name in _POST_QUANTUM_ISSUERS
    ),
    Contrast("TLS 1.3 instead of TLS 1.2", "version", "1.3", "1.2", _SUITE),
    *(
        Contrast(
            f"TLS {new} instead of TLS {old}, which is broken",
            "version",
            new,
            old,
            _SUITE,
            brings=("cipher",) if new == "1.3" else (),  # they have no suite in common
        )
        for new in ("1.2", "1.3")
        for old in BROKEN_VERSIONS
    ),
    Contrast("DTLS instead of TLS over a stream", "transport", "dtls", "tls", tells_bytes=True),
    Contrast("A check of the client's address", "address_check", "yes", "no"),
    Contrast("A client certificate", "client_auth", "required", "none"),
    Contrast("A HelloRetryRequest", "hello_retry", "yes", "no"),
    Contrast("Encrypted ClientHello", "ech", "on", "default", tells_bytes=True),
    Contrast("GREASE for Encrypted ClientHello", "ech", "grease", "default", tells_bytes=True),
)
#: On these axes, values that no contrast above covers are compared with the first one of the run.
_OTHERWISE = {
    "chain_length": "A chain of {} certificates",
    **{
        axis: f"{axis}={{}}"
        for axis in ("group", "key", "signature", "tickets", "ocsp", "trust", "session", "cpu", "provider")
    },
}
#: At most this many values of such an axis, the last ones, get a finding; the table has them all.
_MOST_OTHERWISE = 4


def contrast_findings(run: Run) -> Iterator[Finding]:
    """A finding for each choice of which the run holds both sides, even if they do not differ."""
    handshakes = [cell for cell in run.cells if cell.axes["workload"] == "handshake"]
    for contrast in (*CONTRASTS, *_otherwise(full_handshakes(run))):
        cells = filter(contrast.takes, handshakes if contrast.of_sessions else full_handshakes(run))
        compared = (contrast.beside[0],) if contrast.beside else ()
        chosen = (contrast.axis, contrast.value, contrast.against, contrast.follows)
        found = list(pairs(cells, *chosen, compared=compared))
        like = [pair for pair in found if {one.what for one in pair.beside.stray} <= {*contrast.brings}]
        told = [pair for pair in like if pair.is_told_apart(run)]
        unlike = stray_words([pair.beside.stray for pair in found])
        if told:
            yield told_finding(contrast, told, len(like) - len(told), len(found) - len(like), unlike)
        elif like:
            yield level_finding(contrast, like, run, len(found) - len(like), unlike)
        elif unlike:
            yield Finding(f"{contrast.title}: not compared, because the cells also differ in {unlike}")


def _otherwise(cells: Sequence[Cell]) -> Iterator[Contrast]:
    """The choices that a run holds in addition to :data:`CONTRASTS`."""
    for axis, title in _OTHERWISE.items():
        first, *others = dict.fromkeys(cell.axes.get(axis, "") for cell in cells) or [""]
        named = {frozenset((one.value, one.against)) for one in CONTRASTS if one.axis == axis}
        left = [value for value in others if not any({value, other} in named for other in (first, *others))]
        for value in left[-_MOST_OTHERWISE:]:
            yield Contrast(
                f"{title.format(value)} instead of {first}",
                axis,
                value,
                first,
                ("cipher",) if axis == "key" else (),
                tells_bytes=True,
            )


def full_handshakes(run: Run) -> list[Cell]:
    """The handshakes of a run without resumption."""
    return [
        cell
        for cell in run.cells
        if cell.axes["workload"] == "handshake" and cell.axes.get("resumption", "none") == "none"
    ]
