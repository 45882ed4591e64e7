"""Workloads, each call of which yields one verified sample: handshakes, application data, primitives."""

from tlsbench.workloads.memory import ENVIRONMENT as MEMORY_ENVIRONMENT
from tlsbench.workloads.prepare import prepare
from tlsbench.workloads.processor import prove_processor
from tlsbench.workloads.sample import Clock, Sample, Workload

__all__ = ["MEMORY_ENVIRONMENT", "Clock", "Sample", "Workload", "prepare", "prove_processor"]
