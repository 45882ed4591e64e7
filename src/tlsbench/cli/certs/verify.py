"""``tlsbench certs verify``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from tlsbench.cli import output
from tlsbench.errors import RequestError, unknown
from tlsbench.implementations.verifiers import Question, verdicts
from tlsbench.pki import read_bundle, read_file
from tlsbench.pki.names import general_name
from tlsbench.report.terminal import line

_REJECTED = 1
#: One line each, however long.
_PLAIN_WIDTH = 10_000
_USAGES = ("server", "client")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What ``tlsbench certs verify`` was asked for, as it was written."""

    chain: Path
    roots: tuple[Path, ...]
    host: str
    usage: str
    crls: tuple[Path, ...]
    at: str | None
    password: str | None


def verify(request: VerifyRequest, *, as_json: bool) -> int:
    """Ask every verifier; the exit code.

    :raises RequestError: if the request is wrong or a file cannot be read.
    """
    if request.usage not in _USAGES:
        raise unknown("usage", request.usage, _USAGES)
    if request.host:
        general_name(request.host)
    chain = read_bundle(read_file(request.chain), str(request.chain), request.password).certificates
    if not chain:
        raise RequestError(f"{request.chain} has no certificate")
    question = Question(
        roots=tuple(root for path in request.roots for root in _certificates(path)),
        host=request.host,
        usage=request.usage,
        crls=tuple(crl for path in request.crls for crl in read_bundle(read_file(path), str(path)).crls),
        at=_time(request.at),
    )
    if request.crls and not question.crls:
        raise RequestError(f"{', '.join(map(str, request.crls))} holds no CRL")
    answers = verdicts(chain, question)
    if as_json:
        output.write(json.dumps([asdict(answer) for answer in answers], indent=2) + "\n")
    else:
        for answer in answers:
            outcome = f"rejects it: {answer.problem}" if answer.problem else answer.remark or "accepts it"
            if answer.remark and not answer.problem and not answer.remark.startswith("not asked"):
                outcome = f"accepts it ({answer.remark})"
            mark, style = ("✗", "red") if answer.problem else ("✓", "green")
            output.show(line(f"{mark} {answer.verifier} {outcome}", style), _PLAIN_WIDTH)
    return _REJECTED if any(answer.problem for answer in answers) else 0


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    certificates = read_bundle(read_file(path), str(path)).certificates
    if not certificates:
        raise RequestError(f"{path} has no certificate")
    return certificates


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise RequestError(f"--at '{text}' is no time: write 2027-01-31 or 2027-01-31T12:00") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
