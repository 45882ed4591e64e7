"""Missing intermediate: a server that sends only its leaf, the most common mistake of all."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Identity, Template, authority_template, new_key, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    intermediate = root.subordinate(authority_template("demo intermediate"), new_key("ecdsa-secp256r1"))
    whole = intermediate.issue(Template(names=("localhost",)))
    alone = Identity(whole.private_key, whole.certificates[:1])

    with stage.server(alone) as running:
        stage.say("The client has the root, but nothing leads from the leaf to it.")
        stage.refused(
            running, root.certificate, alert="unknown_ca", because="unable to get local issuer certificate"
        )
        stage.say("It goes unnoticed where a client happens to know the intermediate from elsewhere.")
        stage.works(running, root.certificate, intermediate.certificate)
    with stage.server(whole) as running:
        stage.say("The remedy: the server sends the whole chain, leaf first (often called fullchain.pem).")
        stage.works(running, root.certificate)


if __name__ == "__main__":
    play(demo)
