"""Replay: an early request, captured in transit, and sent again by somebody who cannot read it."""

import time

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.loopback import Kept, Server, Tap, Visit, send_again
from tlsbench.pki import Template, root_authority

ROOT = root_authority("ecdsa-secp256r1")
REQUEST = "/transfer?to=mallory"
PATIENCE_S = 30


def demo(stage: Stage) -> None:
    identity = ROOT.issue(Template(names=("localhost",)))
    stage.say("Early data (0-RTT) is in a client's first flight: the server has not answered yet.")
    with stage.server(identity, early_data=True, anti_replay=False) as server:
        stage.say("Its anti-replay is off (SSL_OP_NO_ANTI_REPLAY).")
        flight, _ = captured(stage, server)
        began, again = time.monotonic(), replayed(server, flight)
        stage.holds("the same bytes over a new TCP connection: answered a second time", again.requests == 1)
        stage.say("So ClientHellos are not recorded (RFC 8446, section 8.2): OpenSSL has no such defence.")
        stage.say("Now its freshness check (section 8.3): the same bytes, again and again.")
        while replayed(server, flight).early_bytes and time.monotonic() < began + PATIENCE_S:
            time.sleep(1)
        age_s = time.monotonic() - began
        stage.holds(
            f"after {age_s:.0f} s they are too old, and no longer accepted as early data", age_s < PATIENCE_S
        )

    with stage.server(identity, early_data=True) as server:
        stage.say("Its anti-replay is on, which is the default.")
        flight, kept = captured(stage, server)
        again = replayed(server, flight)
        stage.holds("the same bytes: no request, so it was answered once", not again.requests)
        stage.say("Single-use tickets stop it (section 8.1): the client has used its own up, too.")
        meeting = stage.works(server, ROOT.certificate, kept=kept, early_path=REQUEST)
        stage.holds("in a new ClientHello it resumes nothing", not meeting.resumed)


def captured(stage: Stage, server: Server) -> tuple[bytes, Kept | None]:
    """The first flight of a client with an early request, and the session that it used."""
    kept = stage.works(server, ROOT.certificate).kept
    with Tap(server.address) as tap:
        meeting = stage.works(server, ROOT.certificate, tap=tap, kept=kept, early_path=REQUEST)
    flight = tap.first_flight
    stage.holds("the request was answered, and came as early data", b"early data: " in meeting.reply)
    stage.holds(f"{len(flight)} bytes captured: it cannot be read", REQUEST.encode() not in flight)
    return flight, kept


def replayed(server: Server, flight: bytes) -> Visit:
    send_again(server.address, flight)
    return server.next_visit()


if __name__ == "__main__":
    play(demo)
