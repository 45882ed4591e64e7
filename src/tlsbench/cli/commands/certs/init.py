"""``tlsbench certs init``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tlsbench.cli.options import AsJson
from tlsbench.cli.parsing import one_of, parsed
from tlsbench.cli.teaching import teaches
from tlsbench.errors import RequestError


def _key_types() -> Iterable[str]:
    from tlsbench.scenarios.keys import BY_NAME

    return BY_NAME


def _profiles() -> Iterable[str]:
    from tlsbench.certs.plan import PROFILES

    return PROFILES


def _key_option(name: str, help_text: str) -> Any:  # noqa: ANN401 - typer's
    parser = parsed(one_of("key type", _key_types))
    return typer.Option(name, metavar="KEY", parser=parser, help=help_text, show_default=False)


@teaches(
    r"""Write a complete PKI: root, intermediates, server, client, CRL.

    With an OCSP response, and configurations for common servers and clients.

    \b
    Examples:
      tlsbench certs init pki
      tlsbench certs init pki --profile post-quantum --client alice
      tlsbench certs init pki --san '*.example.test' --san 127.0.0.1 \
        --key rsa-2048 --chain-length 3

    Only their owner can read the private keys (mode 0600). Either everything is written, or nothing.
    """
)
def command(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME",
            parser=parsed(one_of("profile", _profiles)),
            help="modern, legacy, short-lived, must-staple, post-quantum, mixed; other options refine it.",
        ),
    ] = "modern",
    key: Annotated[str | None, _key_option("--key", "Key type, see 'tlsbench list axes'.")] = None,
    intermediate_key: Annotated[
        str | None, _key_option("--intermediate-key", "Key type of the intermediates.")
    ] = None,
    root_key: Annotated[str | None, _key_option("--root-key", "Key type of the root.")] = None,
    chain_length: Annotated[
        int | None,
        typer.Option(
            "--chain-length", metavar="1..5", help="Certificates that the server sends.", show_default=False
        ),
    ] = None,
    san: Annotated[
        list[str] | None,
        typer.Option(
            "--san",
            metavar="NAME",
            help="DNS name, *.wildcard, IP address or URI of the server; repeatable. [default: localhost]",
            show_default=False,
        ),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(
            "--client", metavar="NAME", help="Name in the client's certificate.", show_default=False
        ),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option("--days", metavar="DAYS", help="Validity of the leaf certificates.", show_default=False),
    ] = None,
    must_staple: Annotated[
        bool, typer.Option("--must-staple", help="The server must staple an OCSP response.")
    ] = False,
    password: Annotated[
        str,
        typer.Option(
            "--password", metavar="TEXT", envvar="TLSBENCH_PASSWORD", help="Password of the PKCS #12 files."
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a PKI made by this command.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a PKI and write it."""
    import json
    import shlex
    from dataclasses import asdict

    from tlsbench.certs import folder as pki_folder
    from tlsbench.certs.plan import PROFILES, PkiPlan, make
    from tlsbench.certs.snippets import check_place
    from tlsbench.cli import output

    meaning, usual = PROFILES[profile]
    given: dict[str, object] = {
        "key": key,
        "intermediate_key": intermediate_key,
        "root_key": root_key,
        "chain_length": chain_length,
        "names": tuple(san) if san else None,
        "client": client,
        "days": days,
        "must_staple": must_staple or None,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    plan = PkiPlan(**{**usual, **asked})  # type: ignore[arg-type] # whose types are those of the options
    plan.check()
    if not password.isprintable():
        raise RequestError("--password: it must consist of printable characters, in UTF-8")
    check_place(folder.absolute())
    pki_folder.check_free(folder, force=force)  # before the keys are made, which may take a while
    pki_folder.check_writable(folder)
    files = pki_folder.write(make(plan), folder, password=password, force=force)
    if as_json:
        document = {"folder": str(folder.absolute()), "plan": asdict(plan), "files": files}
        output.write(json.dumps(document, indent=2) + "\n")
        return
    output.line(f"{folder}: {meaning}")
    for name in files:
        output.line(f"  {name:<28}{_meaning(name)}")
    if not any(name.endswith(".p12") for name in files):
        output.line(f"  no PKCS #12: cryptography cannot write it with an {plan.key} key")
    place = shlex.quote(str(folder))
    output.write("\nNext:\n")
    output.line(f"  tlsbench certs show {place}/server-chain.pem")
    output.line(f"  tlsbench certs serve {place}")


_MEANINGS: Final = (
    ("root.pem", "what clients trust"),
    ("root.key", "its private key"),
    (".ocsp", "the OCSP response, under the name that HAProxy expects"),
    ("-chain.pem", "the leaf and its intermediates, as TLS sends them"),
    ("-combined.pem", "chain and private key in one"),
    ("intermediates.pem", "the intermediates, the leaf's issuer first"),
    (".p12", "key and chain as PKCS #12"),
    ("ocsp.der", "an OCSP response for the server: good"),
    ("crl.pem", "the revocation lists of all authorities, empty"),
    ("pki.json", "the data that 'tlsbench certs serve' reads"),
    ("snippets/", "a configuration that names these files"),
    (".key", "its private key"),
    (".pem", "the certificate"),
)


def _meaning(name: str) -> str:
    return next(meaning for part, meaning in _MEANINGS if part in name)
