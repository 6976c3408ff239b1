"""A certificate for TLS on this machine alone: Heroku's client speaks nothing else to a one-off dyno."""

import shutil
import subprocess
from pathlib import Path

from minipaas.errors import Missing, StoreProblem
from minipaas.store.home import Home

_DAYS = 3650


def certificate(home: Home) -> tuple[Path, Path]:
    """Certificate and key, made at the first call. Who is to trust it gets the certificate as an authority's.

    Raises:
        Missing: there is no openssl.
        StoreProblem: it cannot be made or kept.
    """
    chain, key = home.certificate, home.root / "tls.key"
    if chain.is_file() and key.is_file():
        return chain, key
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Missing("cannot make a certificate: openssl is not installed", "apt-get install openssl")
    new = home.root / ".new-tls.pem"
    command = (
        *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", str(key), "-out", str(new), "-days", str(_DAYS), "-subj", "/CN=minipaas on this machine"),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    )
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise StoreProblem(f"cannot make a certificate: {made.stderr.strip().splitlines()[-1]}")
        key.chmod(0o600)
        new.rename(chain)
    except OSError as error:
        raise StoreProblem(f"cannot keep a certificate in {home.root}: {error.strerror}") from error
    return chain, key
