# shellcheck shell=bash
# Heroku's build output: steps, bodies indented by seven spaces, problems.

step() { printf -- '-----> %s\n' "$*"; }
info() { printf '       %s\n' "$*"; }
indent() { sed -u 's/^/       /'; }

# Each argument is a line.
problem() {
  local line
  printf '\n' >&2
  for line in "$@"; do
    if [[ -n $line ]]; then printf ' !     %s\n' "$line" >&2; else printf ' !\n' >&2; fi
  done
  printf '\n' >&2
}

fail() {
  problem "$@"
  exit 1
}
