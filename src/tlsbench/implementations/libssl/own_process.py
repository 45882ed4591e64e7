"""A libssl by its path: whether this process can hold it, and what it can do if not.

The dynamic linker knows a shared library by its soname, and a process has one of each. A libssl that lies
beside a libcrypto with the soname of one that is here already (Python's ``hashlib`` brings the system's)
gets that one: at best it is refused for the lack of a symbol's version, at worst it runs on another
libcrypto than its own. In a process that looks into its folder first (``LD_LIBRARY_PATH``) everything,
Python's own modules too, gets the libcrypto that lies there. A namespace of its own in this process
(``dlmopen``) ended in a crash as soon as OpenSSL set itself up, with glibc 2.36.

So it is measured in a worker, and what it can do is asked of a process as well. Nor is any file loaded here
before another process has come through that (:mod:`tlsbench.implementations.probing`).
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

#: The prefix of the path of a libssl that is named by it.
BY_PATH = "libssl:"
_SUMMARY = "a libssl by its path, called through cffi"
_LIBCRYPTO = "libcrypto*"


@dataclass(frozen=True)
class LibSslInOwnProcess:
    """A libssl whose libcrypto has a namesake in this process.

    :param described: what it says where it is loaded with its own.
    """

    path: str
    id: str
    described: Description
    summary: str = "a libssl, by its path, in a process of its own"
    has_two_files: ClassVar[bool] = True

    @property
    def folder(self) -> str:
        """Where the dynamic linker must look first."""
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
    """The libssl of each file: in this process if that can hold it with its own libcrypto, else in another.

    One that no process can load is missing, with the reason. A child process, which harms nobody when it
    crashes, loads what it is asked for.

    :raises MeasurementError: in a child, if it is given another libcrypto than the one beside it.
    """
    if is_child():
        return {path: _loaded_here(path) for path in paths}
    return {path: _member(path, described) for path, described in describe_paths(paths).items()}


def describe_paths(paths: Sequence[str]) -> dict[str, Description]:
    """What the libssl of each file says of itself, in a process of its own.

    Of one that must be loaded with its own libcrypto that folder is in its capabilities.
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
        raise MeasurementError(f"it is given {library.library.libcrypto}, not the libcrypto beside it")
    return library


def _folder_of(path: str) -> str:
    return str(Path(path).resolve().parent)


def _has_libcrypto(path: str) -> bool:
    return any(Path(_folder_of(path)).glob(_LIBCRYPTO))
