"""Self-signed: a certificate that nobody vouches for but its own key."""

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.pki import Authority, Identity, Template, new_key, spki_pin


def demo(stage: Stage) -> None:
    key = new_key("ecdsa-secp256r1")
    certificate = Authority.new(Template(names=("localhost",)), key).certificate
    stage.holds("issuer and subject are the same", certificate.issuer == certificate.subject)

    with stage.server(Identity(key, (certificate,))) as running:
        stage.refused(running, alert="unknown_ca", because="self-signed certificate, at depth 0")
        stage.say("To trust it, a client must be given this very certificate, by a way that is safe.")
        stage.works(running, certificate)
        stage.say("Then each renewal must be given to each client, which is what authorities are for.")
        stage.works(running, certificate, pins=frozenset({spki_pin(certificate)}))


if __name__ == "__main__":
    play(demo)
