#!/usr/bin/env bash
# Has a reading compared with the asset's limits: past one it raises an alert, back within it resolves it.
#   RBM_KEY=… examples/curl/send-reading.sh PUMP-7 temperature 93.4
. "$(dirname "$0")/common.sh"

asset=${1:?the asset, for example PUMP-7} metric=${2:?the metric, for example temperature} value=${3:?the value}

# A gateway sends many at a time, up to 1,000, with the moment each was taken at.
rbm POST /readings --data "{
  \"readings\": [{
    \"asset\": \"$asset\",
    \"metric\": \"$metric\",
    \"value\": $value,
    \"at\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"
  }]
}"
