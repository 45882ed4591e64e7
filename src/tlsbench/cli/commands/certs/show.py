"""``tlsbench certs show``."""

from __future__ import annotations

from typing import Annotated

import typer

from tlsbench.cli.options import AsJson, Password
from tlsbench.cli.teaching import teaches

_PLAIN_WIDTH = 200


@teaches(
    r"""Describe a certificate chain, and what would make it fail.

    \b
    Examples:
      tlsbench certs show pki/server-chain.pem
      tlsbench certs show pki/server.p12 --password secret
      tlsbench certs show localhost:8443

    Shows names, keys, validity, usage and pins. Reads PEM, DER, PKCS #7 or PKCS #12.
    Exit codes: 0 shown, 2 unreadable.
    """
)
def command(
    *,
    target: Annotated[
        str, typer.Argument(metavar="FILE|HOST:PORT", help="A file, or a TLS server on this machine.")
    ],
    password: Password = None,
    as_json: AsJson = False,
) -> None:
    """Show what a file holds, or what a server on this machine shows."""
    import json

    from tlsbench.certs.looking import look
    from tlsbench.cli import output
    from tlsbench.pki.extensions import lenient
    from tlsbench.report.certificates import as_plain, terminal

    with lenient():
        seen = look(target, password)
        if as_json:
            output.write(json.dumps(as_plain(seen), indent=2) + "\n")
        else:
            output.show(terminal(seen), _PLAIN_WIDTH)
