# shellcheck shell=bash
# Sourced in each dyno before its command.
export PATH="$HOME/.heroku/python/bin:$PATH"
export PYTHONUNBUFFERED=true
export PYTHONPATH=${PYTHONPATH:-$HOME}
export LANG=${LANG:-C.UTF-8}
# Processes a web server should start: two in half a gigabyte, as Heroku advises.
if [[ -z ${WEB_CONCURRENCY:-} ]]; then
  export WEB_CONCURRENCY=2
  export WEB_CONCURRENCY_SET_BY=heroku/python
fi
# The router is the only one who speaks to the dyno: its X-Forwarded-For may be trusted.
export FORWARDED_ALLOW_IPS=${FORWARDED_ALLOW_IPS:-*}
export GUNICORN_CMD_ARGS=${GUNICORN_CMD_ARGS:---access-logfile -}
