"""The add-ons that an app's files ask for: made before its build, attached by releases of their own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.errors import MinipaasError, Missing, UsageProblem
from minipaas.frozen import frozen
from minipaas.model.app import AddonWish

if TYPE_CHECKING:  # none of it is needed before the first dyno runs
    from minipaas.addons.provider import Addons
    from minipaas.model.addon import Addon, Attachment


@frozen
class Provided:
    """An app's add-ons, all running, the config vars they set, and warnings about what it goes without."""

    addons: "tuple[Addon, ...]" = ()
    config: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@frozen
class Standing:
    """What add-ons mean for an app now: each one's plan with the config vars it sets there, and all their values."""

    plans: tuple[tuple[str, tuple[str, ...]], ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)


class AppAddons:
    """All apps' add-ons; what runs them is loaded with the first app that has one, for it takes 10 ms.

    Args:
        folder: where apps that have add-ons have a folder.
    """

    def __init__(self, folder: Path, make: "Callable[[], Addons]") -> None:
        self._folder = folder
        self._make = make
        self._made: Addons | None = None

    @property
    def provider(self) -> "Addons":
        """What runs them."""
        if self._made is None:
            self._made = self._make()
        return self._made

    async def provide(self, app: str, wishes: Sequence[AddonWish]) -> Provided:
        """Make and start the app's add-ons. Raises as `provide`."""
        if not wishes and not (self._folder / app).is_dir():
            return Provided()
        return await provide(self.provider, app, wishes)

    def config(self, app: str) -> Mapping[str, str]:
        """The config vars that the app's add-ons set now."""
        return self.provider.config(app) if (self._folder / app).is_dir() else {}

    def standing(self, app: str) -> Standing:
        """What they mean for the app now; `sweep` has loaded them where any app has one."""
        if self._made is None:
            return Standing()
        used = self.provider.registry.used_addons(app)
        plans = tuple((each.plan_name, each.config_vars(app)) for each in used)
        return Standing(plans, self.provider.config(app))

    async def sweep(self) -> None:
        """End servers an earlier platform left, and finish what it was deleting."""
        if self._folder.is_dir():
            await self.provider.sweep()

    async def close(self) -> None:
        """Stop every server."""
        if self._made is not None:
            await self._made.close()


async def provide(provider: "Addons", app: str, wishes: Sequence[AddonWish]) -> Provided:
    """Make and start an app's add-ons; a wish that cannot be fulfilled here is a warning.

    Raises:
        UsageProblem: two are to be attached under one name.
        StoreProblem: a server does not start.
        Missing: no server is installed that can read what an earlier one wrote.
    """
    warnings, possible = [], []
    for wish in wishes:
        try:
            provider.check(wish)
        except (UsageProblem, Missing) as error:
            warnings.append(f"app.json asks for the add-on {wish.plan}: {_whole(error)}; {app} runs without it")
        else:
            possible.append(wish)
    addons = await provider.provision(app, possible)
    await provider.start(app)
    return Provided(addons, provider.config(app), tuple(warnings))


def _whole(error: MinipaasError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def overruled(given: Iterable[Mapping[str, str]], attached: Mapping[str, str]) -> list[str]:
    """Warnings about config vars that somebody gave and an add-on sets: Heroku refuses to overwrite these."""
    names = dict.fromkeys(
        name for each in given for name, value in each.items() if value != attached.get(name, value)
    )
    return [f"{name} is set by an add-on, the value given in .env or minipaas.yml is not used" for name in names]


def attachments(
    app: str, current: Mapping[str, str], addons: "Iterable[Addon]", attached: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """A release for each add-on that the current config vars know nothing of: description and config vars."""
    config = dict(current)
    for addon in addons:
        names = addon.config_vars(app)
        if any(name not in config for name in names):
            config |= {name: attached[name] for name in names}
            yield told("Attach", addon, addon.attached_to(app)), dict(config)


def told(verb: str, addon: "Addon", attached: "Iterable[Attachment]") -> str:
    """`Attach DATABASE (@ref:postgresql-curved-12345)`, as releases are described."""
    return f"{verb} {', '.join(each.name for each in attached)} (@ref:{addon.name})"
