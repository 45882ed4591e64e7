"""Expired: a certificate past its notAfter."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, Validity, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    old = root.issue(Template(names=("localhost",), validity=Validity.days(30, start=-31)))
    stage.say(f"The leaf's notAfter is {old.leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, a day ago.")
    with stage.server(old) as running:
        stage.refused(
            running,
            root.certificate,
            alert="certificate_expired",
            because="certificate has expired",
        )

    stage.say("The remedy is a new certificate for the same key: nothing else changes.")
    new = root.issue(Template(names=("localhost",), validity=Validity.days(30)), old.private_key)
    with stage.server(new) as running:
        stage.works(running, root.certificate)
    stage.holds("old and new have one key", old.leaf.public_key() == new.leaf.public_key())


if __name__ == "__main__":
    play(demo)
