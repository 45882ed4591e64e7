"""OpenSSL's own QUIC passes the suite offered to third parties."""

from __future__ import annotations

import pytest

from tlsbench.conformance.datagrams import DatagramConformance
from tlsbench.implementations import DatagramImplementation
from tlsbench.implementations.registry import implementation

pytestmark = pytest.mark.slow  # timeouts of failures pass in real time


class TestOpenSslQuic(DatagramConformance):
    transport = "quic"

    @pytest.fixture
    def library(self, openssl_35: str) -> DatagramImplementation:
        member = implementation(openssl_35)
        assert isinstance(member, DatagramImplementation)
        return member
