# shellcheck shell=bash
# shellcheck disable=SC2154  # build, cache_dir, node_version are set by bin/compile
# node_modules, from the lock file, or from CACHE_DIR when nothing that makes them has changed.

# Changes when the cached node_modules of an earlier buildpack must not be used.
readonly FORMAT=1

# A value of package.json by path, empty when it is not there.
package() {
  node -e '
    let value = JSON.parse(require("fs").readFileSync("package.json", "utf8"));
    for (const key of process.argv.slice(1)) value = value == null ? value : value[key];
    if (typeof value === "string") process.stdout.write(value);
  ' "$@"
}

check_package_json() {
  local message
  if ! message=$(node -e 'JSON.parse(require("fs").readFileSync("package.json", "utf8"))' 2>&1); then
    fail "Error: Unable to parse package.json." "" "$(grep -m1 'Error' <<<"$message")"
  fi
}

# Sets `manager` by the lock file.
choose_manager() {
  local -a found=()
  [[ -f package-lock.json || -f npm-shrinkwrap.json ]] && found+=(npm)
  [[ -f yarn.lock ]] && found+=(yarn)
  [[ -f pnpm-lock.yaml ]] && found+=(pnpm)
  if ((${#found[@]} > 1)); then
    fail "Error: Two different lockfiles found: ${found[*]}." "" \
      "Both say which versions to install, and may say different things. Remove all but one."
  fi
  manager=${found[0]:-npm}
  if ! command -v "$manager" >/dev/null; then
    fail "Error: The app has a lock file of $manager, and there is no $manager on this machine." "" \
      "Install it:  npm install -g $manager"
  fi
}

# npm runs these of the app itself at install: skipping the install would skip them.
has_install_scripts() {
  node -e '
    const scripts = JSON.parse(require("fs").readFileSync("package.json", "utf8")).scripts || {};
    const run = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
    process.exit(run.some((name) => scripts[name]) ? 0 : 1);
  '
}

# What decides about node_modules, in one line; empty when they cannot be kept.
stamp() {
  local lock
  case $manager in
    npm) lock=npm-shrinkwrap.json && [[ -f $lock ]] || lock=package-lock.json ;;
    yarn) lock=yarn.lock ;;
    pnpm) lock=pnpm-lock.yaml ;;
  esac
  # Links to folders of the app: the cache has no copy of what they point to.
  if [[ ! -f $lock ]] || grep -Eq '"link": true|"file:|link:|workspace:' "$lock" package.json || has_install_scripts; then
    return
  fi
  printf '%s %s %s ' "$FORMAT" "$manager" "$node_version"
  { cat package.json "$lock" .npmrc .yarnrc .yarnrc.yml 2>/dev/null || true; } | sha256sum
}

install_dependencies() {
  local stamp kept=$cache_dir/nodejs
  stamp=$(stamp)
  step "Installing dependencies"
  if [[ -e node_modules ]]; then
    info "Prebuild detected (node_modules already exists)"
    run_install
    return
  fi
  if [[ -n $stamp && -f $kept/stamp && $(<"$kept/stamp") == "$stamp" ]] && cp -a "$kept/node_modules" node_modules; then
    info "Using cached node_modules (package.json and the lock file are unchanged)"
    return
  fi
  rm -rf node_modules
  run_install
  [[ -z $stamp || ! -d node_modules ]] || save_modules "$stamp"
}

run_install() {
  case $manager in
    npm)
      if [[ -f package-lock.json || -f npm-shrinkwrap.json ]]; then
        info "Installing node modules (npm ci)"
        run npm ci --include=dev --no-fund --no-audit
      else
        info "Installing node modules (npm install; no package-lock.json: versions may change at each build)"
        run npm install --include=dev --no-fund --no-audit --no-package-lock
      fi
      ;;
    yarn)
      info "Installing node modules (yarn.lock)"
      if [[ $(yarn --version) == 1.* ]]; then
        run yarn install --frozen-lockfile --production=false --cache-folder "$cache_dir/yarn"
      else
        run yarn install --immutable
      fi
      ;;
    pnpm)
      info "Installing node modules (pnpm-lock.yaml)"
      run pnpm install --frozen-lockfile --prod=false
      ;;
  esac
}

has_dev_dependencies() {
  node -e 'process.exit(Object.keys(require("./package.json").devDependencies || {}).length ? 0 : 1)'
}

prune() {
  [[ -d node_modules ]] && has_dev_dependencies || return 0
  step "Pruning devDependencies"
  if [[ $NODE_ENV != production ]]; then
    info "Skipping because NODE_ENV is not 'production'"
    return
  fi
  if [[ $(config NPM_CONFIG_PRODUCTION) == false ]]; then
    info "Skipping because NPM_CONFIG_PRODUCTION is 'false'"
    return
  fi
  case $manager in
    npm) run npm prune --omit=dev --no-fund --no-audit --ignore-scripts ;;
    pnpm) run pnpm prune --prod --ignore-scripts ;;
    yarn)
      if [[ $(yarn --version) == 1.* ]]; then
        run yarn install --frozen-lockfile --production=true --ignore-scripts --prefer-offline --cache-folder "$cache_dir/yarn"
      else
        info "left as they are: yarn 2 and later prune by plug-in only"
      fi
      ;;
  esac
}

# In one move at the end: a build that is killed leaves the cache as it was.
save_modules() {
  local new=$cache_dir/nodejs.new
  rm -rf "$new"
  mkdir -p "$new"
  if cp -a node_modules "$new/node_modules" && printf '%s' "$1" >"$new/stamp"; then
    rm -rf "$cache_dir/nodejs"
    mv "$new" "$cache_dir/nodejs"
  else
    rm -rf "$new"
    info "the cache cannot be written; the next build starts afresh"
  fi
}

# A command of the package manager, with the app's config vars.
run() {
  if ! (export_config && "$@") 2>&1 | indent; then
    fail "Error: '$1 $2' failed." "" "See the log output above for more information."
  fi
}

# A script of package.json, if there is one.
run_script() {
  local script
  script=$(package scripts "$1") || fail "Error: Unable to read the scripts of package.json."
  [[ -n $script ]] || return 0
  info "Running $1"
  run "$manager" run "$1"
}
