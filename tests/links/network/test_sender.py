"""How a sender handles losses: tail loss probes, time for reordering, and the timer."""

from __future__ import annotations

import math

from tlsbench.links.network import Network
from tlsbench.links.network.segments import Segment
from tlsbench.links.network.sender import Sender

RTT_MS = 50.0
MSS = 1000
#: Two ticks of Linux's clock.
TICKS_MS = 8.0


def sender(segments: int, more_bytes: int = 0, **network: float) -> tuple[Sender, list[Segment]]:
    """A sender that has just sent that many segments, at time 0."""
    one = Sender(Network(rtt_ms=RTT_MS, mss=MSS, **network))  # type: ignore[arg-type]
    one.write(bytes(segments * MSS + more_bytes))
    return one, list(one.to_send(0.0))


def starts(one: Sender, now_ms: float) -> list[int]:
    return [segment.start for segment in one.to_send(now_ms)]


def test_the_last_segment_is_probed_after_two_round_trips() -> None:
    """RFC 8985, section 7.2: after a lost tail, nothing follows that would reveal the loss."""
    one, sent = sender(3)
    assert one.timer_ms == 2 * RTT_MS + TICKS_MS
    one.time_out(one.timer_ms)
    assert starts(one, 108.0) == [sent[-1].start]
    assert one.retransmissions == 1
    assert one.control.window == 10, "a probe is no sign of congestion yet"


def test_a_probe_sends_what_is_new_before_it_sends_again() -> None:
    one, _ = sender(2, initcwnd=2, more_bytes=500)
    one.time_out(one.timer_ms)
    assert starts(one, 108.0) == [2 * MSS], "although the window is full"
    assert one.retransmissions == 0


def test_what_follows_a_probe_is_the_timer() -> None:
    one, _ = sender(3)
    one.time_out(108.0)
    assert starts(one, 108.0) == [2 * MSS]
    assert one.timer_ms == 108.0 + RTT_MS + 200.0
    one.time_out(one.timer_ms)
    assert starts(one, 358.0) == [0], "all is lost, and one segment may be under way"
    assert one.control.window == 1


def test_a_lone_segment_waits_for_an_acknowledgement_that_may_be_delayed() -> None:
    one, _ = sender(1)
    assert one.timer_ms == RTT_MS + 200.0, "no later than the timer, which is shorter here"


def test_a_probe_that_arrives_tells_of_the_hole_before_it() -> None:
    """The last two of three segments are lost."""
    one, _ = sender(3)
    one.acknowledge(MSS, frozenset(), RTT_MS)
    one.time_out(one.timer_ms)
    assert starts(one, 158.0) == [2 * MSS]
    one.acknowledge(MSS, frozenset({2 * MSS}), 158.0 + RTT_MS)
    assert starts(one, 158.0 + RTT_MS) == [MSS]
    assert one.control.window < 10


def test_a_hole_is_a_loss_after_a_quarter_of_a_round_trip() -> None:
    """RFC 8985, section 6.2: packets may be reordered by that much."""
    one, _ = sender(3)
    one.acknowledge(0, frozenset({MSS}), RTT_MS)
    assert starts(one, RTT_MS) == []
    assert one.timer_ms == RTT_MS + RTT_MS / 4 + TICKS_MS
    one.time_out(one.timer_ms)
    assert starts(one, one.timer_ms) == [0]


def test_three_segments_behind_a_hole_leave_it_no_time() -> None:
    one, _ = sender(5)
    one.acknowledge(0, frozenset({MSS, 2 * MSS}), RTT_MS)
    assert starts(one, RTT_MS) == []
    one.acknowledge(0, frozenset({MSS, 2 * MSS, 3 * MSS}), RTT_MS + 1)
    assert starts(one, RTT_MS + 1) == [0]


def test_what_was_sent_again_and_lost_again_needs_no_timer_either() -> None:
    one, _ = sender(6)
    one.acknowledge(0, frozenset({MSS, 2 * MSS, 3 * MSS}), RTT_MS)
    one.write(bytes(MSS))
    assert starts(one, RTT_MS) == [0, 6 * MSS]
    one.acknowledge(0, frozenset({MSS, 2 * MSS, 3 * MSS, 6 * MSS}), 2 * RTT_MS)
    assert starts(one, 2 * RTT_MS)[0] == 0


def test_an_acknowledgement_of_all_leaves_nothing_to_wait_for() -> None:
    one, sent = sender(3)
    one.acknowledge(sent[-1].end, frozenset(), RTT_MS)
    assert one.timer_ms == math.inf
