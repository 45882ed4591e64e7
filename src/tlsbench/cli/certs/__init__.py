"""``tlsbench certs``: the declarations of its commands; each does its imports when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlsbench.cli import output
from tlsbench.cli.options import teaches, teaching

_HELP = r"""Make certificates, look at them, and see them work or fail.

\b
Examples:
  tlsbench certs demo chain
  tlsbench certs init pki
  tlsbench certs show pki/server-chain.pem
"""

app = typer.Typer(
    help=teaching(_HELP),
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def certs(context: typer.Context) -> None:
    """Print the help where no command is named."""
    if context.invoked_subcommand is None:
        output.write(f"{context.get_help()}\n")


Password = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        envvar="TLSBENCH_PASSWORD",
        help="Of an encrypted private key or PKCS #12.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@teaches(
    r"""Write a ready PKI: root, intermediates, server, client, CRL, OCSP response, and configurations.

    \b
    Examples:
      tlsbench certs init pki
      tlsbench certs init pki --profile post-quantum --client alice
      tlsbench certs init pki --san '*.example.test' --san 127.0.0.1 --key rsa-2048 --chain-length 3

    Private keys are for their owner only (mode 0600). All is written, or nothing.
    """
)
def init_command(  # noqa: PLR0917 - the options of a command are its parameters
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet.")],
    profile: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="modern, legacy, short-lived, must-staple, post-quantum, mixed; the others refine it.",
        ),
    ] = "modern",
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Key type, see 'tlsbench list axes'.", show_default=False),
    ] = None,
    intermediate_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of the intermediates.", show_default=False)
    ] = None,
    root_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of the root.", show_default=False)
    ] = None,
    chain_length: Annotated[
        int | None,
        typer.Option(metavar="1..5", help="Certificates that the server sends.", show_default=False),
    ] = None,
    san: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="DNS name, *.wildcard, IP address or URI of the server; repeatable. [default: localhost]",
            show_default=False,
        ),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name in the client's certificate.", show_default=False),
    ] = None,
    days: Annotated[
        float | None, typer.Option(metavar="DAYS", help="How long the leaves hold.", show_default=False)
    ] = None,
    must_staple: Annotated[
        bool, typer.Option("--must-staple", help="The server must staple an OCSP response.")
    ] = False,
    password: Annotated[
        str,
        typer.Option(metavar="TEXT", envvar="TLSBENCH_PASSWORD", help="Of the PKCS #12 files."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a PKI made by this command.")] = False,
    as_json: AsJson = False,
) -> None:
    """The command ``tlsbench certs init``."""
    from tlsbench.cli.certs.init import init

    given = {
        "key": key,
        "intermediate_key": intermediate_key,
        "root_key": root_key,
        "chain_length": chain_length,
        "names": tuple(san) if san else None,
        "client": client,
        "days": days,
        "must_staple": must_staple or None,
    }
    init(folder, profile, given, password=password, force=force, as_json=as_json)


@teaches(
    r"""Show a chain in words: names, keys, validity, usage, pins, and what would fail with it.

    \b
    Examples:
      tlsbench certs show pki/server-chain.pem
      tlsbench certs show pki/server.p12 --password secret
      tlsbench certs show localhost:8443

    PEM, DER, PKCS #7 or PKCS #12. Exit codes: 0 shown, 2 it cannot be read.
    """
)
def show_command(
    target: Annotated[
        str, typer.Argument(metavar="FILE|HOST:PORT", help="A file, or a TLS server on this machine.")
    ],
    password: Password = None,
    as_json: AsJson = False,
) -> None:
    """The command ``tlsbench certs show``."""
    from tlsbench.cli.certs.show import show

    show(target, password, as_json=as_json)


@teaches(
    r"""Verify a chain with OpenSSL and with cryptography, or say which rule fails.

    \b
    Examples:
      tlsbench certs verify pki/server-chain.pem --root pki/root.pem --host localhost
      tlsbench certs verify pki/client-chain.pem --root pki/root.pem --usage client
      tlsbench certs verify pki/server-chain.pem --root pki/root.pem --crl pki/crl.pem --at 2030-01-01

    Exit codes: 0 every verifier accepts it, 1 one rejects it, 2 wrong request.
    """
)
def verify_command(  # noqa: PLR0917 - the options of a command are its parameters
    chain: Annotated[Path, typer.Argument(metavar="CHAIN", help="The leaf, and what it is sent with.")],
    root: Annotated[list[Path], typer.Option(metavar="FILE", help="Roots to trust; repeatable.")],
    host: Annotated[
        str, typer.Option(metavar="NAME", help="The name or address it must be for.", show_default=False)
    ] = "",
    usage: Annotated[str, typer.Option(metavar="USAGE", help="server or client.")] = "server",
    crl: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Revocation lists; repeatable.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Judge at 2027-01-31 or 2027-01-31T12:00.", show_default=False),
    ] = None,
    password: Password = None,
    as_json: AsJson = False,
) -> None:
    """The command ``tlsbench certs verify``."""
    from tlsbench.cli.certs.verify import VerifyRequest, verify

    request = VerifyRequest(
        chain=chain,
        roots=tuple(root),
        host=host,
        usage=usage,
        crls=tuple(crl or ()),
        at=at,
        password=password,
    )
    code = verify(request, as_json=as_json)
    if code:
        raise typer.Exit(code)


@teaches(
    r"""Serve HTTPS with a PKI, to try curl, openssl or a browser on.

    \b
    Examples:
      tlsbench certs serve pki
      tlsbench certs serve pki --client-auth required
      tlsbench certs serve pki --port 0 --no-staple

    SIGHUP reads the folder again, Ctrl-C ends.
    """
)
def serve_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of 'tlsbench certs init'.")],
    port: Annotated[int, typer.Option(metavar="PORT", help="0 takes any that is free.")] = 8443,
    client_auth: Annotated[
        str, typer.Option(metavar="MODE", help="Client certificates: none, optional or required.")
    ] = "none",
    no_staple: Annotated[bool, typer.Option("--no-staple", help="Staple no OCSP response.")] = False,
    bind: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; loopback unless you say so.")
    ] = "127.0.0.1",
) -> None:
    """The command ``tlsbench certs serve``."""
    from tlsbench.cli.certs.serve import serve

    serve(folder, (bind, port), client_auth, staple=not no_staple)


@teaches(
    r"""See certificates work or fail: real handshakes on loopback, each outcome asserted.

    \b
    Examples:
      tlsbench certs demo
      tlsbench certs demo mutual-tls
      tlsbench certs demo all
    """
)
def demo_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|all]", help="Without a name: what there is.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The command ``tlsbench certs demo``."""
    from tlsbench.cli.certs.demo import demo

    demo(name, as_json=as_json)


for _name, _command in (
    ("init", init_command),
    ("show", show_command),
    ("verify", verify_command),
    ("serve", serve_command),
    ("demo", demo_command),
):
    app.command(name=_name, help=teaching(_command))(_command)
