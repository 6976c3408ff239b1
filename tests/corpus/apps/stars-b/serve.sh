#!/usr/bin/env bash
# Serves; should the server fall over, starts it again.
trap 'echo "asked to stop"; going=no' TERM
going=yes
while [ "$going" = yes ]; do
  gunicorn --threads 2 stars:app &
  wait $!
  wait
  sleep 0.2
done
