#!/usr/bin/env bash
# Sends a text to somebody, once, however often this runs with the same key.
#   RBM_KEY=… examples/curl/send-notification.sh gate-4-closed-2036-12-25 E-2037 "Gate 4 is closed today."
. "$(dirname "$0")/common.sh"

key=${1:?a key of your own for this notification} to=${2:?the person, for example E-2037} text=${3:?the text}

rbm POST /notifications --data "{
  \"name\": \"message.send\",
  \"data\": { \"schemaVersion\": 1, \"idempotencyKey\": \"$key\", \"to\": \"$to\", \"text\": \"$text\" }
}"
echo

# What became of it: accepted, done with the messages it led to, or invalid with every fault.
rbm GET "/notifications/$(encoded "$key")"
