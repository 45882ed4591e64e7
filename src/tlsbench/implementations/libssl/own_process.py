"""A libssl by its path: whether this process can load it, and what it supports if not.

The dynamic linker identifies a shared library by its soname, and a process holds one of each. If a libssl's
own libcrypto has the soname of one that is already loaded (Python's ``hashlib`` loads the system's), the
libssl is linked with that one: at best it is refused because a symbol version is missing, at worst it runs on
a libcrypto that is not its own. In a process that searches its folder first (``LD_LIBRARY_PATH``),
everything, including Python's own modules, gets the libcrypto there. A separate namespace in this process
(``dlmopen``) crashed as soon as OpenSSL initialised itself, with glibc 2.36.

It is therefore measured in a worker, and another process determines what it supports. Nor is any file loaded
here before another process has survived loading it (:mod:`tlsbench.implementations.probing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from tlsbench.errors import MeasurementError
from tlsbench.implementations.contract import (
    ClientContext,
    DatagramClientContext,
    DatagramServerContext,
    ServerContext,
)
from tlsbench.implementations.descriptions import Description
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.implementations.missing import Missing
from tlsbench.implementations.probing import describe_each
from tlsbench.pki import Peers
from tlsbench.processes import is_child
from tlsbench.scenarios import Capabilities, Scenario

#: The prefix of the path in the id of a libssl.
BY_PATH = "libssl:"
_SUMMARY = "a libssl by its path, called through cffi"
_LIBCRYPTO = "libcrypto*"


@dataclass(frozen=True)
class LibSslInOwnProcess:
    """A libssl whose libcrypto has the soname of another one in this process.

    :param described: what it reports in a process in which it has its own libcrypto.
    """

    path: str
    id: str
    described: Description
    summary: str = "a libssl, by its path, in a process of its own"
    has_two_files: ClassVar[bool] = True

    @property
    def folder(self) -> str:
        """The folder that the dynamic linker must search first."""
        return _folder_of(self.path)

    def engine(self) -> str:
        return self.described.engine

    def capabilities(self) -> Capabilities:
        return self.described.capabilities

    def client_context(self, _scenario: Scenario, _peers: Peers) -> ClientContext:
        raise self._elsewhere()

    def server_context(self, _scenario: Scenario, _peers: Peers) -> ServerContext:
        raise self._elsewhere()

    def datagram_client_context(self, _scenario: Scenario, _peers: Peers) -> DatagramClientContext:
        raise self._elsewhere()

    def datagram_server_context(self, _scenario: Scenario, _peers: Peers) -> DatagramServerContext:
        raise self._elsewhere()

    def _elsewhere(self) -> MeasurementError:
        return MeasurementError(f"{self.path} needs a process of its own: LD_LIBRARY_PATH={self.folder}")


def at_paths(paths: Sequence[str]) -> dict[str, LibSsl | LibSslInOwnProcess | Missing]:
    """The libssl of each file: in this process if it gets its own libcrypto here, otherwise in another.

    One that no process can load is missing, with the reason. A child process, whose crash does no harm,
    loads whatever it is given.

    :raises MeasurementError: in a child, if a libssl is not linked with the libcrypto in its folder.
    """
    if is_child():
        return {path: _loaded_here(path) for path in paths}
    return {path: _member(path, described) for path, described in describe_paths(paths).items()}


def describe_paths(paths: Sequence[str]) -> dict[str, Description]:
    """The description of the libssl of each file, from a process of its own.

    If one must be loaded with its own libcrypto, its capabilities name the folder.
    """
    names = {path: BY_PATH + path for path in paths}
    here = describe_each([(name, {}) for name in names.values()])
    apart = [path for path, name in names.items() if here[name].state and _has_libcrypto(path)]
    there = describe_each([(names[path], {"LD_LIBRARY_PATH": _folder_of(path)}) for path in apart])
    for path in apart:
        able = replace(there[names[path]].capabilities, libcrypto=_folder_of(path))
        there[names[path]] = replace(there[names[path]], capabilities=able)
    return {path: there.get(name, here[name]) for path, name in names.items()}


def _member(path: str, described: Description) -> LibSsl | LibSslInOwnProcess | Missing:
    name = BY_PATH + path
    if described.state:
        return replace(described, summary=_SUMMARY).missing(name)
    if described.capabilities.libcrypto:
        return LibSslInOwnProcess(path, name, described)
    return LibSsl(path, name, _SUMMARY)


def _loaded_here(path: str) -> LibSsl:
    library = LibSsl(path, BY_PATH + path, _SUMMARY)
    if not library.library.is_whole:
        raise MeasurementError(
            f"it is linked with {library.library.libcrypto}, not with the libcrypto in its folder"
        )
    return library


def _folder_of(path: str) -> str:
    return str(Path(path).resolve().parent)


def _has_libcrypto(path: str) -> bool:
    return any(Path(_folder_of(path)).glob(_LIBCRYPTO))
