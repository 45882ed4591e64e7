"""Not yet valid: a certificate before its notBefore, or a client whose clock is behind."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, Validity, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    early = root.issue(Template(names=("localhost",), validity=Validity.days(30, start=1)))
    stage.say(
        f"The leaf's notBefore is {early.leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC, in about a day."
    )
    with stage.server(early) as running:
        stage.refused(
            running, root.certificate, alert="bad_certificate", because="certificate is not yet valid"
        )
    stage.say(
        "There is no alert of its own for this, so bad_certificate is sent. As clocks differ, "
        "authorities date certificates back, here by an hour."
    )
    with stage.server(root.issue(Template(names=("localhost",), validity=Validity.days(30)))) as running:
        stage.works(running, root.certificate)


if __name__ == "__main__":
    play(demo)
