"""The certificate of one WHIP connection. WebRTC checks it by its fingerprint, which goes through HTTP(S).

FFmpeg would make one of its own, but by GnuTLS on a curve that WebRTC servers need not know: they end the handshake
(FFmpeg 8.1, as in PyAV 18.1). This one is on P-256, which all must know (RFC 8827, 6.5).
"""

from __future__ import annotations

import datetime
from pathlib import Path

from livebg.core.errors import SinkError

_LASTS = datetime.timedelta(days=30)


def write_certificate(folder: Path) -> dict[str, str]:
    """Writes certificate and key into a private folder; returns the muxer's options for them. Raises SinkError."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise SinkError("WHIP needs one more package: pip install 'livebg[whip]'") from None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "livebg")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - _LASTS, now + _LASTS)
    ).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, pkcs8, plain))
    return {"cert_file": str(paths[0]), "key_file": str(paths[1])}
