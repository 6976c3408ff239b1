"""Which dynos a command is meant for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from minipaas.errors import NotFound, UsageProblem
from minipaas.model.dyno import DynoName


@dataclass(frozen=True, slots=True)
class Selector:
    """One dyno by name, all of a process type, or all when both are None."""

    dyno: DynoName | None = None
    process_type: str | None = None

    @classmethod
    def parse(cls, word: str | None) -> "Selector":
        """`web.1`, `web`, or None for all.

        Raises:
            UsageProblem: neither a dyno name nor a process type.
        """
        if word is None:
            return cls()
        if name := DynoName.parse(word):
            return cls(dyno=name)
        if "." in word or not word:
            raise UsageProblem(f"`{word}` is neither a dyno (web.1) nor a process type (web)")
        return cls(process_type=word)

    def pick(self, app: str, names: Iterable[DynoName]) -> list[DynoName]:
        """Those that are meant, in order.

        Raises:
            NotFound: one was asked for and is not there.
        """
        known = sorted(names)
        chosen = [
            name
            for name in known
            if (self.dyno is None or name == self.dyno)
            and (self.process_type is None or name.type == self.process_type)
        ]
        if not chosen and (self.dyno or self.process_type):
            there = ", ".join(map(str, known)) or "none"
            raise NotFound(f"no {self.dyno or self.process_type} dynos on {app}", f"dynos: {there}")
        return chosen
