#!/usr/bin/env bash
# Builds the image and proves that it runs as deployed: read-only, without capabilities, serving over TLS, healthy, and
# ending with 0 on SIGTERM. Usage: deploy/container-test.sh [podman|docker|path of either]. Needs openssl and curl.
set -euo pipefail
engine=${1:-docker}
cd "$(dirname "$0")/.."
etc=$(mktemp -d)
name=jwksd-test-$$
trap '"$engine" rm -f "$name" >/dev/null 2>&1 || true; rm -rf "$etc"' EXIT
trap 'echo "error: line $LINENO failed: $BASH_COMMAND" >&2' ERR
port=$((20000 + RANDOM % 10000))

# What an operator mounts: keys and certificate, readable only by the container's user.
mkdir "$etc/keys"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$etc/keys/first.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$etc/key.pem" -out "$etc/cert.pem" \
  -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
cat > "$etc/jwksd.yaml" <<CONFIG
url: https://localhost:$port
listen: 127.0.0.1:$port
keys: keys
tls: { cert: cert.pem, key: key.pem }
CONFIG
chmod 0600 "$etc"/keys/*.pem "$etc/key.pem"
chmod 0755 "$etc"
chown -R 1000:1000 "$etc"

# Only podman needs the format: its default has no health check. It also takes packages from this machine's cache of npm.
build=(); [[ $("$engine" --version) == podman* ]] && build=(--format docker --layers=false -v "$(npm config get cache):/root/.npm")
"$engine" build "${build[@]}" --network host -t jwksd:test .
"$engine" run -d --name "$name" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
  -e "JWKSD_LISTEN=127.0.0.1:$port" -v "$etc:/etc/jwksd:ro" jwksd:test >/dev/null

jwks () { curl -sf --cacert "$etc/cert.pem" "https://localhost:$port/.well-known/jwks.json"; }
for _ in $(seq 150); do jwks >/dev/null && break; sleep 0.2; done
jwks | grep -q '"kty":"RSA"' || { "$engine" logs "$name"; echo 'error: no JWK Set is served' >&2; exit 1; }
"$engine" exec "$name" node deploy/healthcheck.js
((${#build[@]} == 0)) || "$engine" healthcheck run "$name" # as the image says
("$engine" exec "$name" node deploy/change-secret.js 2>&1 || true) | grep -q 'runs in a pod'
refuse () { if "$engine" exec "$name" "$@" >/dev/null 2>&1; then echo "error: works in the container and must not: $*" >&2; exit 1; fi; }
refuse node deploy/healthcheck.js 1   # nothing listens there: the check can fail
refuse npm --version
refuse touch /app/written
[ "$("$engine" exec "$name" id -u)" = 1000 ]
"$engine" kill -s TERM "$name" >/dev/null
code=$("$engine" wait "$name")
[ "$code" = 0 ] || { "$engine" logs "$name"; echo "error: SIGTERM ended it with $code" >&2; exit 1; }
echo "ok: served read-only as user 1000, SIGTERM ended it with 0"
