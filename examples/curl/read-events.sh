#!/usr/bin/env bash
# Prints every event after the place given, oldest first, a page a line, and then the place to go on from.
#   RBM_KEY=… examples/curl/read-events.sh
#   RBM_KEY=… examples/curl/read-events.sh 1042
. "$(dirname "$0")/common.sh"

after=${1:-}
while true; do
  page=$(rbm GET "/events?limit=200&after=$after")
  # Keep this in the CMMS with what the events led to: it is all that is needed to go on after a stop.
  after=$(sed 's/.*"next":"\([^"]*\)".*/\1/' <<<"$page")
  case $page in *'"items":[]'*) break ;; esac
  echo "$page"
done
echo "$after"
