"""Implementations loaded in a process that may crash: ``python -m tlsbench.implementations.probing``.

A library can kill the process that loads it: a truncated file by SIGBUS, a broken one by abort(3). So
anything not known to load is first loaded by a child, which reads the names of implementations as one line of
JSON and answers each with a line. If it dies, the one that it was about to answer is to blame, and another
child continues with those after it.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psutil

from tlsbench.errors import MeasurementError
from tlsbench.implementations.descriptions import Description
from tlsbench.processes import PATIENCE_SECONDS, Interpreter, Process

#: Packages that contain an engine, if it is not the implementation's own package.
_HOLDERS: Final = {"pyopenssl": "cryptography", "cryptography": "cryptography"}
#: The prefix of the name of a library that no implementation measures.
_OF_FILE: Final = "file:"
#: For each family of files, its name and what returns its version: gnutls.h, wolfssl/ssl.h, nss/ssl.h.
_VERSIONS: Final[Mapping[str, tuple[str, tuple[tuple[str, tuple[None, ...]], ...]]]] = {
    "gnutls": ("GnuTLS", (("gnutls_check_version", (None,)),)),
    "wolfssl": ("wolfSSL", (("wolfSSL_lib_version", ()),)),
    "nss": ("NSS", (("NSSSSL_GetVersion", ()),)),
    "mbedtls": ("Mbed TLS", ()),
    "s2n": ("s2n-tls", ()),
}
#: The separator between an engine and the file that its implementation names.
_IN: Final = " in "


def describe(names: Sequence[str], environment: Mapping[str, str] | None = None) -> dict[str, Description]:
    """What implementations declare about themselves, in processes of their own, where crashes do no harm.

    :param names: ids, which may name a libssl by its path.
    :param environment: variables to set for the processes.
    """
    found: dict[str, Description] = {}
    waiting = list(names)
    while waiting:
        with closing(_child(waiting, environment or {})) as child:
            for name in tuple(waiting):
                waiting.remove(name)
                found[name], died = _answer_of(child)
                if died:
                    break
    return found


def describe_each(
    requests: Sequence[tuple[str, Mapping[str, str]]],
) -> dict[str, Description]:
    """The same, each in a process of its own, as many at a time as there are processors.

    :param requests: ids, each with the variables to set for its process.
    """
    found: dict[str, Description] = {}
    at_once = os.cpu_count() or 1
    for first in range(0, len(requests), at_once):
        with ExitStack() as stack:
            children = [
                (name, stack.enter_context(closing(_child([name], environment))))
                for name, environment in requests[first : first + at_once]
            ]
            found |= {name: _answer_of(child)[0] for name, child in children}
    return found


def _child(names: Sequence[str], environment: Mapping[str, str]) -> Process:
    return Process(__name__, json.dumps(list(names)), interpreter=Interpreter(environment=environment))


def _answer_of(child: Process) -> tuple[Description, bool]:
    """The next description from a child, and whether the child died instead of giving it."""
    try:
        return Description.from_plain(child.answer(PATIENCE_SECONDS)), False
    except MeasurementError as error:
        return Description.of_failure(f"a process that loads it {error}"), True


def _descriptions(names: Sequence[str]) -> Iterator[Description]:
    """The descriptions of implementations, loaded in this very process."""
    from tlsbench.implementations.missing import Missing
    from tlsbench.implementations.registry import capabilities_of, implementation

    for name in names:
        if name.startswith(_OF_FILE):
            yield _version_of_file(*name.removeprefix(_OF_FILE).split(":", 1))
            continue
        member = implementation(name)
        if isinstance(member, Missing):
            yield Description(summary=member.summary, state=member.state, reason=member.reason)
            continue
        engine = member.engine()
        yield Description(
            summary=member.summary,
            engine=engine,
            file=_file_of(name, engine),
            capabilities=capabilities_of(name),
        )


def of_file(family: str, path: str) -> str:
    """The name under which to ask about a library that no implementation measures, for its version only."""
    return f"{_OF_FILE}{family}:{path}"


def _version_of_file(family: str, path: str) -> Description:
    library, functions = _VERSIONS[family]
    try:
        loaded = ctypes.CDLL(path)
    except OSError as error:
        return Description.of_failure(" ".join(str(error).split()))
    for name, arguments in functions:
        with suppress(AttributeError):
            function = getattr(loaded, name)
            function.restype = ctypes.c_char_p
            return Description(
                engine=f"{library} {(function(*arguments) or b'').decode('ascii', 'replace')}".strip(),
                file=path,
            )
    return Description(engine=library, file=path)


def _file_of(name: str, engine: str) -> str:
    """The file that contains an engine that this process has loaded."""
    named = engine.partition(_IN)[2]
    if named.startswith("/"):
        return named
    mapped = _mapped_files()
    wanted = named or f"lib{name}."
    for path in mapped:
        if path.name.startswith(wanted):
            return str(path)
    package = find_spec(_HOLDERS.get(name, name)) if name.isidentifier() else None
    if package is None:
        return ""
    folders = [Path(folder) for folder in package.submodule_search_locations or ()]
    inside = [path for path in mapped if any(path.is_relative_to(folder) for folder in folders)]
    largest = max(inside, key=lambda path: path.stat().st_size, default=None)
    return str(largest or package.origin or "")


def _mapped_files() -> list[Path]:
    """The files mapped into this process's memory; none if the system does not show them."""
    with suppress(psutil.Error, AttributeError, OSError):
        return sorted({Path(one.path) for one in psutil.Process().memory_maps() if one.path.startswith("/")})
    return []


if __name__ == "__main__":
    for described in _descriptions(json.loads(sys.stdin.readline())):
        print(json.dumps(described.as_plain()), flush=True)
