"""The user's own clone: where its remote `minipaas` leads."""

from pathlib import Path

from minipaas.frozen import frozen
from minipaas.parse.git_config import remote_url

REMOTE = "minipaas"


@frozen
class Clone:
    """A git work tree."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> "Clone | None":
        """The work tree a folder is in; None where it is in none."""
        for each in (folder, *folder.parents):
            if (each / ".git").exists():
                return cls(each)
        return None

    def remote(self, name: str = REMOTE) -> str | None:
        """Where a remote leads, None when there is none; read from git's file, for `up` has no time to ask git."""
        try:
            return remote_url((self._config_folder() / "config").read_text(errors="replace"), name)
        except OSError:
            return None

    def app(self, repositories: Path) -> str | None:
        """The app whose repository among those the remote `minipaas` leads to."""
        url = self.remote()
        if url is None:
            return None
        path = Path(url.removeprefix("file://"))
        return path.name.removesuffix(".git") if path.parent.resolve() == repositories.resolve() else None

    def _config_folder(self) -> Path:
        """`.git`, or what a linked work tree's `.git` file leads to."""
        place = self.root / ".git"
        if place.is_dir():
            return place
        linked = self.root / place.read_text().removeprefix("gitdir:").strip()
        common = linked / "commondir"
        return (linked / common.read_text().strip()) if common.exists() else linked
