"""Host names, as people write them and as requests, verification and SNI use them."""

from __future__ import annotations

import ipaddress
import re

from tlsbench.errors import RequestError

#: A label: letters, digits, inner hyphens (RFC 1123 section 2.1), and underscores, which occur in practice.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_MOST_CHARACTERS = 253


def is_address(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_name(text: str) -> str:
    """The ASCII form of a host name or address; an internationalised name is encoded by IDNA 2008 (RFC 5891).

    :raises RequestError: if the text is neither.
    """
    if is_address(text):
        return text
    name = text if text.isascii() else _to_ascii(text)
    labels = name.rstrip(".").split(".")
    if _HOST.fullmatch(name) and len(name) <= _MOST_CHARACTERS and not labels[-1].isdigit():
        return name
    raise RequestError(
        f"{text!r} is not a host name: give an IP address, or labels of 1 to 63 letters, digits and "
        f"hyphens, separated by dots, {_MOST_CHARACTERS} characters at most"
    )


def _to_ascii(text: str) -> str:
    import idna  # trustme depends on it

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError:
        return text  # which is then refused


def server_name_indication(name: str) -> bytes | None:
    """The name for the SNI extension: without a final dot, and None for an address (RFC 6066 section 3)."""
    return None if is_address(name) else name.removesuffix(".").encode("ascii")
