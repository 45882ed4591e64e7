"""Revoked by a stapled OCSP response: the server itself delivers the bad news, signed by its issuer."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, Validity, ocsp_response, root_authority

REFUSED = {"alert": "bad_certificate_status_response", "ocsp": "checked"}


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    server = root.issue(Template(names=("localhost",)))
    responder = root.issue(Template(common_name="demo responder", usages=("ocsp",)))
    stage.say("The issuer may sign OCSP responses itself, or name a responder that signs for it.")

    good = ocsp_response(root, server.leaf, "good", responder=responder)
    with stage.server(server, staple=good) as running:
        meeting = stage.works(running, root.certificate, ocsp="checked")
        stage.holds("the client has checked the response, and it says good", meeting.ocsp == "good")

    by_itself = ocsp_response(root, server.leaf, responder=server)
    for what, staple, because in (
        ("says revoked", ocsp_response(root, server.leaf, "revoked"), "says: revoked"),
        ("says unknown", ocsp_response(root, server.leaf, "unknown"), "says: unknown"),
        ("is signed by the server itself", by_itself, "not for OCSP signing"),
        (
            "is of last month",
            ocsp_response(root, server.leaf, validity=Validity.days(7, start=-30)),
            "out of date",
        ),
    ):
        stage.say(f"A response that {what}:")
        with stage.server(server, staple=staple) as running:
            stage.refused(running, root.certificate, because=because, **REFUSED)


if __name__ == "__main__":
    play(demo)
