# shellcheck shell=bash
# shellcheck disable=SC2154  # build, cache_dir, venv, python are set by bin/compile
# Dependencies into .heroku/python, a venv that is kept in CACHE_DIR and moved in when nothing changed.

# Changes when the cached venv of an earlier buildpack must not be used.
readonly FORMAT=1

# Sets `manager`: pip, uv or project (pip with a pyproject.toml that has no lock).
choose_manager() {
  if [[ -f requirements.txt ]]; then
    manager=pip
    [[ ! -f uv.lock ]] || info "requirements.txt and uv.lock are both there: requirements.txt is used"
  elif [[ -f uv.lock && -f pyproject.toml ]]; then
    manager=uv
  elif [[ -f Pipfile || -f Pipfile.lock ]]; then
    fail "Error: Pipenv is not supported by minipaas' python buildpack." "" \
      "Write a requirements.txt:  pipenv requirements > requirements.txt" \
      "or build with Heroku's own:  --buildpack https://github.com/heroku/heroku-buildpack-python#main"
  elif [[ -f poetry.lock ]]; then
    fail "Error: Poetry is not supported by minipaas' python buildpack." "" \
      "Write a requirements.txt:  poetry export -f requirements.txt -o requirements.txt" \
      "or move to uv:  uv lock (a pyproject.toml with a [project] table)"
  elif [[ -f uv.lock ]]; then
    fail "Error: uv.lock was found without a pyproject.toml." "" "Commit the pyproject.toml it belongs to."
  elif [[ -f setup.py ]] || { [[ -f pyproject.toml ]] && grep -Eq '^\[(project|build-system)\]' pyproject.toml; }; then
    manager=project
  else
    no_manager
  fi
}

no_manager() {
  local name
  for name in [Rr][Ee][Qq][Uu][Ii][Rr][Ee][Mm][Ee][Nn][Tt]*.[Tt][Xx][Tt]; do
    [[ -f $name ]] && fail "Error: No requirements.txt was found." "" \
      "There is a $name: the name must be requirements.txt, all lower case."
  done
  fail "Error: Couldn't find any supported Python package manager files." "" \
    "A Python app on Heroku has a requirements.txt, or a pyproject.toml with a uv.lock, in its root." \
    "An app that needs no packages has an empty one:  touch requirements.txt"
}

# A line that is the same as long as the cached venv serves.
stamp() {
  local inputs
  case $manager in
    pip) inputs=$("$python" -I "$buildpack/lib/requirements.py" requirements.txt) ;;
    project) inputs=$({ cat pyproject.toml setup.py setup.cfg 2>/dev/null || true; } | sha256sum | cut -d' ' -f1) ;;
    uv) inputs= ;; # uv itself adds and takes away what changed
  esac
  printf '%s %s %s %s %s' "$FORMAT" "$manager" "$python_version" "$(readlink -f -- "$python")" "${inputs%% *}"
}

# The venv, from the cache if it serves; sets `cached`.
prepare_venv() {
  cached=no
  stamp=$(stamp)
  rm -rf "$venv"
  mkdir -p "$build/.heroku"
  if [[ -f $cache_dir/python/stamp ]]; then
    if [[ $(<"$cache_dir/python/stamp") == "$stamp" ]] && cp -a "$cache_dir/python/venv" "$venv"; then
      cached=yes
      step "Using cached install of python $python_version"
      return
    fi
    step "Discarding cache since its contents no longer fit"
    rm -rf "$venv" "$cache_dir/python"
  fi
  step "Installing Python $python_version"
  local -a how=()
  [[ $manager != uv ]] || how=(--without-pip)
  if ! "$python" -I -m venv ${how[@]+"${how[@]}"} "$venv" 2>&1 | indent; then
    fail "Error: Unable to create a venv with $python."
  fi
  sed -i '/^command = /d' "$venv/pyvenv.cfg"
}

install_dependencies() {
  "with_$manager"
  relocate
}

with_pip() {
  local local_folder
  read -r _ local_folder <<<"$("$python" -I "$buildpack/lib/requirements.py" requirements.txt)"
  if [[ $cached == yes && -z $local_folder ]]; then
    info "requirements.txt is unchanged"
    return
  fi
  step "Installing dependencies using 'pip install -r requirements.txt'"
  pip_install --exists-action=w --src "$build/.heroku/src" -r requirements.txt
  save_venv
}

with_project() {
  if [[ $cached == yes ]]; then
    step "Installing the project using 'pip install --no-deps .'"
    pip_install --no-deps --force-reinstall .
  else
    step "Installing the project using 'pip install .'"
    pip_install .
    save_venv
  fi
}

with_uv() {
  local uv
  uv=$(find_uv)
  step "Installing dependencies using 'uv sync --locked --no-default-groups'"
  if ! (
    export_config
    export UV_PROJECT_ENVIRONMENT=$venv UV_CACHE_DIR=$cache_dir/uv UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
    export UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1 NO_COLOR=1
    "$uv" sync --locked --no-default-groups --python "$venv/bin/python"
  ) 2>&1 | indent; then
    fail "Error: Unable to install dependencies using uv." "" "See the log output above for more information."
  fi
  save_venv
}

# uv of this machine, else one of our own in the cache.
find_uv() {
  local own=$cache_dir/tools/uv
  if command -v uv; then return; fi
  if [[ ! -x $own/bin/uv ]]; then
    step "Installing uv" >&2
    rm -rf "$own"
    if ! { "$python" -I -m venv "$own" && "$own/bin/python" -m pip install --quiet --disable-pip-version-check uv; } \
      2>&1 | indent >&2; then
      rm -rf "$own"
      fail "Error: Unable to install uv." "" "See the log output above for more information."
    fi
  fi
  printf '%s\n' "$own/bin/uv"
}

pip_install() {
  if ! (
    export_config
    "$venv/bin/python" -m pip install --cache-dir "$cache_dir/pip" --disable-pip-version-check --no-input \
      --progress-bar off "$@"
  ) 2>&1 | indent; then
    fail "Error: Unable to install dependencies using pip." "" "See the log output above for more information."
  fi
}

relocate() {
  "$python" -I "$buildpack/lib/relocate.py" "$venv" "$build"
}

# In one move at the end: a build that is killed leaves the cache as it was.
save_venv() {
  local new=$cache_dir/python.new
  relocate
  step "Saving cache"
  rm -rf "$new"
  mkdir -p "$new"
  if cp -a "$venv" "$new/venv" && printf '%s' "$stamp" >"$new/stamp"; then
    rm -rf "$cache_dir/python"
    mv "$new" "$cache_dir/python"
  else
    rm -rf "$new"
    info "the cache cannot be written; the next build starts afresh"
  fi
}
