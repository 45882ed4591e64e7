"""The findings of a run in words, computed from its cells; there is none where these are inconclusive."""

from __future__ import annotations

from tlsbench.report.findings.aeads import aead_findings
from tlsbench.report.findings.chains import chain_findings
from tlsbench.report.findings.compression import compression_findings
from tlsbench.report.findings.contrasts import contrast_findings
from tlsbench.report.findings.finding import Finding
from tlsbench.report.findings.kernel import kernel_findings
from tlsbench.report.findings.libraries import fastest_findings
from tlsbench.report.findings.memory import memory_findings
from tlsbench.report.findings.network import network_findings
from tlsbench.report.findings.parts import parts_findings
from tlsbench.report.findings.per_datagram import per_datagram_findings
from tlsbench.report.findings.primitives import primitive_findings
from tlsbench.report.findings.rates import rate_findings
from tlsbench.report.findings.records import record_findings
from tlsbench.report.findings.scaling import scaling_findings
from tlsbench.report.findings.sides import side_findings
from tlsbench.report.findings.suites import suite_findings
from tlsbench.report.findings.transports import transport_findings
from tlsbench.results import Run

__all__ = ["Finding", "findings"]


def findings(run: Run) -> list[Finding]:
    """The findings of a run, the most sought-after first."""
    return [
        *contrast_findings(run),
        *compression_findings(run),
        *suite_findings(run),
        *transport_findings(run),
        *parts_findings(run),
        *per_datagram_findings(run),
        *chain_findings(run),
        *network_findings(run),
        *scaling_findings(run),
        *aead_findings(run),
        *primitive_findings(run),
        *record_findings(run),
        *kernel_findings(run),
        *fastest_findings(run),
        *side_findings(run),
        *rate_findings(run),
        *memory_findings(run),
    ]
