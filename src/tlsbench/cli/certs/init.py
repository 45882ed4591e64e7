"""``tlsbench certs init``."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from tlsbench.certs import folder as pki_folder
from tlsbench.certs.plan import PROFILES, Plan, make
from tlsbench.certs.snippets import check_place
from tlsbench.cli import output
from tlsbench.errors import RequestError, unknown
from tlsbench.pki.names import general_name
from tlsbench.scenarios.keys import BY_NAME

_MOST_DAYS = 3650


def init(
    folder: Path,
    profile: str,
    given: Mapping[str, object],
    *,
    password: str,
    force: bool,
    as_json: bool,
) -> None:
    """Make a PKI and write it.

    :param given: fields of :class:`~tlsbench.certs.plan.Plan` that were asked for; None where not.
    :raises RequestError: before anything is written, if the request is wrong.
    """
    if profile not in PROFILES:
        raise unknown("profile", profile, PROFILES)
    asked = {name: value for name, value in given.items() if value is not None}
    for name in ("key", "intermediate_key", "root_key"):
        if asked.get(name) == "":  # a plan takes that for the leaves' own
            raise unknown("key type", "", BY_NAME)
    plan = Plan(**{**PROFILES[profile][1], **asked})  # type: ignore[arg-type]
    _check(plan)
    if not password.isprintable():
        raise RequestError("--password: valid are printable characters, in UTF-8")
    check_place(folder.absolute())
    pki_folder.check_free(folder, force=force)  # before the keys are made, which may take a while
    pki_folder.check_writable(folder)
    files = pki_folder.write(make(plan), folder, password=password, force=force)
    if as_json:
        document = {"folder": str(folder.absolute()), "plan": asdict(plan), "files": files}
        output.write(json.dumps(document, indent=2) + "\n")
        return
    output.line(f"{folder}: {PROFILES[profile][0]}")
    for name in files:
        output.line(f"  {name:<28}{_meaning(name)}")
    if not any(name.endswith(".p12") for name in files):
        output.line(f"  no PKCS #12: cryptography writes none with an {plan.key} key")
    place = shlex.quote(str(folder))
    output.write("\nNext:\n")
    output.line(f"  tlsbench certs show {place}/server-chain.pem")
    output.line(f"  tlsbench certs serve {place}")


def _check(plan: Plan) -> None:
    for key in (plan.key, plan.intermediate_key, plan.root_key):
        if key and key not in BY_NAME:
            raise unknown("key type", key, BY_NAME)
    if not 1 <= plan.chain_length <= 5:
        raise RequestError(f"--chain-length {plan.chain_length}: valid is 1 to 5 certificates")
    if not (math.isfinite(plan.days) and 0 < plan.days <= _MOST_DAYS):
        raise RequestError(f"--days {plan.days:g}: valid is more than 0 and up to {_MOST_DAYS}")
    if plan.intermediate_key and plan.chain_length == 1:
        raise RequestError("--intermediate-key: a chain of one certificate has no intermediate")
    for name in (*plan.names, plan.client):
        general_name(name)


_MEANINGS = (
    ("root.pem", "what clients trust"),
    ("root.key", "its private key"),
    (".ocsp", "the OCSP response, where HAProxy looks for it"),
    ("-chain.pem", "the leaf and its intermediates, as TLS sends them"),
    ("-combined.pem", "chain and private key in one"),
    ("intermediates.pem", "those between leaf and root, the leaf's issuer first"),
    (".p12", "key and chain as PKCS #12"),
    ("ocsp.der", "an OCSP response for the server: good"),
    ("crl.pem", "the revocation lists of all authorities, empty"),
    ("pki.json", "what 'tlsbench certs serve' reads"),
    ("snippets/", "a configuration that names these files"),
    (".key", "its private key"),
    (".pem", "the certificate"),
)


def _meaning(name: str) -> str:
    return next(meaning for part, meaning in _MEANINGS if part in name)
