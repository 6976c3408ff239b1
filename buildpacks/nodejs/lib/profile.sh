# shellcheck shell=bash
# Sourced in each dyno before its command.
export PATH="$PATH:$HOME/bin:$HOME/node_modules/.bin"
export NODE_ENV=${NODE_ENV:-production}
# Processes a web server should start: two in half a gigabyte.
if [[ -z ${WEB_CONCURRENCY:-} ]]; then
  export WEB_CONCURRENCY=2
  export WEB_CONCURRENCY_SET_BY=heroku/nodejs
fi
