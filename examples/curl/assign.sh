#!/usr/bin/env bash
# Creates or changes an order and assigns it; the person is told once.
#   RBM_KEY=… examples/curl/assign.sh WO-7 E-2037 "Check belt"
. "$(dirname "$0")/common.sh"

number=${1:?the order, for example WO-7} assignee=${2:?the person, for example E-2037} title=${3:?the title}

# Fine for what somebody types here. A program builds its JSON with what knows how to escape it, jq for one.
rbm PUT "/work-orders/$(encoded "$number")" --data "{
  \"title\": \"$title\",
  \"assignee\": \"$assignee\",
  \"priority\": \"high\",
  \"dueAt\": \"2036-12-25\"
}"
