#!/bin/sh
# Calls APIs with an access token that is obtained with a client assertion of jwksd. Needs curl 7.83 or newer, and jq.
# Usage: ./call-api.sh https://api.example.com/Patient/1 ...     (environment: see README.md)
# Secrets reach curl by its standard input, never as arguments: every user of the machine can read those.
set -eu
attempts=4
longest_wait=30 # seconds: where Retry-After asks for more, give up
margin=30       # seconds: how long before its end an access token is replaced

umask 077
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# One request, without redirects; its body goes to $answer. Fails unless the status is 2xx, and sets $status and $retry_after.
send () {
  result=$(curl --silent --show-error --proto =https --max-time 10 -o "$answer" -w '%{http_code} %header{retry-after}' "$@") || exit 1
  status=${result%% *}
  retry_after=${result#* }
  case $status in 2??) ;; *) return 1 ;; esac
}

# Repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final.
with_retry () {
  attempt=1
  until "$@"; do
    case $retry_after in '' | *[!0-9]*) retry_after=$attempt ;; esac
    case $status in 429 | 503) ;; *) attempt=$attempts ;; esac
    if [ "$attempt" -ge "$attempts" ] || [ "$retry_after" -gt "$longest_wait" ]; then
      echo "error: $1: $status $(cat "$answer")" >&2
      exit 1
    fi
    sleep "$retry_after"
    attempt=$((attempt + 1))
  done
}

# The client assertion for the profile. The API key is read for each request: a mounted secret changes in place.
sign () {
  send --cacert "$JWKSD_CA" -H @- -H 'Content-Type: application/json' -H 'Accept: application/jwt' \
    -d "{\"profile\":\"$JWKSD_PROFILE\"}" "$JWKSD_SIGN_URL" <<EOF
Authorization: Bearer $(cat "$JWKSD_API_KEY_FILE")
EOF
}

# RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one.
request_access_token () {
  sign || return 1
  assertion=$(cat "$answer")
  asked_at=$(date +%s)
  send -d grant_type=client_credentials --data-urlencode "scope=$SCOPE" \
    -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    -d @- "$TOKEN_ENDPOINT" <<EOF
client_assertion=$assertion
EOF
}

call_api () {
  send -H @- "$url" <<EOF
Authorization: Bearer $access_token
EOF
}

renew_at=0
for url in "$@"; do
  if [ "$(date +%s)" -ge "$renew_at" ]; then
    with_retry request_access_token
    access_token=$(jq -r .access_token "$answer")
    renew_at=$((asked_at + $(jq '.expires_in // 0' "$answer") - margin))
  fi
  with_retry call_api
  cat "$answer"
  echo
done
