"""What chains, resumption and processor time cost over a network, from ``workload=completion``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tlsbench.report.beside import arrows, not_known, stray_words
from tlsbench.report.findings.chains import chain_name, sent_before_the_answer
from tlsbench.report.findings.finding import Finding, round_trips, span
from tlsbench.report.findings.pairs import Pair, pairs
from tlsbench.results import Cell, Run

_NS_PER_MS = 1e6
_MOST_CHAINS = 6


class _Choice(NamedTuple):
    """A value that people choose on an axis, its alternative, and a title for the choice."""

    axis: str
    value: str
    against: str
    title: str


_CHOICES = (
    _Choice("version", "1.3", "1.2", "TLS 1.3 instead of TLS 1.2"),
    _Choice("resumption", "early-data", "none", "0-RTT instead of a full handshake"),
    _Choice("resumption", "psk", "none", "Resumption by psk"),
    _Choice("resumption", "ticket", "none", "Resumption by ticket"),
    _Choice("resumption", "external-psk", "none", "An external PSK instead of a certificate"),
    _Choice("certificate_type", "raw_public_key", "x509", "A raw public key instead of a certificate"),
    _Choice("ticket_state", "unknown-key", "current", "A ticket under a key that the server no longer has"),
    _Choice("group", "X25519MLKEM768", "x25519", "X25519MLKEM768 instead of x25519"),
    _Choice("key", "ml-dsa-44", "ecdsa-secp256r1", "ML-DSA-44 instead of ECDSA P-256"),
    _Choice("key", "ml-dsa-65", "ecdsa-secp256r1", "ML-DSA-65 instead of ECDSA P-256"),
    _Choice("key", "ml-dsa-87", "ecdsa-secp256r1", "ML-DSA-87 instead of ECDSA P-256"),
)
#: The axes of the choices for which the bytes are part of the answer.
_TELL_BYTES = ("group", "key")
#: Why more bytes can bring an answer sooner.
_OPENED = (
    "More bytes in the handshake open the server's congestion window (slow start), so that an answer larger "
    "than the initial window can come a round trip sooner; size=1KiB shows what the handshake alone takes"
)
#: The axes whose values may follow from the version.
_FOLLOWS = {"version": ("cipher", "group")}


def network_findings(run: Run) -> Iterator[Finding]:
    """Where a chain costs a round trip, what resumption saves, and the processors' share."""
    cells = [cell for cell in run.cells if cell.axes["workload"] == "completion" and cell.phases]
    yield from _chains(cells)
    for choice in _CHOICES:
        yield from _savings(run, cells, choice)
    yield from _processors(cells)


def _chains(cells: Sequence[Cell]) -> Iterator[Finding]:
    """The chains that take more round trips than the least, by initial window and Nagle's algorithm."""
    full = [
        cell
        for cell in cells
        if cell.axes.get("resumption") == "none"
        and cell.axes.get("certificate_compression", "none") == "none"
        and cell.axes["version"] == "1.3"
        and cell.axes.get("certificate_type", "x509") == "x509"
        and cell.axes.get("transport", "tls") == "tls"  # QUIC endpoints have their own windows
    ]
    by_window: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in full:
        by_window[cell.axes["initcwnd"], cell.axes["nodelay"]].append(cell)
    for (window, nodelay), members in by_window.items():
        chains: dict[str, tuple[float, float]] = {}
        for cell in sorted(members, key=lambda one: one.server_bytes):
            chains.setdefault(
                chain_name(cell.axes),
                (cell.phases["handshake_round_trips"], sent_before_the_answer(cell)),
            )
        if len(chains) < 2:
            continue
        least = min(count for count, _ in chains.values())
        dear = {name: found for name, found in chains.items() if found[0] > least}
        where = f"With an initial window of {window} segments"
        where += "" if nodelay == "on" else " and Nagle's algorithm"
        if not dear:
            yield Finding(f"{where} none of {len(chains)} chains costs an extra round trip")
            continue
        named = [
            f"{name} ({size / 1e3:,.1f} kB from the server, {count:.0f} round trips)"
            for name, (count, size) in list(dear.items())[:_MOST_CHAINS]
        ]
        more = f" and {len(dear) - len(named)} more" if len(dear) > len(named) else ""
        yield Finding(
            f"{where} {len(dear)} of {len(chains)} chains cost a handshake more than {round_trips(least)}",
            ("; ".join(named) + more,),
        )


def _savings(run: Run, cells: Sequence[Cell], choice: _Choice) -> Iterator[Finding]:
    """How much sooner the first byte of an answer comes, by round-trip time."""
    axis, value, against, title = choice
    saved: dict[str, list[float]] = defaultdict(list)
    found = list(pairs(cells, axis, value, against, _FOLLOWS.get(axis, ())))
    like = [pair for pair in found if not pair.beside.stray]
    for pair in like:
        before, after = (one.phases["first_byte"] / _NS_PER_MS for one in (pair.against, pair.cell))
        saved[pair.cell.axes["rtt"]].append(before - after)
    unlike = stray_words(pair.beside.stray for pair in found)
    details = [f"Cells that also differ in other ways are not counted: {unlike}"] if unlike else []
    if saved:
        if axis in _TELL_BYTES:
            details.append(_more_bytes(like))
        is_loss = sum(sooner for found in saved.values() for sooner in found) <= 0
        told = ", ".join(
            f"{span([-one for one in sooner] if is_loss else sooner)} ms at rtt={rtt}"
            for rtt, sooner in sorted(saved.items(), key=lambda one: float(one[0].removesuffix("ms")))
        )
        beside = [pair.beside for pair in like]
        if differing := arrows(beside):
            details.append(f"They also differ in {differing}")
        if unknown := not_known(beside):
            details.append(f"Unknown for one or both: {unknown}")
        when = "later" if is_loss else "sooner"
        said = f"the first byte of the answer comes {when}, by {told}"
        if axis in _TELL_BYTES and not is_loss and _grows(like):
            details.append(_OPENED)
        if axis in _TELL_BYTES and not any(pair.is_told_apart(run) for pair in like):
            said = f"no significant difference in the time over a network; {said}"
        yield Finding(f"{title}: {said}", tuple(details))
    elif unlike:
        yield Finding(f"{title}: not compared, because the cells also differ in {unlike}")


def _grows(found: Sequence[Pair]) -> bool:
    """Whether a choice makes the server send more."""
    return all(pair.cell.server_bytes > pair.against.server_bytes for pair in found)


def _more_bytes(found: Sequence[Pair]) -> str:
    """The range of what a choice adds to the bytes that each side sends."""
    sent = [
        sorted(round(getattr(pair.cell, side) - getattr(pair.against, side)) for pair in found)
        for side in ("client_bytes", "server_bytes")
    ]
    client, server = (f"{one[0]:+,}" if one[0] == one[-1] else f"{one[0]:+,} to {one[-1]:+,}" for one in sent)
    return f"On the wire {client} bytes from the client, {server} from the server"


def _processors(cells: Sequence[Cell]) -> Iterator[Finding]:
    """The share of processor time in the completions, by round-trip time."""
    shares: dict[str, list[tuple[float, Cell]]] = defaultdict(list)
    for cell in cells:
        busy = cell.figures["client"].median + cell.figures["server"].median
        if cell.figures["total"].median:
            shares[cell.axes["rtt"]].append((busy / cell.figures["total"].median, cell))
    if not shares:
        return
    told = []
    for rtt, found in sorted(shares.items(), key=lambda one: float(one[0].removesuffix("ms"))):
        least, most = min(share for share, _ in found), max(share for share, _ in found)
        told.append(f"{span([100 * least, 100 * most])} % at rtt={rtt}")
    over = sum(share > 0.5 for found in shares.values() for share, _ in found)
    where = (
        f"in {over} cells it takes longer than the network"
        if over
        else "the network takes longer in all cells"
    )
    yield Finding(f"Processor time of both sides: {', '.join(told)} of the completion; {where}")
