#!/usr/bin/env bash
# The part of a build that runs inside the sandbox: Heroku's classic Buildpack API, one buildpack after another,
# in one place, because what a buildpack leaves in /app and /tmp is there for the next one.
#
# usage: slugcompiler.sh MODE BUILD_DIR CACHE_DIR ENV_DIR RESULTS SETTINGS (NAME FOLDER)...
#   MODE      each: every buildpack must detect; first: the first that detects is the one
#   RESULTS   gets: status (the end, 0 is success), failed (which step), detected (names), release (YAML)
#   SETTINGS  files of package managers, copied into HOME
set -uo pipefail

mode=$1 build=$2 cache=$3 env=$4 results=$5 settings=$6
shift 6

exec </dev/null 2>&1
umask 022
if [[ -d $settings ]]; then
  cp -R "$settings/." "$HOME/" || exit 1
fi
cd "$build" || exit 1

exports=()
ran=()

finish() {
  report_all
  printf '%s\n' "$1" >"$results/status.new" && mv "$results/status.new" "$results/status"
  exit "$1"
}

fail() {
  printf '%s\n' "$1" >"$results/failed"
  finish 1
}

# Metadata for whoever collects it; may fail, and Heroku never shows it.
report_all() {
  local folder
  for folder in ${ran[@]+"${ran[@]}"}; do
    if [[ -x $folder/bin/report ]]; then
      "$folder/bin/report" "$build" "$cache" "$env" >/dev/null 2>&1
    fi
  done
}

detect() {
  local said
  said=$("$2/bin/detect" "$build" 2>"$results/detect.err") || return 1
  language=${said%%$'\n'*}
  language=${language:-$1}
}

compile() {
  printf -- '-----> %s app detected\n' "$language"
  printf '%s\t%s\n' "$1" "$language" >>"$results/detected"
  ran+=("$2")
  (
    set +u
    for script in "${exports[@]}"; do
      # shellcheck source=/dev/null
      source "$script"
    done
    exec "$2/bin/compile" "$build" "$cache" "$env"
  ) || {
    printf '\n !     Push rejected, failed to compile %s app.\n\n !     Push failed\n' "$language"
    fail compile
  }
  if [[ -f $2/export ]]; then
    exports+=("$2/export")
  fi
}

incompatible() {
  cat "$results/detect.err"
  printf -- '-----> App not compatible with buildpack: %s\n' "$1"
  printf '       bin/detect says that this is no app for it\n\n !     Push failed\n'
  fail detect
}

nothing_fits() {
  printf ' !     No default language could be detected for this app.\n'
  printf '       HINT: minipaas looks for what its buildpacks know:\n'
  printf '       requirements.txt or pyproject.toml (python), package.json (nodejs), index.html (static),\n'
  printf '       or bin/detect and bin/compile in the app itself. Others are given with --buildpack.\n\n'
  printf ' !     Push failed\n'
  fail detect
}

last=
while (($# > 0)); do
  if detect "$1" "$2"; then
    compile "$1" "$2"
    last=$2
    [[ $mode == first ]] && break
  elif [[ $mode == each ]]; then
    incompatible "$1"
  fi
  shift 2
done

[[ -n $last ]] || nothing_fits

if [[ -x $last/bin/release ]]; then
  "$last/bin/release" "$build" >"$results/release" || {
    printf '\n !     Push rejected, bin/release of %s failed.\n\n !     Push failed\n' "$language"
    fail release
  }
fi
finish 0
