"""``tlsbench certs verify``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from tlsbench.cli import output
from tlsbench.errors import RequestError, unknown
from tlsbench.implementations.verification import Question
from tlsbench.implementations.verifiers import verdicts
from tlsbench.pki import Bundle, read_bundle, read_file
from tlsbench.pki.names import general_name, name_text
from tlsbench.report.terminal import line

_REJECTED = 1
#: One line each, however long.
_PLAIN_WIDTH = 10_000
_USAGES = ("server", "client")
_LACKS: Final = {"certificates": "has no certificate", "crls": "holds no CRL"}


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
    at = _time(request.at)
    host = _host(request.host)
    secret = request.password
    chain = _read(request.chain, "certificates", secret).certificates
    question = Question(
        roots=tuple(
            root for path in request.roots for root in _read(path, "certificates", secret).certificates
        ),
        host=host,
        usage=request.usage,
        crls=tuple(crl for path in request.crls for crl in _read(path, "crls", secret).crls),
        at=at,
    )
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


def _read(path: Path, wanted: str, password: str | None) -> Bundle:
    """What a file holds; what of it was left out goes to stderr, for the verdict is on the rest."""
    bundle = read_bundle(read_file(path), str(path), password)
    if not getattr(bundle, wanted):
        raise RequestError(f"{path} {_LACKS[wanted]}: it has {_held(bundle)}")
    for note in bundle.notes:
        output.note(f"tlsbench: note: {path}, {note}")
    return bundle


def _held(bundle: Bundle) -> str:
    """What a bundle has, for who expected something else in it."""
    held = [
        words
        for words, there in (
            ("a certificate", bundle.certificates),
            ("a private key", bundle.private_key is not None),
            ("a CRL", bundle.crls),
            ("a signing request", bundle.requests),
            ("an OCSP response", bundle.ocsp_responses),
        )
        if there
    ]
    return " and ".join(held) or "nothing else either"


def _host(text: str) -> str:
    """The name or address as verifiers compare it; "" for none."""
    if not text:
        return ""
    name = general_name(text)
    if not isinstance(name, x509.DNSName | x509.IPAddress) or name_text(name).startswith("*"):
        raise RequestError(f"--host '{text}' is no host: valid are a DNS name and an IP address")
    return name_text(name)


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError as error:
        raise RequestError(f"--at '{text}' is no time: write 2027-01-31 or 2027-01-31T12:00") from error
    except OverflowError as error:
        raise RequestError(f"--at '{text}' is not between the years 1 and 9999 in UTC") from error
