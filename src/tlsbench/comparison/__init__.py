"""Compare two results: what became faster or slower, and what is inconclusive."""

from tlsbench.comparison.gate import Answers, Gate, parse_gate
from tlsbench.comparison.judge import Judgement, Verdict, judge
from tlsbench.comparison.named import with_yardsticks
from tlsbench.comparison.recording import Recording, load_recording, recording_of

__all__ = [
    "Answers",
    "Gate",
    "Judgement",
    "Recording",
    "Verdict",
    "judge",
    "load_recording",
    "parse_gate",
    "recording_of",
    "with_yardsticks",
]
