"""Add-ons in the Platform API's JSON shapes (heroku/typescript-api-schema). Pure."""

from collections.abc import Mapping

from minipaas.api.shapes import Json, iso, stable_id
from minipaas.control.app import RunningApp
from minipaas.model.addon import Addon, Attachment
from minipaas.model.service import Service

_FREE: Json = {"cents": 0, "contract": False, "hourly": 0, "metered": False, "unit": "month"}


def addon(each: Addon, ids: Mapping[str, str], *, failed: bool) -> Json:
    """An add-on of the app `ids` knows the id of; `failed`, by `addons:fail`, is ours."""
    owner = app_ref(each.app, ids)
    return {
        "actions": [],
        "addon_service": service_ref(each.kind),
        "app": owner,
        "billed_price": _FREE,
        "billing_entity": {**owner, "type": "app"},
        "config_vars": list(each.config_vars(each.app)),
        "created_at": iso(each.created_at),
        "id": each.id,
        "name": each.name,
        "plan": plan(each.kind, each.plan),
        "provider_id": each.id,
        "provision_message": None,
        "state": str(each.state),
        "updated_at": iso(each.created_at),
        "web_url": None,
        "failed": failed,
    }


def attachment(owner: Addon, each: Attachment, ids: Mapping[str, str]) -> Json:
    """An add-on's place in an app; `config_vars` is ours."""
    return {
        "addon": {
            "app": app_ref(owner.app, ids),
            "id": owner.id,
            "name": owner.name,
            "plan": {"id": plan_id(owner.kind, owner.plan), "name": owner.plan_name},
        },
        "app": app_ref(each.app, ids),
        "created_at": iso(each.created_at),
        "id": each.id,
        "log_input_url": None,
        "name": each.name,
        "namespace": None,
        "updated_at": iso(each.created_at),
        "web_url": None,
        "config_vars": list(each.config_vars),
    }


def service(each: Service) -> Json:
    """A kind of add-on."""
    return {
        **service_ref(each),
        "cli_plugin_name": None,
        "created_at": iso(0),
        "human_name": each.label,
        "state": "ga",
        "supports_multiple_installations": True,
        "supports_sharing": True,
        "updated_at": iso(0),
    }


def service_ref(each: Service) -> Json:
    """The short form other shapes name a service by."""
    return {"id": stable_id("addon-service", each.name), "name": each.name}


def plan(each: Service, name: str) -> Json:
    """A plan of a service. All run the same server and cost nothing."""
    return {
        "addon_service": service_ref(each),
        "compliance": None,
        "created_at": iso(0),
        "default": name == each.plan,
        "description": f"{each.label} on this machine",
        "human_name": name.replace("-", " ").title(),
        "id": plan_id(each, name),
        "installable_inside_private_network": False,
        "installable_outside_private_network": True,
        "name": f"{each.name}:{name}",
        "price": _FREE,
        "space_default": False,
        "state": "ga",
        "updated_at": iso(0),
        "visible": True,
    }


def plan_id(each: Service, name: str) -> str:
    """The same for the same plan."""
    return stable_id("plan", each.name, name)


def app_ref(name: str, ids: Mapping[str, str]) -> Json:
    """The short form of an app; one that does not run has an id made of its name."""
    return {"id": ids.get(name) or stable_id("app", name), "name": name}


def ids_of(apps: Mapping[str, RunningApp]) -> dict[str, str]:
    """The ids of apps by their names."""
    return {name: app.record.id for name, app in apps.items()}
