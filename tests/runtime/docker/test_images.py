"""One image a slug, made once."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from minipaas.errors import RuntimeMissing
from minipaas.runtime.docker import labels
from minipaas.runtime.docker.engine import Engine
from minipaas.runtime.docker.images import Images, Stack, stack_of, with_dyno
from tests.runtime.place import make_slug

LOCAL = "minipaas/stack:local"


@pytest.mark.parametrize(
    ("name", "stack"),
    [
        ("", Stack("heroku/heroku:24", "heroku/heroku:24-build")),
        ("heroku/heroku:22", Stack("heroku/heroku:22", "heroku/heroku:22-build")),
        ("local", Stack("minipaas/stack:local", "minipaas/stack:local-build")),
        ("registry:5000/mine", Stack("registry:5000/mine", "registry:5000/mine:build")),
    ],
)
def test_a_stack_is_two_images(name: str, stack: Stack) -> None:
    assert stack_of(name) == stack


def test_the_dynos_account_takes_the_place_of_whoever_had_its_number() -> None:
    table = b"root:x:0:0::/root:/bin/bash\nheroku:x:1000:1000::/app:/bin/sh\ndyno:x:7:7::/:\n+nis\n"
    line = "dyno:x:1000:1000::/app:/bin/bash"
    assert with_dyno(table, line, 1000) == b"root:x:0:0::/root:/bin/bash\n+nis\n" + line.encode() + b"\n"


@pytest.fixture
async def images(engine: Engine, tmp_path: Path) -> AsyncIterator[Images]:
    yield Images(engine, f"home-{os.getpid()}")
    shutil.rmtree(tmp_path / "slug", ignore_errors=True)
    await Images(engine, "").prune()


async def inspected(engine: Engine, image: str) -> Any:
    return await engine.call("look", lambda api: api.inspect_image(image))  # type: ignore[no-untyped-call]


async def test_a_slugs_image_shares_the_stacks_layers_and_is_made_once(
    engine: Engine, images: Images, tmp_path: Path
) -> None:
    slug = make_slug(tmp_path / "slug")
    made = await images.of(slug, LOCAL)
    image, stack = await inspected(engine, made), await inspected(engine, LOCAL)
    layers = stack["RootFS"]["Layers"]
    assert image["RootFS"]["Layers"][: len(layers)] == layers
    assert len(image["RootFS"]["Layers"]) == len(layers) + 1
    assert (image["Config"]["WorkingDir"], image["Config"]["User"]) == ("/app", "1000:1000")
    assert image["Config"]["Labels"][labels.SOURCE] == str(slug)
    assert await Images(engine, "another home").of(slug, LOCAL) == made
    left = await engine.call("look", lambda api: api.containers(all=True, filters=labels.of_kind("maker")))
    assert left == []


async def test_another_slug_is_another_image_and_goes_with_its_folder(
    engine: Engine, images: Images, tmp_path: Path
) -> None:
    slug = make_slug(tmp_path / "slug")
    made = await images.of(slug, LOCAL)
    (slug / "more").write_text("more\n")
    other = await images.of(slug, LOCAL)
    assert other != made
    await images.prune()
    assert await inspected(engine, made)
    shutil.rmtree(slug)
    assert await images.prune() >= 2


async def test_images_on_a_stack_that_was_built_anew_go(engine: Engine, images: Images, tmp_path: Path) -> None:
    name = f"passing-{os.getpid()}"

    def build(api: APIClient) -> None:
        container = api.create_container(LOCAL, entrypoint=["/bin/true"])["Id"]
        api.commit(container, "minipaas/stack", name, pause=False)
        api.remove_container(container)

    await engine.call("build", build)
    made = await images.of(make_slug(tmp_path / "slug"), f"minipaas/stack:{name}")
    await images.prune()
    assert await inspected(engine, made)
    await engine.call("build anew", lambda api: api.tag(LOCAL, "minipaas/stack", name))
    assert await images.prune() == 1
    await engine.call("clear up", lambda api: api.remove_image(f"minipaas/stack:{name}"))


async def test_a_stack_that_was_never_built_names_the_command_that_builds_it(images: Images) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        await images.of(None, "minipaas/stack:never-built")
    assert caught.value.exit_code == 4
    assert "minipaas stack build" in (caught.value.hint or "")


async def test_a_stack_that_no_registry_gives_says_why(images: Images) -> None:
    """Port 1 refuses at once, where a name would wait for its server."""
    with pytest.raises(RuntimeMissing, match=r"does not have the image and cannot pull it: .*connection refused"):
        await images.stack("127.0.0.1:1/stack:24")
