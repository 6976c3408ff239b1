# shellcheck shell=bash
# shellcheck disable=SC2034  # what choose_node sets is used by bin/compile
# Which Node.js of this machine an app is built and run with: the first in PATH that engines.node allows.

# Every node there is: a line each, `20.20.2 /usr/bin`.
nodes() {
  local folder real version
  local -A seen=()
  local -a folders
  IFS=: read -ra folders <<<"$PATH"
  for folder in "${folders[@]}"; do
    [[ -n $folder && $folder != */shims && -x $folder/node && -x $folder/npm ]] || continue
    real=$(readlink -f -- "$folder/node")
    [[ -z ${seen[$real]:-} ]] || continue
    seen[$real]=1
    version=$("$folder/node" --version 2>/dev/null) || continue
    printf '%s %s\n' "${version#v}" "$folder"
  done
}

# semver as npm itself reads it; npm brings the package along, Debian's has it among those of the system.
semver_module() {
  local npm
  npm=$(readlink -f -- "$(command -v npm)") || return 1
  node -e 'process.stdout.write(require.resolve("semver", { paths: [process.argv[1]] }))' "$(dirname -- "$npm")" 2>/dev/null
}

allows() {
  node -e '
    const [module, version, range] = process.argv.slice(1);
    let semver;
    try { semver = require(module); } catch { process.exit(3); }
    if (semver.validRange(range) === null) process.exit(2);
    process.exit(semver.satisfies(version, range) ? 0 : 1);
  ' "$(semver_module)" "$1" "$2"
}

# Sets node_version and node_folder, or fails with what there is.
choose_node() {
  local wanted=$1 version folder status
  [[ -n $(command -v node) ]] || fail "Error: Node.js is not on this machine." "" "Install it: https://nodejs.org"
  [[ -n $(command -v npm) ]] || fail "Error: npm is not on this machine." "" "It comes with Node.js: https://nodejs.org"
  while read -r version folder; do
    status=0
    if [[ -n $wanted ]]; then allows "$version" "$wanted" || status=$?; fi
    ((status != 2)) || fail "Error: Invalid semantic version \"$wanted\" in engines.node."
    ((status != 3)) || fail "Error: The npm in PATH has no semver module, so engines.node cannot be read."
    if ((status == 0)); then
      node_version=$version node_folder=$folder
      return
    fi
  done < <(nodes)
  local -a lines=()
  while read -r version folder; do lines+=("  $version  $folder"); done < <(nodes)
  fail "Error: No Node.js on this machine is $wanted, as engines.node in package.json asks." "" \
    "There is:" "${lines[@]}" "" \
    "Install one that fits (nvm, fnm, https://nodejs.org), or set the config var MINIPAAS_NODE" \
    "(a line in .env) to a range that one of these is in, to build with it all the same."
}
