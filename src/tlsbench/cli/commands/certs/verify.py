"""``tlsbench certs verify``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsbench.cli.options import AsJson, Password
from tlsbench.cli.parsing import one_of, option, parsed
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError

if TYPE_CHECKING:
    from tlsbench.pki import Bundle

_REJECTED = 1
#: One line each, however long.
_PLAIN_WIDTH = 10_000


def _host(text: str) -> str:
    """The name or address as verifiers compare it."""
    from cryptography import x509

    from tlsbench.pki.names import general_name, name_text

    name = general_name(text)
    if not isinstance(name, x509.DNSName | x509.IPAddress) or name_text(name).startswith("*"):
        raise RequestError(f"'{text}' is not a host: give a DNS name or an IP address")
    return name_text(name)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError as error:
        raise RequestError(f"'{text}' is not a time: write 2027-01-31 or 2027-01-31T12:00") from error
    except OverflowError as error:
        raise RequestError(f"'{text}' is not between the years 1 and 9999 in UTC") from error


@teaches(
    r"""Verify a chain with two verifiers, and name the rule that fails.

    They are OpenSSL and the cryptography package.

    \b
    Examples:
      tlsbench certs verify pki/server-chain.pem --root pki/root.pem \
        --host localhost
      tlsbench certs verify pki/client-chain.pem --root pki/root.pem \
        --usage client
      tlsbench certs verify pki/server-chain.pem --root pki/root.pem \
        --crl pki/crl.pem --at 2030-01-01

    Exit codes: 0 every verifier accepts it, 1 one rejects it, 2 wrong request.
    """
)
def command(
    *,
    chain: Annotated[
        Path, typer.Argument(metavar="CHAIN", help="The leaf certificate and the chain sent with it.")
    ],
    root: Annotated[list[Path], typer.Option("--root", metavar="FILE", help="Roots to trust; repeatable.")],
    host: Annotated[
        str | None,
        option(
            _host,
            "--host",
            metavar="NAME",
            help="The name or address that it must be valid for.",
            show_default=False,
        ),
    ] = None,
    usage: Annotated[
        str,
        typer.Option(
            "--usage",
            metavar="USAGE",
            parser=parsed(one_of("usage", ("server", "client"))),
            help="server or client.",
        ),
    ] = "server",
    crl: Annotated[
        list[Path] | None,
        typer.Option("--crl", metavar="FILE", help="Revocation lists; repeatable.", show_default=False),
    ] = None,
    at: Annotated[
        datetime | None,
        option(
            _time,
            "--at",
            metavar="TIME",
            help="Verify as of this time: 2027-01-31 or 2027-01-31T12:00.",
            show_default=False,
        ),
    ] = None,
    password: Password = None,
    as_json: AsJson = False,
) -> int:
    """Ask every verifier; return the exit code."""
    import json
    from dataclasses import asdict

    from tlsbench.cli import output
    from tlsbench.implementations.verification import Question
    from tlsbench.implementations.verifiers import verdicts
    from tlsbench.report.terminal import line

    certificates = _read(chain, "certificates", password).certificates
    question = Question(
        roots=tuple(one for path in root for one in _read(path, "certificates", password).certificates),
        host=host or "",
        usage=usage,
        crls=tuple(one for path in crl or () for one in _read(path, "crls", password).crls),
        at=at or datetime.now(UTC),
    )
    answers = verdicts(certificates, question)
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
    """The contents of a file; what was left out is noted on stderr, as the verdict covers only the rest."""
    from tlsbench.certs.looking import bundle_with
    from tlsbench.cli import output

    bundle = bundle_with(path, wanted, password)
    for note in bundle.notes:
        output.note(f"tlsbench: note: {path}, {note}")
    return bundle
