"""Untrusted root: the chain is complete, but it ends at a root that the client does not have."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Authority, Template, authority_template, new_key


def demo(stage: Stage) -> None:
    ours = Authority.new(authority_template("our root"), new_key("ecdsa-secp256r1"))
    namesake = Authority.new(authority_template("our root"), new_key("ecdsa-secp256r1"))
    server = ours.issue(Template(names=("localhost",)))

    with stage.server(server) as running:
        stage.say("A client whose trust store is empty:")
        stage.refused(running, alert="unknown_ca", because="unable to get local issuer certificate")
        stage.say("A client that trusts another root with the same name: the key counts, not the name.")
        stage.refused(
            running,
            namesake.certificate,
            alert="unknown_ca",
            because="unable to get local issuer certificate",
        )
        stage.say("A client with our root in its trust store:")
        stage.works(running, ours.certificate)


if __name__ == "__main__":
    play(demo)
