"""Tracing of one handshake: what went over the link (:mod:`.recording`), decrypted with its own secrets.

The messages (:mod:`tlsbench.decryption`) form a ladder (:mod:`.ladder`). A capture file
(:mod:`.capture`) contains the bytes and the secrets, for other programs. Nothing here
takes part in a measurement.
"""

from tlsbench.decryption.keylog import KeyLog
from tlsbench.decryption.piece import Piece
from tlsbench.tracing.ladder import Ladder, LadderFlight, ladder_of
from tlsbench.tracing.recording import Recorder

__all__ = ["KeyLog", "Ladder", "LadderFlight", "Piece", "Recorder", "ladder_of"]
