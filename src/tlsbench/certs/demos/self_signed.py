"""Self-signed: a certificate that no authority signed."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Authority, Identity, Template, new_key, spki_pin


def demo(stage: Stage) -> None:
    key = new_key("ecdsa-secp256r1")
    certificate = Authority.new(Template(names=("localhost",)), key).certificate
    stage.holds("issuer and subject are the same", certificate.issuer == certificate.subject)

    with stage.server(Identity(key, (certificate,))) as running:
        stage.refused(running, alert="unknown_ca", because="self-signed certificate, at depth 0")
        stage.say("To trust it, a client must receive this certificate itself, over a safe channel.")
        stage.works(running, certificate)
        stage.say("Then every renewal must reach every client; authorities exist to avoid that.")
        stage.works(running, certificate, pins=frozenset({spki_pin(certificate)}))


if __name__ == "__main__":
    play(demo)
