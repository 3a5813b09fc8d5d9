# Read by the others. RBM_URL is the installation, RBM_KEY an API key of the tenant.
set -euo pipefail
: "${RBM_KEY:?set RBM_KEY to an API key, for example the one that npm start printed}"
: "${RBM_URL:=http://localhost:3000}"

# rbm METHOD PATH [curl's options]: prints the answer; ends with an error, and says why, when it is a problem.
rbm() {
  local method=$1 path=$2
  shift 2
  # The key comes through a pipe: everybody on the machine can read a command line.
  curl --silent --show-error --fail-with-body --request "$method" "$RBM_URL/api/v1$path" \
    --header @<(printf 'Authorization: Bearer %s\n' "$RBM_KEY") --header 'Content-Type: application/json' "$@"
}

# encoded TEXT: as one part of a path. Your own numbers may hold a slash, a space or a question mark.
encoded() {
  local LC_ALL=C text=$1 at char
  for ((at = 0; at < ${#text}; at++)); do
    char=${text:at:1}
    case $char in
    [A-Za-z0-9._~-]) printf '%s' "$char" ;;
    # A byte; some shells give those above 127 a sign.
    *) printf '%%%02X' $(($(printf '%d' "'$char") & 255)) ;;
    esac
  done
}
