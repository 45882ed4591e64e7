"""Mutual TLS between the machines of a fleet: certificates from tlsbench's own PKI, in Dask's form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tlsbench import files
from tlsbench.errors import RequestError

#: The roles in a cluster, each of which has a certificate.
ROLES: Final = ("scheduler", "worker", "client")
_ROOT: Final = "root.pem"
_KEY_TYPE: Final = "ecdsa-secp256r1"


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates in a folder that :func:`make` wrote."""

    folder: Path

    @property
    def root(self) -> Path:
        """The file of the root certificate, to which all others chain."""
        return self.folder / _ROOT

    def of(self, role: str) -> Path:
        """The file with the certificate and key of a role."""
        return self.folder / f"{role}.pem"

    def check(self) -> Certificates:
        """Check that all files are there and private, and return the certificates.

        :raises RequestError: if a file is missing, or anyone but the owner can read a key.
        """
        for path in (self.root, *map(self.of, ROLES)):
            if not path.is_file():
                raise RequestError(
                    f"{path} is missing: 'tlsbench fleet certs {self.folder}' makes all of them again"
                )
        for path in map(self.of, ROLES):
            if path.stat().st_mode & 0o077:
                raise RequestError(f"{path} has a private key, and others can read it: chmod 600 {path}")
        return self

    def security(self) -> Any:  # noqa: ANN401 - Dask's, imported when it is used
        """The certificates as Dask's ``Security``, with encryption required."""
        from distributed.security import Security

        given = {"tls_ca_file": str(self.root)}
        for role in ROLES:
            given |= {f"tls_{role}_cert": str(self.of(role)), f"tls_{role}_key": str(self.of(role))}
        return Security(require_encryption=True, **given)

    def texts(self, role: str) -> Mapping[str, str]:
        """The contents of the files that a role needs, by file name."""
        return {path.name: path.read_text(encoding="ascii") for path in (self.root, self.of(role))}

    def options(self, role: str) -> list[str]:
        """The options for Dask's own commands, for a role."""
        own = str(self.of(role))
        return ["--tls-ca-file", str(self.root), "--tls-cert", own, "--tls-key", own]


def usual_folder() -> Path:
    """The folder that ``fleet certs`` writes, and other commands read, if none is given."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "tlsbench" / "fleet"


def found(folder: Path | None) -> Certificates | None:
    """The certificates in a folder; without a folder, those in the usual one, or None if it has none.

    :raises RequestError: if the folder has none, or they cannot be used.
    """
    if folder is not None:
        return Certificates(folder).check()
    usual = Certificates(usual_folder())
    return usual.check() if usual.root.exists() else None


def make(folder: Path, days: float) -> Certificates:
    """Make the certificates of a cluster: a root, and one for each of :data:`ROLES`.

    The root's key is discarded, so nobody can issue further certificates. Each certificate is valid for both
    client and server, as the parts of a cluster both open and accept connections.

    :param days: how long they are valid.
    :raises RequestError: if the folder is not empty, or cannot be written.
    """
    from tlsbench.pki import Authority, Template, Validity, authority_template, new_key
    from tlsbench.pki.keys import to_pem

    made = Certificates(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise RequestError(f"{folder} is not empty: remove it first; all machines then need the new ones")
    except OSError as error:
        raise RequestError(f"{folder}: {error.strerror}") from None
    validity = Validity.days(days)
    root = Authority.new(
        authority_template("tlsbench fleet", path_length=0, validity=validity), new_key(_KEY_TYPE)
    )
    for role in ROLES:
        template = Template(
            names=(f"{role}.tlsbench.invalid",),
            common_name=f"tlsbench fleet {role}",
            usages=("server", "client"),
            validity=validity,
        )
        identity = root.issue(template)
        content = to_pem(identity.private_key) + identity.chain_pem
        files.write(made.of(role), content, files.SECRET_MODE)
    files.write(made.root, root.certificate_pem)
    return made
