"""``parts=yes``: the operations that make up each side of a handshake, and what each of them costs."""

from tlsbench.workloads.parts.bill import PARTS, REST, Step, bill
from tlsbench.workloads.parts.prices import UNKNOWN, Part, Prices
from tlsbench.workloads.parts.traffic import Traffic, traffic_of

__all__ = ["PARTS", "REST", "UNKNOWN", "Part", "Prices", "Step", "Traffic", "bill", "traffic_of"]
