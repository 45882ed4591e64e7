"""Pinning: a client that accepts only the keys that it knows, whatever the authorities say."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, new_key, root_authority, spki_pin


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    server = root.issue(Template(names=("localhost",)))
    spare = new_key("ed25519")
    backup = root.issue(Template(names=("localhost",)), spare)
    pins = frozenset({spki_pin(server.leaf), spki_pin(backup.leaf)})
    stage.say(f"The pin is the SHA-256 of the public key: {spki_pin(server.leaf)}; and one of a spare key.")

    with stage.server(server) as running:
        stage.works(running, root.certificate, pins=pins)
    stage.say("The same key in a renewed certificate has the same pin:")
    with stage.server(root.issue(Template(names=("localhost",)), server.private_key)) as running:
        stage.works(running, root.certificate, pins=pins)
    stage.say("The first key is lost, and the spare one takes its place:")
    with stage.server(backup) as running:
        stage.works(running, root.certificate, pins=pins)
    stage.say("A certificate for the right name, from the right authority, with a key that nobody pinned:")
    with stage.server(root.issue(Template(names=("localhost",)))) as running:
        stage.refused(
            running, root.certificate, pins=pins, alert="bad_certificate", because="not one of those pinned"
        )


if __name__ == "__main__":
    play(demo)
