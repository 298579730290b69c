"""A certificate authority of a test's own: servers' and clients' certificates, good and bad."""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
Key = ec.EllipticCurvePrivateKey


def key_text(key: Any, password: bytes | None = None) -> str:
    """Return a private key in PEM."""
    sealing = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    text: bytes = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, sealing)
    return text.decode()


@cache
def key_of(name: str) -> Key:
    """Return a key that is the same for the same name."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `name` tells two of them apart."""

    name: str = "Test authority"

    @property
    def certificate(self) -> x509.Certificate:
        """Its own certificate, made once."""
        return _own(self.name)

    def issue(
        self, name: str, *, begins: datetime.timedelta = -DAY, ends: datetime.timedelta = DAY
    ) -> str:
        """Return a certificate for a host name, an address or a client, and its key, in PEM."""
        key = key_of(name)
        built = _builder(name, self.name, key, begins, ends).add_extension(
            x509.SubjectAlternativeName([_general(name)]), critical=False
        )
        certificate = built.sign(key_of("authority " + self.name), hashes.SHA256())
        return certificate.public_bytes(PEM).decode() + key_text(key)

    def serving(self, folder: Path, name: str, **when: Any) -> ssl.SSLContext:
        """Return the context of a server under this name."""
        file = folder / f"{self.name}-{name}.pem".replace(":", "_")
        file.write_text(self.issue(name, **when))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def trusted(self) -> ssl.SSLContext:
        """Return a client's context that trusts this authority and no other."""
        text = self.certificate.public_bytes(PEM).decode()
        return ssl.create_default_context(cadata=text)

    def demands_clients(self, server: ssl.SSLContext) -> ssl.SSLContext:
        """Have a server ask its clients for a certificate of this authority."""
        server.load_verify_locations(cadata=self.certificate.public_bytes(PEM).decode())
        server.verify_mode = ssl.CERT_REQUIRED
        return server


@cache
def _own(name: str) -> x509.Certificate:
    key = key_of("authority " + name)
    built = _builder(name, name, key, -DAY, DAY).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    return built.sign(key, hashes.SHA256())


def _builder(
    name: str, issuer: str, key: Key, begins: datetime.timedelta, ends: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
