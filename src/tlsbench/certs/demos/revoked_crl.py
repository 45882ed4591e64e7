"""Revoked by CRL: the issuer has put the certificate on its revocation list."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, Validity, revocation_list, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    server = root.issue(Template(names=("localhost",), crl_url="http://localhost/demo.crl"))
    serial_number = server.leaf.serial_number
    stage.say(f"The leaf has the serial number {serial_number:x}, and says where its list is.")

    with stage.server(server) as running:
        stage.say("Yesterday's list has no entry for it:")
        stage.works(running, root.certificate, crls=(revocation_list(root),))
        stage.say("Today's list has one:")
        today = revocation_list(root, [serial_number], number=2)
        stage.refused(
            running,
            root.certificate,
            crls=(today,),
            alert="certificate_revoked",
            because="certificate revoked, at depth 0",
        )
        stage.say("A client without a list, as most are, notices nothing:")
        stage.works(running, root.certificate)
        stage.say("A list that has expired is refused:")
        old = revocation_list(root, validity=Validity.days(7, start=-9))
        stage.refused(
            running,
            root.certificate,
            crls=(old,),
            alert="certificate_expired",
            because="CRL has expired",
        )


if __name__ == "__main__":
    play(demo)
