"""A disk that outlives dynos."""

from pathlib import Path

import httpx
import pytest

from minipaas.chaos.keeper import SharedDisk
from minipaas.runtime.base import FileChange
from minipaas.runtime.layers import Layers
from tests.chaos.labs import SERVER, kit


def test_what_was_written_changed_and_deleted_lies_over_the_slug(tmp_path: Path) -> None:
    slug, upper = tmp_path / "slug", tmp_path / "upper"
    for folder, names in ((slug, ("kept", "old", "gone")), (upper, ("old", "new"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{name} of {folder.name}")
    disk = SharedDisk(tmp_path / "disk")
    disk.make()
    changes = [FileChange("M", "/app/old", upper / "old"), FileChange("A", "/app/in/new", upper / "new")]
    disk.keep([*changes, FileChange("D", "/app/gone", None), FileChange("A", "/tmp/x", upper / "new")])
    disk.keep([FileChange("M", "/app/in/new", upper / "old")])
    found = {name: path.read_text() for name, path in Layers((slug, *disk.layers)).files().items()}
    assert found == {"kept": "kept of slug", "old": "old of upper", "in/new": "old of upper"}


APP = f"""{SERVER}
import os.path

def answer(method, path, form):
    for name in (path[1:], f"/tmp/{{path[1:]}}"):
        with open(name, "a") as file:
            file.write("x")
    if os.path.exists("shipped"):
        os.remove("shipped")
        return 200, {{}}, "first"
    return 200, {{}}, open(path[1:]).read() + open(f"/tmp/{{path[1:]}}").read()

serve(answer)
"""


@pytest.mark.slow
async def test_a_dyno_finds_what_the_one_before_it_wrote_on_a_kept_disk(tmp_path: Path) -> None:

    said = []
    async with kit(tmp_path, {"app.py": APP, "shipped": "y"}) as lab:
        disk = lab.lab.shared_disk()
        for _ in range(3):
            dyno = await lab.lab.boot(disk=disk)
            async with httpx.AsyncClient(trust_env=False) as client:
                said.append((await client.get(f"http://{dyno.host.address}:{dyno.port}/notes")).text)
            await lab.lab.stop(dyno)
        disk.drop()
    assert said == ["first", "xxxx", "xxxxxx"]
