#!/bin/sh
# One key for this alley, should there be none.
[ -s "${TMPDIR:-/tmp}/alley.key" ] || head -c 24 /dev/urandom | base64 > "${TMPDIR:-/tmp}/alley.key"
SCORE_KEY=$(cat "${TMPDIR:-/tmp}/alley.key")
export SCORE_KEY
exec python alley.py
