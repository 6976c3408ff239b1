# shellcheck shell=bash
# shellcheck disable=SC2154  # build, venv, env_dir are set by bin/compile
# `manage.py collectstatic`, as Heroku runs it for Django apps that have staticfiles.

collect_static() {
  local manage log
  [[ -z $(config DISABLE_COLLECTSTATIC) ]] || return 0
  manage=$(find . -maxdepth 3 -type f -name manage.py -not -path './.heroku/*' -printf '%d %P\n' | sort -n | head -n1 | cut -d' ' -f2-)
  [[ -n $manage ]] || return 0
  "$venv/bin/python" -I -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("django") is None)' || return 0

  step "\$ python $manage collectstatic --noinput"
  log=$(mktemp)
  if (export_config && PYTHONPATH=$build "$venv/bin/python" "$manage" collectstatic --noinput --traceback) 2>&1 | tee "$log" | indent; then
    rm -f "$log"
    return
  fi
  if grep -q "Unknown command: 'collectstatic'" "$log"; then
    rm -f "$log"
    info "django.contrib.staticfiles is not in INSTALLED_APPS: nothing to collect"
    return
  fi
  rm -f "$log"
  fail "Error: Unable to generate Django static files." "" \
    "The 'python $manage collectstatic --noinput' Django management command failed." "" \
    "See the traceback above: you may need to update the app's code, or to set a config var it needs." \
    "Or disable collectstatic:  DISABLE_COLLECTSTATIC=1"
}
