from __future__ import annotations

from collections.abc import Callable

import pytest

from tlsbench.errors import CertificateError, ProofError
from tlsbench.implementations.cryptography import certificates
from tlsbench.implementations.pyopenssl import certificates as of_pyopenssl
from tlsbench.implementations.registry import primitive_libraries
from tlsbench.implementations.verification import must_fail
from tlsbench.pki import peers_for
from tlsbench.scenarios import Scenario
from tlsbench.scenarios.operations import OPERATIONS
from tlsbench.workloads import Workload

Find = Callable[[str], tuple[Scenario, ...]]
ROWS = [("cryptography", operation.name) for operation in OPERATIONS if "100000" not in operation.name]
ROWS += [("pyopenssl", "parse"), ("pyopenssl", "verify")]


@pytest.mark.parametrize(("library", "operation"), ROWS)
@pytest.mark.parametrize("key", ["rsa-2048", "ecdsa-secp384r1"])
def test_every_operation_runs_and_proves_itself(
    library: str, operation: str, key: str, workload_of: Callable[[str], Workload]
) -> None:
    cell = workload_of(f"workload=certificate implementation={library} operation={operation} key={key}")
    sample = cell.sample()
    assert 0 < sample.client == sample.total
    assert cell.proof() == {"operation": operation, "verified": True}


@pytest.mark.parametrize("library", ["cryptography", "pyopenssl"])
def test_a_mixed_chain_is_verified(library: str, workload_of: Callable[[str], Workload]) -> None:
    workload_of(
        f"workload=certificate implementation={library} operation=verify chain_length=3 "
        "key=ecdsa-secp256r1 intermediate_key=rsa-2048 root_key=ecdsa-secp384r1"
    ).sample()


@pytest.mark.slow
def test_a_list_of_a_hundred_thousand_is_searched_to_its_end(workload_of: Callable[[str], Workload]) -> None:
    workload_of("workload=certificate operation=crl-lookup-100000").sample()


MODULES = {"cryptography": certificates, "pyopenssl": of_pyopenssl}


@pytest.mark.parametrize("library", MODULES)
def test_a_verifier_that_accepts_every_name_is_found_out(
    library: str, scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of(f"workload=certificate implementation={library} operation=verify")
    member = primitive_libraries()[library]
    monkeypatch.setattr(MODULES[library], "STRANGER", "localhost")
    with pytest.raises(ProofError, match="host name: wanted a rejection, got an acceptance"):
        member.operation(scenario, peers_for(scenario)).verify()


def test_a_check_that_believes_a_forgery_is_found_out(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("workload=certificate operation=ocsp-check")
    monkeypatch.setattr(certificates, "check_ocsp_response", lambda *_: "revoked")
    with pytest.raises(ProofError, match="signature: wanted a rejection, got an acceptance"):
        certificates.operation(scenario, peers_for(scenario)).verify()


def test_a_search_that_finds_nothing_is_found_out(
    scenarios_of: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scenario,) = scenarios_of("workload=certificate operation=crl-lookup-10")

    class Blind:
        def get_revoked_certificate_by_serial_number(self, serial_number: int) -> None:
            return None

    monkeypatch.setattr(certificates, "_crl", lambda *_: (Blind(), [7]))
    with pytest.raises(ProofError, match="entry: wanted 7, got None"):
        certificates.operation(scenario, peers_for(scenario)).verify()


def test_an_unchecked_response_is_not_taken_for_another_error() -> None:
    with pytest.raises(CertificateError):
        must_fail("x", lambda: _raise(CertificateError("y")), ZeroDivisionError)


def _raise(error: Exception) -> None:
    raise error
