"""The shape of ACME (RFC 8555): from a signing request to a chain in use; the key never leaves its owner."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tlsbench.certs.demos.stage import Stage, play
from tlsbench.errors import RequestError
from tlsbench.loopback import ServerSetup
from tlsbench.pki import Identity, Template, authority_template, new_key, root_authority, signing_request


def demo(stage: Stage) -> None:
    root = root_authority("ecdsa-secp256r1")
    authority = root.subordinate(authority_template("demo ACME authority"), new_key("ecdsa-secp256r1"))
    interim = root.issue(Template(names=("interim.demo.test",)))

    with stage.server(interim) as running:
        stage.say("The server is running, with a certificate that is not for localhost:")
        stage.refused(running, root.certificate, alert="bad_certificate", because="hostname mismatch")

        key = new_key("ecdsa-secp256r1")
        request = signing_request(key, ["localhost", "127.0.0.1"]).public_bytes(Encoding.DER)
        stage.say(f"Its owner makes a key, and a request with the names it is for: {len(request)} bytes.")
        stage.say("An authority would now have the owner prove that the names are theirs (section 8).")

        forged = request[:-1] + bytes([request[-1] ^ 1])
        refusal = ""
        try:
            authority.sign_request(x509.load_der_x509_csr(forged), Template())
        except RequestError as error:
            refusal = str(error)
        stage.holds(f"a request that was changed on its way is refused: {refusal}", refusal)

        chain = authority.sign_request(x509.load_der_x509_csr(request), Template())
        stage.say("The right one is signed, and the whole chain comes back.")
        running.renew(ServerSetup(identity=Identity(key, chain)))
        meeting = stage.works(running, root.certificate)
        stage.holds("the server shows the new chain", meeting.chain == chain)
        stage.works(running, root.certificate, host="127.0.0.1")


if __name__ == "__main__":
    play(demo)
