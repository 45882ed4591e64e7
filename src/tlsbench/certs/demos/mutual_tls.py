"""Mutual TLS: the server requires client certificates, and identifies its clients by them."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Authority, Template, authority_template, new_key, root_authority

STRANGERS = Authority.new(authority_template("somebody else's root"), new_key("ecdsa-secp256r1"))


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    server = root.issue(Template(names=("localhost",)))
    alice = root.issue(Template(names=("alice.demo.test",), usages=("client",)))
    stage.say("Alice's certificate is for clients: its extended key usage says clientAuth.")

    with stage.server(server, client_auth="required", client_roots=(root.certificate,)) as running:
        meeting = stage.works(running, root.certificate, identity=alice)
        stage.holds("the server knows her by name", b"alice.demo.test" in meeting.reply)

        stage.say(
            "A client without a certificate; in TLS 1.3 it learns that after its own handshake is done:"
        )
        refused = {"by": "server", "because": "peer did not return a certificate"}
        stage.refused(running, root.certificate, alert="certificate_required", **refused)
        stage.say("TLS 1.2 has no alert of its own for this:")
        stage.refused(running, root.certificate, alert="handshake_failure", version="1.2", **refused)

        stage.say("Mallory has a certificate with Alice's name, from an authority that nobody trusts:")
        mallory = STRANGERS.issue(Template(names=("alice.demo.test",), usages=("client",)))
        stage.refused(
            running,
            root.certificate,
            identity=mallory,
            alert="unknown_ca",
            by="server",
            because="certificate verify failed",
        )


if __name__ == "__main__":
    play(demo)
