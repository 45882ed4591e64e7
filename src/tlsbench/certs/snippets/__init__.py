"""Working configurations for other programs, that name the files of a folder.

Each is a template beside this file: adding one is adding a file.
"""

from __future__ import annotations

import ipaddress
import json
import shlex
from importlib.resources import files
from pathlib import Path
from string import Template

from cryptography import x509

from tlsbench.pki import Identity
from tlsbench.pki.names import name_text

#: Where the snippets have servers listen.
PORT = 8443
_SUFFIX = ".template"


def snippets(folder: Path, identity: Identity) -> dict[str, str]:
    """The text of every snippet, by file name.

    :param folder: where the PKI's files are, an absolute path.
    :param identity: the server's; its first name is the one that clients ask for.
    """
    host = host_of(identity.leaf)
    words = {
        "host": host,
        # Each language quotes in its own way.
        "folder": _in_double_quotes(str(folder)),
        "shell_folder": shlex.quote(str(folder)),
        "python_folder": json.dumps(str(folder)),
        "haproxy_folder": _escaped(str(folder)),
        "url_host": f"[{host}]" if _is_ipv6(host) else host,
        "port": str(PORT),
        # The openssl command takes the intermediates alone, without the leaf.
        "cert_chain": "-cert_chain intermediates.pem " if identity.certificates[1:] else "",
    }
    return {
        template.name.removesuffix(_SUFFIX): Template(template.read_text(encoding="utf-8")).substitute(words)
        for template in sorted(files(__name__).iterdir(), key=lambda entry: entry.name)
        if template.name.endswith(_SUFFIX)
    }


def host_of(leaf: x509.Certificate) -> str:
    """The name that clients ask for: a certificate's first host or address; of a wildcard, one it covers."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = [name_text(name) for name in names if isinstance(name, x509.DNSName | x509.IPAddress)]
    return hosts[0].replace("*", "www") if hosts else "localhost"


def _in_double_quotes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _escaped(text: str) -> str:
    """For HAProxy, which takes spaces, quotes and hashes behind a backslash."""
    return "".join(f"\\{character}" if character in "\\\"' #" else character for character in text)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
