"""Wrong host: the chain is good, but the certificate is for another name."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    server = root.issue(Template(names=("www.demo.test", "*.api.demo.test")))
    stage.say("The leaf is for www.demo.test and *.api.demo.test.")

    with stage.server(server) as running:
        for host in ("localhost", "demo.test", "a.b.api.demo.test", "127.0.0.1"):
            stage.say(f"A client that connects to {host}:")
            stage.refused(
                running, root.certificate, host=host, alert="bad_certificate", because="mismatch, at depth 0"
            )
        for host in ("www.demo.test", "v1.api.demo.test"):
            stage.say(f"A client that connects to {host}:")
            stage.works(running, root.certificate, host=host)
        stage.say("A wildcard matches one label, and never the parent name (RFC 9525, section 6.3).")


if __name__ == "__main__":
    play(demo)
