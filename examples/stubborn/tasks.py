"""A visitor's tasks, and the signed text they travel in."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace

LONGEST_TASK = 120
LONGEST_COOKIE = 3500  # browsers keep 4,096 bytes with name and attributes
WHEN = ("today", "tomorrow", "some day")


@dataclass(frozen=True)
class Task:
    """One thing to do."""

    text: str
    when: str
    done: bool = False


@dataclass(frozen=True)
class Tasks:
    """What one visitor has to do, oldest first. Numbers count from 1."""

    all: tuple[Task, ...] = ()

    @classmethod
    def from_cookie(cls, cookie: str, secret: bytes) -> "Tasks":
        """The tasks in a cookie; none if it is not ours."""
        packed, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), _signature(packed, secret)):
            return cls()
        return cls(tuple(Task(*row) for row in json.loads(base64.urlsafe_b64decode(packed))))

    def to_cookie(self, secret: bytes) -> str:
        """The tasks as a cookie that nobody else can make."""
        rows = [(task.text, task.when, task.done) for task in self.all]
        packed = base64.urlsafe_b64encode(json.dumps(rows, ensure_ascii=False).encode()).decode()
        return f"{packed}.{_signature(packed, secret).decode()}"

    def with_added(self, text: str, when: str) -> "Tasks":
        """These and one more; the same if it is blank."""
        text = " ".join(text.split())[:LONGEST_TASK]
        return Tasks((*self.all, Task(text, when if when in WHEN else WHEN[0]))) if text else self

    def with_done(self, number: str) -> "Tasks":
        """These, one of them done; the same if there is no such task."""
        return Tasks(tuple(replace(task, done=task.done or str(at) == number) for at, task in enumerate(self.all, 1)))

    def without(self, number: str) -> "Tasks":
        """These but for one; the same if there is no such task."""
        return Tasks(tuple(task for at, task in enumerate(self.all, 1) if str(at) != number))

    def fit(self) -> bool:
        """Whether a browser will keep that much in a cookie."""
        return len(self.to_cookie(b"")) <= LONGEST_COOKIE


def _signature(packed: str, secret: bytes) -> bytes:
    return hmac.new(secret, packed.encode(), hashlib.sha256).hexdigest().encode()
