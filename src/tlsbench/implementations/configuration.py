"""The axis ``openssl_conf``: which file configures OpenSSL, and how it is set (config(5))."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tlsbench.errors import MeasurementError
from tlsbench.shield import SHIELDED

_VARIABLE: Final = "OPENSSL_CONF"
#: A configuration that configures nothing.
_EMPTY: Final = "/dev/null"
_DIGEST: Final = " with SHA-256 "


def file_of(openssl_conf: str) -> str:
    """The file of a value of the axis; ``""`` if the value leaves it to the environment."""
    return {"": "", "environment": "", "none": _EMPTY}.get(openssl_conf, openssl_conf)


def variables_of(openssl_conf: str) -> Mapping[str, str]:
    """The environment variables that a process needs for a value of the axis."""
    path = file_of(openssl_conf)
    return {_VARIABLE: path, SHIELDED: "1"} if path else {}


def with_digest(path: str) -> str:
    """A file's path and the digest of its content, to be recorded.

    :raises MeasurementError: if it cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise MeasurementError(f"cannot read the configuration {path}: {error.strerror}") from None
    return f"{path}{_DIGEST}{hashlib.sha256(content).hexdigest()[:16]}"


def without_digest(told: str) -> str:
    """The path in a result of :func:`with_digest`."""
    return told.rpartition(_DIGEST)[0]
