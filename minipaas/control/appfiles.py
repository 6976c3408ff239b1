"""An app's own files, read from its folder."""

from minipaas.control.settings import AppSpec
from minipaas.parse.manifest import AppFiles, read_app_files


def read_files(spec: AppSpec) -> AppFiles:
    """Procfile, app.json, .env.

    Raises:
        FileProblem: one of them is faulty.
    """

    def read(name: str) -> bytes | None:
        if spec.commit and name == ".env":
            return None  # a file like any other on Heroku, where nobody reads it
        try:
            return (spec.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    return read_app_files(read, str(spec.folder))


def names_all_types(spec: AppSpec, files: AppFiles) -> bool:
    """Whether the Procfile, and `web`, are all the process types there can be; another buildpack may add its own."""
    named = spec.buildpacks or files.app_json.buildpacks or (spec.folder / "bin" / "compile").exists()
    return files.procfile is not None and not named
