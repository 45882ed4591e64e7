"""What ``workload=certificate`` measures: the operations on certificates, CRLs and OCSP responses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CertificateOperation:
    """One operation. ``of_chain``: it applies to a whole chain, not to the leaf and its issuer."""

    name: str
    of_chain: bool = False


OPERATIONS = (
    CertificateOperation("parse"),
    CertificateOperation("issue"),
    CertificateOperation("verify", of_chain=True),
    CertificateOperation("ocsp-build"),
    CertificateOperation("ocsp-check"),
    CertificateOperation("crl-parse-10"),
    CertificateOperation("crl-parse-100000"),
    CertificateOperation("crl-lookup-10"),
    CertificateOperation("crl-lookup-100000"),
)
