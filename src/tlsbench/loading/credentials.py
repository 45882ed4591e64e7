"""The credential files of a load's client: the roots that it trusts, and the certificate that it presents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cryptography import x509

from tlsbench.errors import RequestError
from tlsbench.pki import Identity
from tlsbench.pki.bundle import Bundle, read_bundle, read_file


def roots_of(path: str) -> tuple[x509.Certificate, ...]:
    """The certificates in the file of ``--root``, PEM or DER.

    :raises RequestError: if there are none, or the file cannot be used.
    """
    roots = _bundle("--root", path).certificates
    if not roots:
        raise RequestError(f"--root {path}: there is no certificate in it")
    return roots


def identity_of(cert: str, key: str) -> Identity:
    """The client's certificates in the file of ``--cert``, with the key in that of ``--key`` or the same.

    :raises RequestError: if one of them is missing, or they do not match.
    """
    bundle = _bundle("--cert", cert)
    if key:
        bundle = replace(bundle, private_key=_bundle("--key", key).private_key)
    return bundle.identity(f"--cert {cert} with --key {key}" if key else f"--cert {cert} without --key")


def _bundle(option: str, path: str) -> Bundle:
    file = Path(path)
    if not file.exists():
        raise RequestError(f"{option} {path}: there is no such file")
    if file.is_dir():
        raise RequestError(f"{option} {path} is a folder: give a file of PEM or DER")
    data = read_file(file)
    if b"ENCRYPTED" in data:
        raise RequestError(f"{option} {path}: its key is encrypted; 'openssl pkey -in {path}' decrypts it")
    return read_bundle(data, f"{option} {path}")
