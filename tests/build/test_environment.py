"""What gets into a build's environment from this machine, and what does not."""

from pathlib import Path

import pytest

from minipaas.build.environment import (
    copy_certificates,
    copy_home_files,
    mirror_settings,
    write_env_dir,
)
from minipaas.build.userland import stack_name, this_stack
from minipaas.errors import UsageProblem


@pytest.mark.parametrize(
    "name",
    [
        "PIP_INDEX_URL",
        "PIP_CERT",
        "NPM_CONFIG_REGISTRY",
        "npm_config_registry",
        "npm_config_//registry.example.com/:_authToken",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "HTTPS_PROXY",
        "https_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "REQUESTS_CA_BUNDLE",
        "GIT_SSL_CAINFO",
    ],
)
def test_how_to_reach_a_mirror_is_passed_on(name: str) -> None:
    assert mirror_settings({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "PATH",
        "HOME",
        "PYTHONPATH",
        "DATABASE_URL",
        "MY_PROXY_PASSWORD",
        "PIP_TARGET",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_CACHE_DIR",
        "UV_CACHE_DIR",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "npm_config_prefix",
        "npm_config_cache",
        "NPM_CONFIG_USERCONFIG",
        "npm_config_user_agent",
        "VIRTUAL_ENV",
    ],
)
def test_secrets_and_places_to_install_to_are_not(name: str) -> None:
    assert mirror_settings({name: "x"}) == {}


def test_package_managers_files_are_copied_for_the_owner_alone(tmp_path: Path) -> None:
    user, target = tmp_path / "user", tmp_path / "target"
    (user / ".config" / "pip").mkdir(parents=True)
    (user / ".config" / "pip" / "pip.conf").write_text("[global]\n")
    (user / ".npmrc").write_text("registry=x\n")
    (user / ".netrc").write_text("machine x password y\n")
    target.mkdir()
    copy_home_files(user, target)
    copied = [path for path in target.rglob("*") if path.is_file()]
    assert sorted(str(path.relative_to(target)) for path in copied) == [".config/pip/pip.conf", ".npmrc"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in copied)


def test_a_certificate_in_the_users_home_is_moved_to_where_the_build_sees_it(tmp_path: Path) -> None:
    user, target = tmp_path / "user", tmp_path / "target"
    user.mkdir()
    (user / "ca.pem").write_text("certificate")
    env = {"SSL_CERT_FILE": str(user / "ca.pem"), "PIP_CERT": "/etc/ssl/ca.pem", "CURL_CA_BUNDLE": str(user / "no")}
    assert copy_certificates(env, user, target, "/tmp/settings") == {"SSL_CERT_FILE": "/tmp/settings/SSL_CERT_FILE"}
    assert (target / "SSL_CERT_FILE").read_text() == "certificate"


def test_config_vars_are_files_for_the_owner_alone(tmp_path: Path) -> None:
    write_env_dir(tmp_path / "env", {"A": "1\n2", "EMPTY": "", "É": "é"})
    assert (tmp_path / "env" / "A").read_bytes() == b"1\n2"
    assert (tmp_path / "env" / "EMPTY").read_bytes() == b""
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "env").iterdir())


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", "", "a\0b"])
def test_a_config_var_never_becomes_a_file_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageProblem, match="cannot build with a config var called"):
        write_env_dir(tmp_path / "env", {"FINE": "1", name: "x"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("release", "libc", "stack"),
    [
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, ("glibc", "2.35"), "heroku-22"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, ("glibc", "2.39"), "heroku-24"),
        ({"ID": "debian", "VERSION_ID": "12"}, ("glibc", "2.36"), "heroku-22"),
        ({"ID": "debian", "VERSION_ID": "13"}, ("glibc", "2.41"), "heroku-24"),
        ({"ID": "debian", "VERSION_ID": "11"}, ("glibc", "2.31"), "heroku-20"),
        ({"ID": "alpine"}, ("", ""), "heroku-24"),
        ({}, ("glibc", "2.100"), "heroku-24"),
    ],
)
def test_the_stack_is_one_whose_binaries_run_here(release: dict[str, str], libc: tuple[str, str], stack: str) -> None:
    assert stack_name(release, libc) == stack


def test_this_machine_has_a_stack() -> None:
    stack, name = this_stack()
    assert stack.startswith("heroku-") and name
