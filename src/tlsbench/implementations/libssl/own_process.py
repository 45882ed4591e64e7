"""A libssl that this process cannot hold: ``python -m tlsbench.implementations.libssl.own_process``.

The dynamic linker knows a shared library by its soname, and a process has one of each. A libssl that lies
beside a libcrypto with the soname of one that is here already (Python's ``hashlib`` brings the system's)
gets that one: at best it is refused for the lack of a symbol's version, at worst it runs on another
libcrypto than its own. In a process that looks into its folder first (``LD_LIBRARY_PATH``) everything,
Python's own modules too, gets the libcrypto that lies there. A namespace of its own in this process
(``dlmopen``) ended in a crash as soon as OpenSSL set itself up, with glibc 2.36.

So it is measured in a worker, and what it can do is asked of a process as well: this module, which reads
its id and path as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tlsbench.errors import MeasurementError, RequestError
from tlsbench.implementations.contract import ClientContext, ServerContext
from tlsbench.implementations.libssl.library import LibSsl
from tlsbench.pki import Peers
from tlsbench.processes import PATIENCE_SECONDS, Interpreter, Process
from tlsbench.scenarios import Capabilities, Gap, Scenario


@dataclass(frozen=True)
class LibSslInOwnProcess:
    """A libssl whose libcrypto has a namesake in this process."""

    path: str
    id: str
    summary: str = "a libssl, by its path, in a process of its own"

    @property
    def folder(self) -> str:
        """Where the dynamic linker must look first."""
        return str(Path(self.path).resolve().parent)

    @cached_property
    def _description(self) -> dict[str, Any]:
        there = Interpreter(environment={"LD_LIBRARY_PATH": self.folder})
        with closing(Process(__name__, json.dumps([self.id, self.path]), interpreter=there)) as process:
            try:
                return process.answer(PATIENCE_SECONDS)
            except MeasurementError as error:
                last = process.errors()[-1:] or [f"its process {error}"]
                raise RequestError(f"cannot load {self.path}: {last[0]}") from None

    def engine(self) -> str:
        return str(self._description["engine"])

    def capabilities(self) -> Capabilities:
        gaps = [
            Gap(one["reason"], {axis: frozenset(values) for axis, values in one["when"].items()})
            for one in self._description["gaps"]
        ]
        return Capabilities(tuple(gaps), tuple(self._description["supports"]), libcrypto=self.folder)

    def client_context(self, _scenario: Scenario, _peers: Peers) -> ClientContext:
        raise self._elsewhere()

    def server_context(self, _scenario: Scenario, _peers: Peers) -> ServerContext:
        raise self._elsewhere()

    def _elsewhere(self) -> MeasurementError:
        return MeasurementError(f"{self.path} needs a process of its own: LD_LIBRARY_PATH={self.folder}")


def at_path(path: str, name: str) -> LibSsl | LibSslInOwnProcess:
    """The libssl of a file, in this process if that can hold it with its own libcrypto, else in another."""
    here = LibSsl(path, name, "a libssl by its path, called through cffi")
    try:
        if here.library.is_whole and not here.library.lacks("OpenSSL_version"):
            return here
    except OSError:
        pass  # a process of its own says why, if it fails there too
    return LibSslInOwnProcess(path, name)


def describe(library: LibSsl) -> dict[str, Any]:
    """A library's engine and gaps as plain values.

    :raises MeasurementError: if even here it has another libcrypto than its own.
    """
    if not library.library.is_whole:
        raise MeasurementError(f"it is given {library.library.libcrypto}, not the libcrypto beside it")
    able = library.capabilities()
    return {
        "engine": library.engine(),
        "gaps": [
            {"reason": one.reason, "when": {axis: sorted(values) for axis, values in one.when.items()}}
            for one in able.gaps
        ],
        "supports": able.supports,
    }


if __name__ == "__main__":
    try:
        name, path = json.loads(sys.stdin.readline())
        print(json.dumps(describe(LibSsl(path, name))))
    except (OSError, MeasurementError) as error:
        raise SystemExit(str(error)) from None
