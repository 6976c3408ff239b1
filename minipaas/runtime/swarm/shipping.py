"""How a slug's image comes to a node: by a registry that all reach, or from engine to engine."""

import asyncio
from typing import TYPE_CHECKING

from minipaas.errors import DynoProblem
from minipaas.runtime.docker.engine import Engine, is_missing

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK_BYTES = 2 * 1024 * 1024


class Shipping:
    """Brings each image to each node once.

    Args:
        manager: the engine that has them all.
        engines: those of nodes that are known, by the node's id, the manager's among them.
        registry: `HOST[:PORT][/PATH]` that the manager pushes to and nodes pull from; empty: none.
    """

    def __init__(self, manager: Engine, engines: dict[str, Engine], registry: str = "") -> None:
        self.engines = engines
        self.registry = registry.rstrip("/")
        self._manager = manager
        self._under_way: dict[tuple[str, str], asyncio.Task[str]] = {}

    def reaches(self, node: str) -> bool:
        """Whether there is a way."""
        return bool(self.registry) or node in self.engines

    async def bring(self, image: str, node: str) -> str:
        """See to it that the node has the image, or can pull it; by what name it does.

        Raises:
            DynoProblem: an engine or the registry failed.
        """
        key = (image, "" if self.registry else node)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(self._push(image) if self.registry else self._carry(image, node))
            self._under_way[key] = task
        try:
            return await asyncio.shield(task)
        except BaseException:
            if task.done():
                self.forget(image)
            raise

    def forget(self, image: str) -> None:
        """Look again whether nodes have it."""
        for key in [key for key, task in self._under_way.items() if key[0] == image and task.done()]:
            del self._under_way[key]

    async def _carry(self, image: str, node: str) -> str:
        """By its id: for a name each node would ask a registry first, for 20 s where none answers."""
        engine = self.engines[node]
        if engine is self._manager:
            return image
        if not await engine.call("look for a slug's image on a node", lambda api: _has(api, image)):
            source = self._manager.now(lambda api: api)
            await engine.call("bring a slug's image to a node", lambda api: _copy(source, api, image))
        return image

    async def _push(self, image: str) -> str:
        return await self._manager.call("push a slug's image", lambda api: _pushed(api, image, self.registry))


def _has(api: "APIClient", image: str) -> bool:
    from docker.errors import APIError  # noqa: PLC0415  loaded by then

    try:
        api.inspect_image(image)  # type: ignore[no-untyped-call]
    except APIError as error:
        if is_missing(error):
            return False
        raise
    return True


def _copy(source: "APIClient", target: "APIClient", image: str) -> None:
    """With its tag, which keeps it from being taken for a remnant."""
    names = source.inspect_image(image).get("RepoTags") or [image]  # type: ignore[no-untyped-call]
    image_tar = source.get_image(names[0], chunk_size=_CHUNK_BYTES)
    for news in target.load_image(image_tar) or ():  # type: ignore[no-untyped-call]
        if "error" in news:
            raise OSError(str(news["error"]))


def _pushed(api: "APIClient", image: str, registry: str) -> str:
    """Its name there, with the digest: no node takes another image for it, or asks what a tag means now."""
    names = api.inspect_image(image).get("RepoTags") or []  # type: ignore[no-untyped-call]
    tag = names[0].rpartition(":")[2] if names else image.removeprefix("sha256:")[:24]
    repository = f"{registry}/minipaas-slug"
    api.tag(image, repository, tag, force=True)
    for news in api.push(repository, tag=tag, stream=True, decode=True):
        if "error" in news:
            raise DynoProblem(
                f"cannot push a slug's image to {registry}: {news['error']}",
                "see whether `docker push` to it works, and `docker login` for one that asks for a password",
            )
    digests = api.inspect_image(image).get("RepoDigests") or []  # type: ignore[no-untyped-call]
    return next((name for name in digests if name.startswith(f"{repository}@")), f"{repository}:{tag}")
