# Read by the others. RBM_URL is the installation, RBM_KEY an API key of the tenant.
set -euo pipefail
: "${RBM_KEY:?set RBM_KEY to an API key, for example the one that npm start printed}"
: "${RBM_URL:=http://localhost:3000}"

# rbm METHOD PATH [curl's options]: prints the answer; ends with an error, and says why, when it is a problem.
rbm() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail-with-body --request "$method" "$RBM_URL/api/v1$path" \
    --header "Authorization: Bearer $RBM_KEY" --header 'Content-Type: application/json' "$@"
}
