from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.sinks.streaming.certificate import write_certificate


def test_it_is_on_the_curve_that_every_server_knows(tmp_path: Path) -> None:
    x509 = pytest.importorskip("cryptography.x509")
    options = write_certificate(tmp_path)
    certificate = x509.load_pem_x509_certificate(Path(options["cert_file"]).read_bytes())
    assert certificate.public_key().curve.name == "secp256r1"
    certificate.verify_directly_issued_by(certificate)
    assert Path(options["key_file"]).read_text().startswith("-----BEGIN PRIVATE KEY-----")


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(SinkError, match=r"pip install 'livebg\[whip\]'"):
        write_certificate(tmp_path)
