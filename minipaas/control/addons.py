"""The add-ons that an app's files ask for: made before its build, attached by releases of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from minipaas.addons.provider import Addons
from minipaas.errors import MinipaasError, Missing, UsageProblem
from minipaas.model.addon import Addon
from minipaas.model.app import AddonWish


async def provide(addons: Addons, app: str, wishes: Sequence[AddonWish]) -> list[str]:
    """Make and start the app's add-ons; warnings about wishes that cannot be fulfilled here, without which it runs.

    Raises:
        UsageProblem: two are to be attached under one name.
        StoreProblem: a server does not start.
        Missing: no server is installed that can read what an earlier one wrote.
    """
    warnings, possible = [], []
    for wish in wishes:
        try:
            addons.check(wish)
        except (UsageProblem, Missing) as error:
            warnings.append(f"app.json asks for the add-on {wish.plan}: {_whole(error)}; {app} runs without it")
        else:
            possible.append(wish)
    await addons.provision(app, possible)
    await addons.start(app)
    return warnings


def _whole(error: MinipaasError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def overruled(given: Iterable[Mapping[str, str]], attached: Mapping[str, str]) -> list[str]:
    """Warnings about config vars that somebody gave and an add-on sets: Heroku refuses to overwrite these."""
    names = dict.fromkeys(
        name for each in given for name, value in each.items() if value != attached.get(name, value)
    )
    return [f"{name} is set by an add-on, the value given in .env or minipaas.yml is not used" for name in names]


def attachments(
    current: Mapping[str, str], addons: Iterable[Addon], attached: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """A release for each add-on that the current config vars know nothing of: description and config vars."""
    config = dict(current)
    for addon in addons:
        if any(name not in config for name in addon.config_vars):
            config |= {name: attached[name] for name in addon.config_vars}
            yield f"Attach {', '.join(each.name for each in addon.attachments)} (@ref:{addon.name})", dict(config)
