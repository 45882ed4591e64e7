"""``tlsbench certs show``."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from cryptography import x509
from cryptography.x509 import ocsp
from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from tlsbench.certs.findings import Facts, facts_of, findings_of, findings_of_roots
from tlsbench.certs.order import Finding
from tlsbench.cli import output
from tlsbench.errors import RequestError
from tlsbench.escaping import for_terminal
from tlsbench.loopback import ClientSetup, Meeting, meet
from tlsbench.pki import Bundle, read_bundle, read_file
from tlsbench.pki.chains import are_roots
from tlsbench.pki.extensions import UNREADABLE, extension, lenient
from tlsbench.pki.names import name_text
from tlsbench.report.terminal import line

_HOST_AND_PORT = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:/\[\]]+)):([0-9]{1,5})")
_STYLES = {"error": "red", "warning": "yellow"}
_PLAIN_WIDTH = 200
#: A longer chain is a list, whose authorities are told in a line each: a tree of it runs off the screen.
_LONGEST_TREE = 5


def show(target: str, password: str | None, *, as_json: bool) -> None:
    """Show what a file holds, or what a server on this machine shows.

    :raises RequestError: in one line, if it cannot be read or reached.
    """
    with lenient():
        _show(target, password, as_json=as_json)


def _show(target: str, password: str | None, *, as_json: bool) -> None:
    address = None if _is_there(Path(target)) else _HOST_AND_PORT.fullmatch(target)
    if address is not None:
        meeting = _look_at(address[1] or address[2], int(address[3]))
        bundle, remarks = Bundle(encoding="TLS", certificates=meeting.chain), _negotiated(meeting)
    else:
        bundle = read_bundle(read_file(Path(target)), target, password)
        remarks = tuple(_key_remarks(bundle))
    facts = [facts_of(certificate) for certificate in bundle.certificates]
    roots = are_roots(bundle.certificates)
    find = findings_of_roots if roots else findings_of
    findings = find(bundle.certificates) if bundle.certificates else ()
    if as_json:
        document = _as_json(target, bundle, facts, findings, remarks)
        output.write(json.dumps(document, indent=2) + "\n")
        return
    parts: list[RenderableType] = [line(f"{target} ({bundle.encoding})", "bold")]
    parts += [line(f"  {remark}") for remark in remarks]
    parts += [line(f"  note: {note}", _STYLES["warning"]) for note in bundle.notes]
    if roots:
        parts.append(_roots(facts, findings))
    elif facts:
        draw = _tree if len(facts) <= _LONGEST_TREE else _list
        parts += [draw(facts, findings), _verdict(findings)]
    others = (*_crls(bundle.crls), *_requests(bundle.requests), *_responses(bundle.ocsp_responses))
    parts += [line(part.plain) for part in others]
    output.show(Group(*parts), _PLAIN_WIDTH)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # something that cannot be looked at: reading it says why


def _look_at(host: str, port: int) -> Meeting:
    """What a server on this machine shows; others are none of our business."""
    if not 1 <= port <= 65535:
        raise RequestError(f"port {port} does not exist: valid is 1 to 65535")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise RequestError(f"{host} is no file and no host: {error.strerror}") from error
    except UnicodeError as error:  # a label that is empty, too long, or not for IDNA
        raise RequestError(f"{host} is no file and no host name") from error
    local = sorted(address for address in found if ipaddress.ip_address(address).is_loopback)
    if not local or len(local) != len(found):
        raise RequestError(f"{host} is not this machine: only servers on loopback are looked at")
    problem: RequestError | None = None
    for address in local:
        try:
            meeting = meet((address, port), ClientSetup(host=host, verify=False, ocsp="seen"))
        except RequestError as error:
            problem = error
            continue
        if not meeting.chain:
            raise RequestError(f"{host}:{port} shows no certificate: {meeting.problem}")
        return meeting
    assert problem is not None
    raise problem


def _negotiated(meeting: Meeting) -> tuple[str, ...]:
    remarks = [f"{meeting.version}, {meeting.cipher}, {meeting.group}"]
    remarks.append("an OCSP response is stapled" if meeting.staple_bytes else "no OCSP response is stapled")
    if meeting.problem:
        remarks.append(f"after that: {meeting.problem}")
    return tuple(remarks)


def _key_remarks(bundle: Bundle) -> Iterator[str]:
    if bundle.private_key is None:
        return
    if not bundle.certificates:
        yield "a private key, and no certificate"
    elif bundle.is_pair():
        yield "with the private key of the first certificate"
    else:
        yield "with a private key that is not the first certificate's: no server can use the two"


def _tree(facts: Sequence[Facts], findings: Sequence[Finding]) -> Tree:
    """The chain from its top down to the leaf."""
    top = Tree("", hide_root=True)
    branch = top
    found = _by_position(findings)
    for position in reversed(range(len(facts))):
        branch = branch.add(_certificate(facts[position], found[position]))
    return top


def _list(facts: Sequence[Facts], findings: Sequence[Finding]) -> Group:
    """A long chain, from its top down to the leaf, which alone is told at length."""
    lines: list[RenderableType] = []
    found = _by_position(findings)
    for position in reversed(range(1, len(facts))):
        lines += [_line(facts[position], position), *_of(found[position])]
    lines.append(_certificate(facts[0], found[0]))
    return Group(*lines, Text(f"{len(facts):,} certificates; --json tells each at length", style="dim"))


def _roots(facts: Sequence[Facts], findings: Sequence[Finding]) -> Group:
    """A set of roots, a line each, by their names."""
    lines: list[Text] = []
    found = _by_position(findings)
    for position, one in sorted(enumerate(facts), key=lambda entry: entry[1].name.lower()):
        lines += [_line(one, position), *_of(found[position])]
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(one.key for one in facts).most_common())
    lines.append(Text(f"{len(facts):,} roots to trust, and no chain to send: {kinds}"))
    return Group(*lines)


def _by_position(findings: Sequence[Finding]) -> Mapping[int, Sequence[Finding]]:
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.position].append(finding)
    return found


def _line(facts: Facts, position: int) -> Text:
    kind = "authority" if facts.is_authority else "leaf"
    about = f"  {kind}, {facts.key}, until {facts.not_after[:10]}, {facts.size_bytes:,} bytes"
    return Text.assemble((f"{position:>3}  ", "dim"), (for_terminal(facts.name), "bold"), about)


def _of(findings: Iterable[Finding]) -> Iterator[Text]:
    """The findings of one certificate, below its line."""
    return (line(f"     {one.level}: {one.text}", _STYLES[one.level]) for one in findings)


def _certificate(facts: Facts, findings: Sequence[Finding]) -> RenderableType:
    kind = "authority" if facts.is_authority else "leaf"
    lines = [
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
    lines += [Text.assemble((f"{label:<8}", "dim"), for_terminal(value)) for label, value in rows if value]
    lines += [line(f"{finding.level}: {finding.text}", _STYLES[finding.level]) for finding in findings]
    return Group(*lines)


def _verdict(findings: Sequence[Finding]) -> Text:
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        return Text(f"{errors} error{'s' * (errors > 1)}: peers will refuse this", style="red")
    if findings:
        return Text("nothing that every peer refuses; mind the warnings", style="yellow")
    return Text("nothing that peers refuse (what they trust is theirs to say: 'tlsbench certs verify')")


def _crls(crls: Sequence[x509.CertificateRevocationList]) -> Iterator[Text]:
    for crl in crls:
        until = f"{crl.next_update_utc:%Y-%m-%d %H:%M} UTC" if crl.next_update_utc else "for ever"
        yield Text(f"CRL of {crl.issuer.rfc4514_string()}: {len(crl):,} revoked, valid until {until}")


def _requests(requests: Sequence[x509.CertificateSigningRequest]) -> Iterator[Text]:
    for request in requests:
        names = extension(request, x509.SubjectAlternativeName) or ()
        named = ", ".join(name_text(name) for name in names) or "nobody"
        yield Text(f"signing request for {named}, {_signed(request)}")


def _signed(request: x509.CertificateSigningRequest) -> str:
    try:
        return "signed by its key" if request.is_signature_valid else "with a wrong signature"
    except UNREADABLE:
        return "with a signature of a kind not known here"


def _responses(responses: Sequence[ocsp.OCSPResponse]) -> Iterator[Text]:
    for response in responses:
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            yield Text(f"OCSP response: the responder refused, {response.response_status.name.lower()}")
            continue
        for answer in response.responses:
            until = f"{answer.next_update_utc:%Y-%m-%d %H:%M} UTC" if answer.next_update_utc else "for ever"
            status = answer.certificate_status.name.lower()
            yield Text(
                f"OCSP response: serial number {answer.serial_number:x} is {status}, valid until {until}"
            )


def _as_json(
    target: str,
    bundle: Bundle,
    facts: Sequence[Facts],
    findings: Sequence[Finding],
    remarks: Sequence[str],
) -> dict[str, object]:
    others = (*_crls(bundle.crls), *_requests(bundle.requests), *_responses(bundle.ocsp_responses))
    return {
        "target": target,
        "encoding": bundle.encoding,
        "remarks": [*remarks, *(text.plain for text in others)],
        "notes": list(bundle.notes),
        "roots": are_roots(bundle.certificates),
        "certificates": [asdict(one) for one in facts],
        "findings": [asdict(one) for one in findings],
    }
