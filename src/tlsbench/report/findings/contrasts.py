"""One choice against another: resumption, key types, post-quantum groups and signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from tlsbench.links.network import INITIAL_WINDOW_BYTES
from tlsbench.report.beside import arrows, not_known, stray_words
from tlsbench.report.digits import from_to
from tlsbench.report.findings.finding import Finding, amount, change_with_interval
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.report.naming import names
from tlsbench.results import Cell, Run
from tlsbench.scenarios.ciphers import BROKEN_VERSIONS
from tlsbench.scenarios.keys import BY_NAME as KEYS


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two values of an axis that people choose between.

    :param title: what the choice is about.
    :param value: of which the finding tells.
    :param against: what it is compared with.
    :param follows: axes that may be spelled otherwise, because they follow from the choice.
    :param brings: facts in which the cells must differ as well, which the finding then says.
    :param tells_bytes: whether what goes over the wire is part of the answer.
    :param beside: another axis, and its value where the first has ``against``.
    :param of_sessions: whether resumed handshakes are compared too.
    """

    title: str
    axis: str
    value: str
    against: str
    follows: tuple[str, ...] = ()
    tells_bytes: bool = False
    brings: tuple[str, ...] = ()
    beside: tuple[str, str] | None = None
    of_sessions: bool = False

    def takes(self, cell: Cell) -> bool:
        """Whether a cell may be on either side of the choice."""
        if self.beside is None or cell.axes.get(self.axis) != self.against:
            return True
        axis, value = self.beside
        return cell.axes.get(axis) == value


_SUITE = ("cipher",)
_POST_QUANTUM_ISSUERS = tuple(name for name in KEYS if name.startswith(("ml-dsa", "slh-dsa")))
#: What may stand in for a certificate, and what may become of a ticket.
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
            ("unknown-key", "A ticket under a key that is gone, which is refused"),
            ("expired", "A ticket whose lifetime is over, which is refused"),
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


def contrast_findings(run: Run) -> Iterator[Finding]:
    """A finding for each choice of which the run holds both sides, and can tell them apart."""
    handshakes = [cell for cell in run.cells if cell.axes["workload"] == "handshake"]
    for contrast in CONTRASTS:
        cells = filter(contrast.takes, handshakes if contrast.of_sessions else full_handshakes(run))
        compared = (contrast.beside[0],) if contrast.beside else ()
        chosen = (contrast.axis, contrast.value, contrast.against, contrast.follows)
        found = list(pairs(cells, *chosen, compared=compared))
        like = [pair for pair in found if {one.what for one in pair.beside.stray} <= {*contrast.brings}]
        told = [pair for pair in like if pair.is_told_apart(run)]
        unlike = stray_words([pair.beside.stray for pair in found])
        if told:
            yield told_finding(contrast, told, len(like) - len(told), len(found) - len(like), unlike)
        elif not like and unlike:
            yield Finding(f"{contrast.title}: not compared, because the cells also differ in {unlike}")


def told_finding(
    contrast: Contrast,
    told: Sequence[Pair],
    untold: int,
    not_alike: int = 0,
    unlike: str = "",
    *,
    what: str = "handshakes",
) -> Finding:
    """What pairs that differ by a choice have in common.

    :param told: those that differ by more than their uncertainty; ``untold`` is the number of the others.
    :param not_alike: how many are not compared, because they also differ in what ``unlike`` names.
    :param what: that takes the time.
    """
    named = zip(names([pair.context for pair in told]), told, strict=True)
    ordered = sorted(named, key=lambda one: one[1].ratio().median)
    ratios = [pair.ratio().median for _, pair in ordered]
    of = f" ({len(told)} comparisons)" if len(told) > 1 else ""
    details = [_sides(*ordered[0])]
    if len(ordered) > 1:
        details.append(_sides(*ordered[-1]))
    if contrast.tells_bytes:
        details.append(f"On the wire {_bytes(ordered[0][1])}")
        details += _beyond_the_window(ordered[0][1])
    besides = [pair.beside for pair in told]
    trips = _round_trips(told)
    if differing := arrows(besides, ("round trips",) if trips else ()):
        details.append(f"They also differ in {differing}")
    if unknown := not_known(besides):
        details.append(f"Unknown for one or both: {unknown}")
    if untold:
        details.append(f"No significant difference in {untold} more")
    if not_alike:
        details.append(f"{not_alike} more are not compared, because they also differ in {unlike}")
    noun = told[0].cell.instrument.noun
    return Finding(
        f"{contrast.title}: {what} take {amount(ratios[0], ratios[-1], noun)}{trips}{of}",
        tuple(details),
    )


def _round_trips(told: Sequence[Pair]) -> str:
    """What the choice does to the round trips, where it does the same in every pair."""
    changes = {
        (pair.against.ledger.round_trips, pair.cell.ledger.round_trips)
        for pair in told
        if pair.against.ledger.round_trips is not None and pair.cell.ledger.round_trips is not None
    }
    if len(changes) != 1:
        return ""
    [(before, after)] = changes
    assert before is not None
    assert after is not None
    if before == after:
        return ""
    count = abs(before - after)
    noun = "round trip" if count == 1 else "round trips"
    return f" and {count} {noun} {'fewer' if after < before else 'more'} ({before} → {after})"


def _sides(context: str, pair: Pair) -> str:
    unit = pair.cell.instrument.unit
    carried = from_to(pair.against.main.median, pair.cell.main.median, unit)
    sides = "".join(
        f"; {side} {change_with_interval(ratio)}"
        for side in ("client", "server")
        if side in pair.cell.figures and isfinite((ratio := pair.ratio(side)).high)
    )
    total = change_with_interval(pair.ratio())
    return f"{context or 'Both sides'}: {carried}, {total}{sides}"


def _bytes(pair: Pair) -> str:
    def change(ours: float, theirs: float) -> str:
        return f"{ours - theirs:+,.0f} bytes"

    cell, other = pair.cell, pair.against
    return (
        f"{change(cell.client_bytes, other.client_bytes)} from the client, "
        f"{change(cell.server_bytes, other.server_bytes)} from the server"
    )


def _beyond_the_window(pair: Pair) -> Iterator[str]:
    """That the choice makes the server's answer larger than what it may send at once."""
    if pair.against.server_bytes <= INITIAL_WINDOW_BYTES < pair.cell.server_bytes:
        yield (
            f"The server then sends {pair.cell.server_bytes:,.0f} bytes, more than the "
            f"{INITIAL_WINDOW_BYTES:,} of the initial congestion window (RFC 6928): over a network that can "
            "cost one more round trip"
        )


def full_handshakes(run: Run) -> list[Cell]:
    """The handshakes of a run that resume nothing."""
    return [
        cell
        for cell in run.cells
        if cell.axes["workload"] == "handshake" and cell.axes.get("resumption", "none") == "none"
    ]
