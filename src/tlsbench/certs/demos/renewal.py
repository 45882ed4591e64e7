"""Renewal: a new certificate in a running server, without dropping a connection."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.loopback import ClientSetup, ServerSetup, connect
from tlsbench.pki import Template, Validity, root_authority

CONNECTIONS = 20


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    old = root.issue(Template(names=("localhost",), validity=Validity.days(1)))
    new = root.issue(Template(names=("localhost",), validity=Validity.days(30)))
    setup = ClientSetup(roots=(root.certificate,))

    with stage.server(old) as running:
        before = [connect(running.address, setup) for _ in range(CONNECTIONS)]
        answers = [connected.ask() for connected in before]
        stage.say(f"{CONNECTIONS} clients are connected and stay so; their certificate has a day left.")

        running.renew(ServerSetup(identity=new))
        stage.say("The server gets a new certificate. It neither stops nor closes its port.")

        after = [connect(running.address, setup) for _ in range(CONNECTIONS)]
        stage.holds(
            "new connections see the new one", {one.meeting().chain for one in after} == {new.certificates}
        )
        answers += [connected.ask() for connected in (*before, *after)]
        stage.holds(
            "open connections are served as before",
            all(b"request: 2 of this connection" in answer for answer in answers[CONNECTIONS:][:CONNECTIONS]),
        )
        stage.holds(f"{3 * CONNECTIONS} requests, {len(answers)} answers", len(answers) == 3 * CONNECTIONS)
        for connected in (*before, *after):
            connected.close()
        visits = [running.next_visit() for _ in range(2 * CONNECTIONS)]
        stage.holds("no connection was dropped", not any(visit.problem for visit in visits))


if __name__ == "__main__":
    play(demo)
