"""Add-ons, and the apps they are attached to. Pure."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from minipaas.model.service import Service, service_named


class AddonState(StrEnum):
    """The Platform API's add-on states. What a killed platform left in the first or last is finished by the next."""

    PROVISIONING = "provisioning"
    PROVISIONED = "provisioned"
    DEPROVISIONED = "deprovisioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An add-on's place in an app: `DATABASE`, which sets `DATABASE_URL`."""

    id: str
    name: str
    app: str
    config_vars: tuple[str, ...]
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Addon:
    """One add-on of `app`, attached there and maybe to other apps.

    `plan` is the word after the colon; every plan runs the same server here.
    """

    id: str
    name: str
    app: str
    service: str
    plan: str
    attachments: tuple[Attachment, ...]
    created_at: float
    state: AddonState = AddonState.PROVISIONING

    @property
    def plan_name(self) -> str:
        """`heroku-postgresql:essential-0`, as Heroku writes it."""
        return f"{self.service}:{self.plan}"

    @property
    def kind(self) -> Service:
        """Its service."""
        return service_named(self.service)

    @property
    def apps(self) -> tuple[str, ...]:
        """Every app it is attached to, its own first."""
        others = (each.app for each in self.attachments)
        return tuple(dict.fromkeys((self.app, *others)))

    def attached_to(self, app: str) -> tuple[Attachment, ...]:
        """Its attachments in one app."""
        return tuple(each for each in self.attachments if each.app == app)

    def config_vars(self, app: str) -> tuple[str, ...]:
        """Every config var it sets in one app."""
        return tuple(var for attachment in self.attached_to(app) for var in attachment.config_vars)

    def names(self, app: str) -> tuple[str, ...]:
        """What it may be called when one speaks of that app: name, id, attachments, config vars."""
        attached = (each.name for each in self.attached_to(app))
        return (self.name, self.id, *attached, *self.config_vars(app))

    def with_attachments(self, attachments: Iterable[Attachment]) -> "Addon":
        """The same, with these."""
        return dataclasses.replace(self, attachments=tuple(attachments))
