# shellcheck shell=bash
# Config vars, which a buildpack has as files in ENV_DIR.

# Puts them in the environment but those that would break the build; call it in a subshell.
# shellcheck disable=SC2154  # env_dir is set by bin/compile
export_config() {
  local file name
  for file in "$env_dir"/*; do
    name=${file##*/}
    [[ -f $file && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    [[ $name =~ ^(PATH|HOME|GIT_DIR|CPATH|CPPATH|LD_PRELOAD|LD_LIBRARY_PATH|LIBRARY_PATH|LANG|BUILD_DIR|PYTHONHOME|PYTHONPATH|VIRTUAL_ENV|PIP_USER|PIP_TARGET|BASH_ENV|ENV|IFS)$ ]] && continue
    export "$name=$(cat "$file")"
  done
}

# One config var, or nothing.
config() {
  [[ ! -f $env_dir/$1 ]] || cat "$env_dir/$1"
}
