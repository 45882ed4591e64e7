"""Must-staple: a certificate that clients accept only with a stapled OCSP response (RFC 7633)."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Template, ocsp_response, root_authority


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    plain = root.issue(Template(names=("localhost",)))
    strict = root.issue(Template(names=("localhost",), must_staple=True))

    stage.say(
        "Without the extension a missing response is accepted: a thief of the key would not staple one."
    )
    with stage.server(plain) as running:
        stage.works(running, root.certificate, ocsp="checked")

    stage.say("With it (TLS feature: status_request) a missing response is refused:")
    with stage.server(strict) as running:
        stage.refused(
            running,
            root.certificate,
            ocsp="checked",
            alert="bad_certificate_status_response",
            because="the certificate says that it must",
        )
    with stage.server(strict, staple=ocsp_response(root, strict.leaf)) as running:
        meeting = stage.works(running, root.certificate, ocsp="checked")
        stage.holds("the stapled response was checked", meeting.ocsp == "good")


if __name__ == "__main__":
    play(demo)
