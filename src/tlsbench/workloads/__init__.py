"""One call, one verified sample: handshakes, application data and primitives."""

from tlsbench.workloads.prepare import prepare
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Sample, Workload

__all__ = ["Clock", "Sample", "Workload", "prepare", "prove_processor"]
