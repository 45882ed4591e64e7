"""``parts=yes``: what each side of a handshake is made of, and what each part costs alone."""

from tlsbench.workloads.parts.bill import PARTS, REST, Step, bill
from tlsbench.workloads.parts.prices import UNKNOWN, Part, Prices
from tlsbench.workloads.parts.traffic import Traffic, traffic_of

__all__ = ["PARTS", "REST", "UNKNOWN", "Part", "Prices", "Step", "Traffic", "bill", "traffic_of"]
