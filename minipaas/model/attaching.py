"""The rules by which add-ons are made, attached, detached and promoted. Pure."""

from collections.abc import Iterable, Sequence

from minipaas.errors import UsageProblem
from minipaas.model.addon import Addon, Attachment
from minipaas.model.addon_names import Chance, draw_attachment, draw_id, draw_name, parse_alias
from minipaas.model.app import AddonWish
from minipaas.model.service import Service, parse_plan


def missing_wishes(app: str, wishes: Iterable[AddonWish], having: Iterable[Addon]) -> list[AddonWish]:
    """The wishes that none of the app's add-ons fulfils yet, each of which fulfils one.

    An add-on fulfils a wish for its service under the wished name, or, where none is wished, under the name its
    service gives.

    Raises:
        UsageProblem: a wish names no service.
    """
    free = list(having)
    missing = []
    for wish in wishes:
        service, _ = parse_plan(wish.plan)
        found = next((addon for addon in free if _fulfils(addon, app, service, wish.alias)), None)
        if found is None:
            missing.append(wish)
        else:
            free.remove(found)
    return missing


def _fulfils(addon: Addon, app: str, service: Service, alias: str | None) -> bool:
    names = {attachment.name for attachment in addon.attached_to(app)}
    if addon.service != service.name:
        return False
    if alias is None:
        return any(name == service.first or name.startswith(f"{service.coloured}_") for name in names)
    return parse_alias(alias) in names


def make_addon(
    app: str,
    wish: AddonWish,
    having: Sequence[Addon],
    taken_names: Iterable[str],
    rng: Chance,
    now: float,
    name: str | None = None,
) -> Addon:
    """A new add-on with a name and attachments nobody has.

    Args:
        having: what is attached to the app.
        taken_names: names of add-ons anywhere on this platform.
        name: the name it is to have; else one is drawn.

    Raises:
        UsageProblem: no such service, or a wished name is taken or no name.
    """
    service, plan = parse_plan(wish.plan)
    attached = _attached(app, having)
    if name is not None and name in set(taken_names):
        raise UsageProblem(f"cannot name the add-on {name}: the name is taken")
    return Addon(
        id=draw_id(rng),
        name=name or draw_name(service, taken_names, rng),
        app=app,
        service=service.name,
        plan=plan,
        attachments=tuple(
            _attachment(app, service, each, rng, now) for each in _first_names(service, wish.alias, attached, rng)
        ),
        created_at=now,
    )


def attach(
    addon: Addon, app: str, alias: str | None, having: Sequence[Addon], rng: Chance, now: float
) -> tuple[Addon, Attachment]:
    """One more attachment of an add-on, under the wished name or one its service gives.

    Args:
        having: what is attached to `app`.

    Raises:
        UsageProblem: the wished name is taken or no name.
    """
    service, attached = addon.kind, _attached(app, having)
    if alias is not None:
        name = _free(service, parse_alias(alias), attached)
    elif service.first not in attached:
        name = service.first
    else:
        name = draw_attachment(service, attached, rng)
    made = _attachment(app, service, name, rng, now)
    return addon.with_attachments((*addon.attachments, made)), made


def detach(addon: Addon, attachment: Attachment) -> Addon:
    """One attachment less.

    Raises:
        UsageProblem: it is the last one in the app that has the add-on, as Heroku refuses it.
    """
    if addon.attached_to(addon.app) == (attachment,):
        raise UsageProblem(
            f"cannot detach {attachment.name}: it is the last attachment of {addon.name} to {addon.app}",
            f"`minipaas addons:destroy {addon.name}` ends the add-on with its data",
        )
    return addon.with_attachments(each for each in addon.attachments if each.id != attachment.id)


def promote(
    addon: Addon, app: str, having: Sequence[Addon], rng: Chance, now: float
) -> tuple[tuple[Addon, ...], Attachment]:
    """The add-on attached under its service's first name, `DATABASE`; the add-ons that changed, and that attachment.

    The one that had the name keeps, or gets, one of another colour.

    Raises:
        UsageProblem: it has the name already.
    """
    service = addon.kind
    if any(each.name == service.first for each in addon.attached_to(app)):
        raise UsageProblem(f"cannot promote {addon.name}: it is attached to {app} as {service.first} already")
    changed: tuple[Addon, ...] = ()
    attached = _attached(app, having)
    for other in having:
        kept = tuple(each for each in other.attachments if (each.app, each.name) != (app, service.first))
        if kept == other.attachments:
            continue
        if not any(each.app == app for each in kept):
            kept = (*kept, _attachment(app, service, draw_attachment(service, attached, rng), rng, now))
        changed = (other.with_attachments(kept),)
    made = _attachment(app, service, service.first, rng, now)
    return (*changed, addon.with_attachments((made, *addon.attachments))), made


def _attached(app: str, having: Iterable[Addon]) -> set[str]:
    return {attachment.name for addon in having for attachment in addon.attached_to(app)}


def _attachment(app: str, service: Service, name: str, rng: Chance, now: float) -> Attachment:
    return Attachment(id=draw_id(rng), name=name, app=app, config_vars=service.variables(name), created_at=now)


def _first_names(service: Service, alias: str | None, attached: set[str], rng: Chance) -> list[str]:
    if alias is not None:
        return [_free(service, parse_alias(alias), attached)]
    names = [] if service.first in attached else [service.first]
    if service.always_coloured or not names:
        names.append(draw_attachment(service, attached, rng))
    return names


def _free(service: Service, name: str, attached: set[str]) -> str:
    if name in attached:
        raise UsageProblem(f"cannot attach {service.name} as {name}: the name is taken")
    return name
