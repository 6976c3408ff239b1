# shellcheck shell=bash
# Which Python of this machine an app is built with.
#
# Heroku downloads the version that was asked for. Here the machine's own are used: whatever `python3` and
# `python3.N` stand in PATH. Shims (pyenv's) are passed over: which Python they start depends on the folder.

# Every Python there is: a line each, `3.11.2 /usr/bin/python3.11`.
pythons() {
  local folder file real
  local -A seen=()
  local -a folders
  IFS=: read -ra folders <<<"$PATH"
  for folder in "${folders[@]}"; do
    [[ -n $folder && $folder != */shims && ! -e $folder/../pyvenv.cfg ]] || continue
    for file in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
      [[ -x $file ]] || continue
      real=$(readlink -f -- "$file")
      [[ -z ${seen[$real]:-} ]] || continue
      seen[$real]=1
      version_of "$file" 2>/dev/null || true
    done
  done
}

version_of() {
  "$1" -I -c 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.argv[1])' "$1"
}

# Debian ships a Python whose venv is in another package.
can_make_venv() {
  "$1" -I -c 'import ensurepip, venv' 2>/dev/null
}

# What the app asks for: `3.12.1`, `3.12`, `3`, or nothing. $2 of the answer says where.
wanted_version() {
  local text
  text=$(config MINIPAAS_PYTHON)
  if [[ -n $text ]]; then
    printf '%s MINIPAAS_PYTHON\n' "$text"
  elif [[ -f .python-version ]]; then
    text=$(sed -e 's/#.*//' -e 's/[[:space:]]//g' .python-version | grep -m1 . || true)
    text=${text#python-}
    printf '%s .python-version\n' "${text:-nothing}"
  elif [[ -f runtime.txt ]]; then
    text=$(tr -d '[:space:]' <runtime.txt)
    text=${text#python-}
    text=${text%.x}
    printf '%s runtime.txt\n' "${text:-nothing}"
  fi
}

# Sets `python` and `python_version`, or fails with what there is.
choose_python() {
  local wanted where
  read -r wanted where <<<"$(wanted_version)"
  if [[ -n $where && ! $wanted =~ ^3(\.[0-9]+){0,2}$ ]]; then
    fail "Error: Invalid Python version in $where." "" "It says '$wanted'; write a version such as 3.12 or 3.12.1."
  fi
  if [[ -n $wanted && $wanted != 3 ]]; then
    choose_asked "$wanted" "$where"
  else
    choose_default
  fi
}

choose_asked() {
  local wanted=$1 where=$2 version path
  local minor
  minor=$(cut -d. -f1,2 <<<"$wanted")
  while read -r version path; do
    if [[ $version == "$minor".* ]] && can_make_venv "$path"; then
      python=$path python_version=$version
      [[ $version == "$wanted" ]] && break
    fi
  done < <(pythons)
  [[ -n ${python:-} ]] || not_here "$minor" "$where"
  step "Using Python $python_version specified in $where"
  if [[ $wanted == *.*.* && $wanted != "$python_version" ]]; then
    info "$where says $wanted; of $minor this machine has $python_version"
  fi
  if [[ $where == runtime.txt ]]; then
    problem "Warning: The runtime.txt file is deprecated." "" \
      "Delete it, and create a file named .python-version that holds: $minor"
  fi
}

choose_default() {
  local version path
  if [[ -x /usr/bin/python3 ]] && can_make_venv /usr/bin/python3; then
    read -r version path <<<"$(version_of /usr/bin/python3)"
    if newer_than_eight "$version"; then python=$path python_version=$version; fi
  fi
  if [[ -z ${python:-} ]]; then
    while read -r version path; do
      if newer_than_eight "$version" && can_make_venv "$path"; then python=$path python_version=$version; fi
    done < <(pythons | sort -V)
  fi
  [[ -n ${python:-} ]] || not_here "3.9 or newer" "the buildpack"
  step "No Python version was specified. Using Python $python_version of this machine"
  info "To use a different version, name it in a file called .python-version"
}

newer_than_eight() {
  local minor=${1#3.}
  [[ $1 == 3.* ]] && ((${minor%%.*} >= 9))
}

not_here() {
  local version path
  local -a lines=()
  while read -r version path; do
    can_make_venv "$path" || path="$path (without the venv module: on Debian install python3-venv)"
    lines+=("  $version  $path")
  done < <(pythons | sort -V)
  ((${#lines[@]})) || lines=("  none")
  fail "Error: Python $1, asked for in $2, is not on this machine." "" "There is:" "${lines[@]}" "" \
    "Install it (pyenv, uv python install, apt), name another in .python-version," \
    "or set the config var MINIPAAS_PYTHON (a line in .env) to one of these to build with it all the same."
}
