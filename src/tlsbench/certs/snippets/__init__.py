"""Working configurations for other programs that use the files in a folder.

Each is a template next to this file: to add one, add a file.
"""

from __future__ import annotations

import ipaddress
import shlex
from importlib.resources import files
from pathlib import Path
from string import Template

from cryptography import x509

from tlsbench.errors import RequestError
from tlsbench.pki import Identity
from tlsbench.pki.names import name_text

#: The port on which servers listen in the snippets.
PORT = 8443
_SUFFIX = ".template"


def snippets(folder: Path, identity: Identity) -> dict[str, str]:
    """The text of every snippet, by file name.

    :param folder: the absolute path of the folder with the PKI's files.
    :param identity: the server's; clients connect to its first name.
    """
    check_place(folder)
    host, place = host_of(identity.leaf), str(folder)
    words = {
        "host": host,
        # Each language quotes in its own way.
        "apache_folder": _in_double_quotes(place),
        "nginx_folder": _in_nginx(place),
        "shell_folder": shlex.quote(place),
        "python_folder": ascii(place),
        "haproxy_folder": _escaped(place),
        "url_host": f"[{host}]" if _is_ipv6(host) else host,
        "port": str(PORT),
        # The openssl command takes only the intermediates, without the leaf.
        "cert_chain": "-cert_chain intermediates.pem " if identity.certificates[1:] else "",
    }
    return {
        template.name.removesuffix(_SUFFIX): Template(template.read_text(encoding="utf-8")).substitute(words)
        for template in sorted(files(__name__).iterdir(), key=lambda entry: entry.name)
        if template.name.endswith(_SUFFIX)
    }


def check_place(folder: Path) -> None:
    """Check that configurations can name the files in a folder.

    :raises RequestError: if one of their languages has no way to quote its path.
    """
    place = str(folder)
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in place):
        raise RequestError(f"{place!r} has a control character: configurations cannot name files in there")
    if "${" in place:
        raise RequestError(f"'{place}' has '${{' in it, which Apache replaces: no configuration can name it")


def host_of(leaf: x509.Certificate) -> str:
    """The name that clients connect to: the first host or address; for a wildcard, a name that it covers."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = [name_text(name) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)]
    return hosts[0].replace("*", "www") if hosts else "localhost"


def _in_double_quotes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _in_nginx(place: str) -> str:
    """For nginx, where a dollar sign starts a variable and has no escape: then, a relative path."""
    return ".." if "$" in place else _in_double_quotes(place)


def _escaped(text: str) -> str:
    """For HAProxy, in which spaces, quotes and hashes are escaped with a backslash."""
    return "".join(f"\\{character}" if character in "\\\"' #" else character for character in text)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
