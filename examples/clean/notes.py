"""A visitor's notes, and the signed text they travel in."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

LONGEST_NOTE = 140
LONGEST_COOKIE = 3500  # browsers keep 4,096 bytes with name and attributes


@dataclass(frozen=True)
class Notes:
    """What one visitor wrote, oldest first."""

    texts: tuple[str, ...] = ()

    @classmethod
    def from_cookie(cls, cookie: str, secret: bytes) -> "Notes":
        """The notes in a cookie; none if it is not ours."""
        packed, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), _signature(packed, secret)):
            return cls()
        return cls(tuple(json.loads(base64.urlsafe_b64decode(packed))))

    def to_cookie(self, secret: bytes) -> str:
        """The notes as a cookie that nobody else can make."""
        packed = base64.urlsafe_b64encode(json.dumps(self.texts, ensure_ascii=False).encode()).decode()
        return f"{packed}.{_signature(packed, secret).decode()}"

    def with_added(self, text: str) -> "Notes":
        """These and one more; the same if it is blank."""
        text = " ".join(text.split())[:LONGEST_NOTE]
        return Notes((*self.texts, text)) if text else self

    def without(self, number: str) -> "Notes":
        """These but for one, counted from 1; the same if there is no such note."""
        return Notes(tuple(text for at, text in enumerate(self.texts, 1) if str(at) != number))

    def fit(self) -> bool:
        """Whether a browser will keep that much in a cookie."""
        return len(self.to_cookie(b"")) <= LONGEST_COOKIE


def _signature(packed: str, secret: bytes) -> bytes:
    return hmac.new(secret, packed.encode(), hashlib.sha256).hexdigest().encode()
