"""Which add-ons a platform has, in every app's ledger; what it says is on disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from minipaas.addons.ledger import Ledger, Record
from minipaas.errors import NotFound
from minipaas.model.addon import Addon, AddonState


class Registry:
    """The records of all apps of a home folder, read at the first question.

    Every method raises StoreProblem where a ledger is damaged, and those that change one where it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledgers: dict[str, Ledger] | None = None

    def records(self) -> Iterator[Record]:
        """Every add-on, apps in the order of their names, each one's oldest first; none that is being destroyed."""
        for app in sorted(self._all()):
            yield from (each for each in self._all()[app].records if not _is_over(each))

    def over(self) -> list[Record]:
        """Those whose destruction was begun and not finished."""
        return [each for ledger in self._all().values() for each in ledger.records if _is_over(each)]

    def owned(self, app: str) -> list[Record]:
        """The app's own."""
        return [each for each in self.records() if each.addon.app == app]

    def used(self, app: str) -> list[Record]:
        """The app's own, then those of others that are attached to it."""
        lent = [each for each in self.records() if each.addon.app != app and each.addon.attached_to(app)]
        return [*self.owned(app), *lent]

    def used_addons(self, app: str) -> tuple[Addon, ...]:
        """The same without passwords."""
        return tuple(each.addon for each in self.used(app))

    def record(self, name: str) -> Record:
        """An add-on by its name or id.

        Raises:
            NotFound: there is none.
        """
        for each in self.records():
            if name in (each.addon.name, each.addon.id):
                return each
        listed = ", ".join(each.addon.name for each in self.records()) or "none"
        raise NotFound(f"there is no add-on {name}", f"add-ons: {listed}")

    def find(self, app: str, name: str) -> Record:
        """An add-on that an app uses, by its name or id, or the name or a config var of an attachment: `DATABASE`.

        Raises:
            NotFound: the app uses none of that name.
        """
        for each in self.used(app):
            if name in each.addon.names(app) or name.upper() in each.addon.names(app):
                return each
        having = ", ".join(addon.name for addon in self.used_addons(app)) or "none"
        raise NotFound(f"{app} has no add-on {name}", f"add-ons: {having}")

    def taken_names(self) -> set[str]:
        """Every name in use, and those of folders left of add-ons nobody remembers."""
        known = {each.addon.name for ledger in self._all().values() for each in ledger.records}
        return known | {path.name for path in self._folder.glob("*/*")}

    def add(self, *records: Record) -> None:
        """Remember new ones of one app."""
        if records:
            ledger = self._ledger(records[0].addon.app)
            ledger.save((*ledger.records, *records))

    def change(self, record: Record) -> Record:
        """Replace the record of the same name."""
        ledger = self._ledger(record.addon.app)
        if record not in ledger.records:
            name = record.addon.name
            ledger.save([record if each.addon.name == name else each for each in ledger.records])
        return record

    def change_addon(self, addon: Addon) -> Record:
        """Replace what is known of an add-on beside how to log in."""
        return self.change(replace(self.record(addon.name), addon=addon))

    def drop(self, record: Record) -> None:
        """Forget it."""
        ledger = self._ledger(record.addon.app)
        ledger.save([each for each in ledger.records if each.addon.name != record.addon.name])

    def _ledger(self, app: str) -> Ledger:
        known = self._all()
        if app not in known:
            known[app] = Ledger(self._folder / app)
        return known[app]

    def _all(self) -> dict[str, Ledger]:
        if self._ledgers is None:
            folders = [path.parent for path in self._folder.glob("*/addons.json")]
            self._ledgers = {folder.name: Ledger(folder) for folder in folders}
        return self._ledgers


def _is_over(record: Record) -> bool:
    return record.addon.state is AddonState.DEPROVISIONED
