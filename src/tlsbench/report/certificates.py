"""The certificates found in a file or at a server, human-readable and machine-readable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cryptography import x509
from cryptography.x509 import ocsp
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from tlsbench.certs.findings import Facts
from tlsbench.certs.looking import Seen
from tlsbench.certs.order import CertificateFinding
from tlsbench.escaping import for_terminal
from tlsbench.pki.extensions import UNREADABLE, extension
from tlsbench.pki.names import name_text
from tlsbench.report.terminal import line

_STYLES = {"error": "red", "warning": "yellow"}
#: A longer chain is shown as a list, one line per authority: its tree would run off the screen.
_LONGEST_TREE = 5


def terminal(seen: Seen) -> RenderableType:
    """A chain from its top down to the leaf, or a set of roots, and whatever else was found."""
    parts: list[RenderableType] = [line(f"{seen.target} ({seen.bundle.encoding})", "bold")]
    parts += [line(f"  {remark}") for remark in seen.remarks]
    parts += [line(f"  note: {note}", _STYLES["warning"]) for note in seen.bundle.notes]
    if seen.are_roots:
        parts.append(_roots(seen.facts, seen.findings))
    elif seen.facts:
        draw = _tree if len(seen.facts) <= _LONGEST_TREE else _list
        parts += [draw(seen.facts, seen.findings), _verdict(seen.findings)]
    parts += [line(text) for text in _others(seen)]
    return Group(*parts)


def as_plain(seen: Seen) -> dict[str, Any]:
    """The same, machine-readable."""
    return {
        "target": seen.target,
        "encoding": seen.bundle.encoding,
        "remarks": [*seen.remarks, *_others(seen)],
        "notes": list(seen.bundle.notes),
        "roots": seen.are_roots,
        "certificates": [asdict(one) for one in seen.facts],
        "findings": [asdict(one) for one in seen.findings],
    }


def _others(seen: Seen) -> list[str]:
    """What was found besides certificates, one line each."""
    bundle = seen.bundle
    return [*_crls(bundle.crls), *_requests(bundle.requests), *_responses(bundle.ocsp_responses)]


def _tree(facts: Sequence[Facts], findings: Sequence[CertificateFinding]) -> Tree:
    """The chain from its top down to the leaf."""
    top = Tree("", hide_root=True)
    branch = top
    found = _by_position(findings)
    for position in reversed(range(len(facts))):
        branch = branch.add(_certificate(facts[position], found[position]))
    return top


def _list(facts: Sequence[Facts], findings: Sequence[CertificateFinding]) -> Group:
    """A long chain, from its top down to the leaf; only the leaf is described in full."""
    lines: list[RenderableType] = []
    found = _by_position(findings)
    for position in reversed(range(1, len(facts))):
        lines += [_line(facts[position], position), *_of(found[position])]
    lines.append(_certificate(facts[0], found[0]))
    return Group(*lines, Text(f"{len(facts):,} certificates; --json shows each in full", style="dim"))


def _roots(facts: Sequence[Facts], findings: Sequence[CertificateFinding]) -> Group:
    """A set of roots, one line each, sorted by name."""
    lines: list[Text] = []
    found = _by_position(findings)
    for position, one in sorted(enumerate(facts), key=lambda entry: entry[1].name.lower()):
        lines += [_line(one, position), *_of(found[position])]
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.key for one in facts).most_common())
    lines.append(Text(f"{len(facts):,} roots to trust, and no chain to send: {kinds}"))
    return Group(*lines)


def _by_position(findings: Sequence[CertificateFinding]) -> Mapping[int, Sequence[CertificateFinding]]:
    found: dict[int, list[CertificateFinding]] = defaultdict(list)
    for finding in findings:
        found[finding.position].append(finding)
    return found


def _line(facts: Facts, position: int) -> Text:
    kind = "authority" if facts.is_authority else "leaf"
    about = f"  {kind}, {facts.key}, until {facts.not_after[:10]}, {facts.size_bytes:,} bytes"
    return Text.assemble((f"{position:>3}  ", "dim"), (for_terminal(facts.name), "bold"), about)


def _of(findings: Iterable[CertificateFinding]) -> Iterator[Text]:
    """The findings of one certificate, below its line."""
    return (line(f"     {one.level}: {one.text}", _STYLES[one.level]) for one in findings)


def _certificate(facts: Facts, findings: Sequence[CertificateFinding]) -> RenderableType:
    kind = "authority" if facts.is_authority else "leaf"
    lines: list[RenderableType] = [
        Text.assemble(
            (for_terminal(facts.name), "bold"), f"  {kind}, {facts.key}, {facts.size_bytes:,} bytes"
        )
    ]
    rows = (
        ("names", ", ".join(facts.names)),
        ("valid", f"{facts.not_before} to {facts.not_after} UTC, {facts.days_left:,} days left"),
        ("for", ", ".join(facts.usages)),
        ("limits", ", ".join(facts.constraints)),
        ("subject", facts.subject),
        ("issuer", facts.issuer),
        ("signed", f"{facts.signature}, serial number {facts.serial_number}"),
        ("asks at", ", ".join(facts.urls)),
        ("pin", f"sha256/{facts.pin}" if facts.pin else ""),
    )
    lines.append(_labelled([(label, value) for label, value in rows if value]))
    lines += [line(f"{finding.level}: {finding.text}", _STYLES[finding.level]) for finding in findings]
    return Group(*lines)


def _labelled(rows: Sequence[tuple[str, str]]) -> Table:
    """A grid of labels and values; a long value is folded within its own column."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", width=7, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(label, Text(for_terminal(value)))
    return grid


def _verdict(findings: Sequence[CertificateFinding]) -> Text:
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        return Text(f"{errors} error{'s' * (errors > 1)}: peers will refuse this", style="red")
    if findings:
        return Text("nothing that every peer refuses, but see the warnings", style="yellow")
    return Text(
        "nothing that peers refuse (whether they trust it is another question: 'tlsbench certs verify')"
    )


def _crls(crls: Sequence[x509.CertificateRevocationList]) -> Iterator[str]:
    for crl in crls:
        until = (
            f"{crl.next_update_utc:%Y-%m-%d %H:%M} UTC" if crl.next_update_utc else "replaced (no nextUpdate)"
        )
        yield f"CRL of {crl.issuer.rfc4514_string()}: {len(crl):,} revoked, valid until {until}"


def _requests(requests: Sequence[x509.CertificateSigningRequest]) -> Iterator[str]:
    for request in requests:
        names = extension(request, x509.SubjectAlternativeName) or ()
        named = ", ".join(name_text(name) for name in names) or "nobody"
        yield f"signing request for {named}, {_signed(request)}"


def _signed(request: x509.CertificateSigningRequest) -> str:
    try:
        return "signed by its key" if request.is_signature_valid else "with a wrong signature"
    except UNREADABLE:
        return "with a signature of an unknown kind"


def _responses(responses: Sequence[ocsp.OCSPResponse]) -> Iterator[str]:
    for response in responses:
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            yield f"OCSP response: the responder refused, {response.response_status.name.lower()}"
            continue
        for answer in response.responses:
            until = (
                f"{answer.next_update_utc:%Y-%m-%d %H:%M} UTC"
                if answer.next_update_utc
                else "replaced (no nextUpdate)"
            )
            status = answer.certificate_status.name.lower()
            yield f"OCSP response: serial number {answer.serial_number:x} is {status}, valid until {until}"
