"""What makes a finding the same finding in another run."""

from hashlib import sha256

from minipaas.model.verdict import Finding


def fingerprint(app: str, finding: Finding) -> str:
    """Sixteen hexadecimal digits from app, code, process type and subject.

    Times, ports, messages and evidence do not count: they change from run to run.
    """
    key = "\0".join((app, finding.code, finding.process_type, finding.subject))
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
