"""A chain: the root signs an intermediate, which signs the leaf; the client has only the root."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, authority_template, issued_by, new_key, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    stage.say("A root signs its own certificate. Clients already have it, in their trust store.")
    intermediate = root.subordinate(authority_template("demo intermediate"), new_key("rsa-2048"))
    stage.say("It signs an intermediate, so that its own key can stay locked away.")
    server = intermediate.issue(Template(names=("localhost", "127.0.0.1")), new_key("ed25519"))
    stage.say("The intermediate signs the leaf, for the names localhost and 127.0.0.1.")

    with stage.server(server) as running:
        meeting = stage.works(running, root.certificate)
        stage.holds(
            "the server sent the leaf and the intermediate, and not the root",
            meeting.chain == server.certificates and root.certificate not in meeting.chain,
        )
        leaf, above = meeting.chain
        stage.holds(
            "each certificate is signed by the next, the last by the root",
            issued_by(leaf, above) and issued_by(above, root.certificate),
        )
        stage.say("The IP address works as well as the host name: the leaf names both.")
        stage.works(running, root.certificate, host="127.0.0.1")


if __name__ == "__main__":
    play(demo)
