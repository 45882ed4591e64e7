"""Every implementation passes the suite offered to third parties."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tlsbench.conformance import Conformance
from tlsbench.implementations import TlsImplementation
from tlsbench.implementations.registry import implementations, tls_libraries, tls_library

#: Its sessions leak (CPython issue 116810), which 3.12.8 and 3.13.1 fixed.
LEAKY_SESSIONS = sys.version_info < (3, 12, 8) or (3, 13) <= sys.version_info < (3, 13, 1)
TLS = list(tls_libraries())


class TestEveryImplementation(Conformance):
    handshakes = 300

    @pytest.fixture(params=[name for name in TLS if name not in ("fake", "tlslite")])
    def library(self, request: pytest.FixtureRequest) -> TlsImplementation:
        if LEAKY_SESSIONS and "no_memory_behind[ssl-resumption=psk" in request.node.name:
            pytest.skip("this Python leaks each session that is read: its issue 116810")
        return tls_library(request.param)


class TestFake(Conformance):
    handshakes = 1000
    is_fake = True

    @pytest.fixture
    def library(self) -> TlsImplementation:
        return tls_library("fake")


@pytest.mark.skipif("tlslite" not in TLS, reason="tlslite-ng is not installed")
class TestPurePython(Conformance):
    handshakes = 20  # each takes tens of milliseconds
    mutations = 20

    @pytest.fixture
    def library(self) -> TlsImplementation:
        return tls_library("tlslite")


@pytest.mark.parametrize("name", list(implementations()))
def test_an_implementation_is_known_by_its_id(name: str) -> None:
    assert implementations()[name].id == name
    assert implementations()[name].summary


OUTSIDER = """
from dataclasses import dataclass
import pytest
from tlsbench.conformance import Conformance
from tlsbench.implementations.pyopenssl.library import PyOpenSsl

class Careless(PyOpenSsl):
    id = "careless"
    def client_context(self, scenario, peers):
        context = PyOpenSsl().client_context(scenario, peers)
        context.context.set_verify(0)
        return context

class TestCareless(Conformance):
    handshakes = 10
    @pytest.fixture
    def library(self):
        return Careless()
"""


def test_a_third_party_runs_it_on_a_class_of_its_own_and_is_told_what_fails(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_outsider=OUTSIDER)
    result = pytester.runpytest("-k", "trust or garbage or says_who")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["*DID NOT RAISE*HandshakeError*"])
    assert Path(pytester.path).is_dir()
