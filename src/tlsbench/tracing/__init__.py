"""One handshake, looked at: what went over the link, opened with the connection's own secrets.

Bytes (:mod:`.recording`) become records (:mod:`.records`), which are decrypted (:mod:`.protection`, with the
secrets of :mod:`.keylog`) and read as messages (:mod:`.decoding`, :mod:`.messages`), which stand in a ladder
(:mod:`.ladder`). A capture file (:mod:`.capture`) holds the bytes and the secrets, for other programs.
Nothing here takes part in a measurement.
"""

from tlsbench.tracing.keylog import KeyLog
from tlsbench.tracing.ladder import Ladder, LadderFlight, ladder_of
from tlsbench.tracing.recording import Piece, Recorder

__all__ = ["KeyLog", "Ladder", "LadderFlight", "Piece", "Recorder", "ladder_of"]
