# The shell of a page: sourced before its blocks. PROGRAM is the built program, REPOSITORY where it is, PAGE_TMP a directory
# for notes of the test, PORTED the sed script that replaces the ports of the page by free ones.

unset NODE_OPTIONS ${!npm_config_@} ${!JWKSD_@}
export SHIFT_FILE=$PAGE_TMP/shift
export NODE_OPTIONS="--import=$SUPPORT/shift-clock.mjs"
# curl as at a terminal, without a meter, but an HTTP error is a failure.
printf -- '--silent\n--show-error\n--fail-with-body\n' >"$PAGE_TMP/.curlrc"
export CURL_HOME=$PAGE_TMP
server=
exec 3>&1
trap 'code=$?; [ $code = 0 ] || echo "line $AT: exit code $code" >&3' EXIT

# Waits until a background process has written this, and shows what it said if it ends before.
until_said () { # pid file text
  until grep -qse "$3" "$2"; do kill -0 "$1" 2>/dev/null || { cat "$2" >&2; return 1; }; sleep 0.05; done
}

jwksd () {
  case ${1-} in
    serve)
      serving="$*"
      : >"$PAGE_TMP/serve" # what an earlier server has said does not count
      node "$PROGRAM" "$@" >"$PAGE_TMP/serve" 2>&1 &
      until_said $! "$PAGE_TMP/serve" '"listening"' && server=$!
      # All that it prints at the start comes before the next command.
      until_said $! "$PAGE_TMP/serve" '^Keys (' && cat "$PAGE_TMP/serve" ;;
    init)
      node "$PROGRAM" "$@"
      for file in jwksd.yaml */jwksd.yaml; do
        [ ! -f "$file" ] || sed -i "$PORTED" "$file"
      done ;;
    *) node "$PROGRAM" "$@" ;;
  esac
}
# npm, where a page begins with a clone: what npm ci installs is here, and .ci/run runs it for real.
npm () {
  case $* in
    ci) [ -e node_modules ] || ln -s "$REPOSITORY/node_modules" node_modules; [ -e dist ] || command npm run --silent build; PROGRAM=$PWD/dist/main.js ;;
    start) JWKSD_LISTEN=$(sed "$PORTED" <<<127.0.0.1:8443) jwksd serve ;;
    *) echo "npm $*: a page may only use npm ci and npm start" >&2; return 1 ;;
  esac
}
npx () { [ "$1" = jwksd ] || { echo "npx $1: a page may only use npx jwksd" >&2; return 1; }; shift; jwksd "$@"; }

# Ends the server of the page.
stop () { kill -9 "$server"; wait "$server" 2>/dev/null || true; server=; }

# later 30h: the clock of every program from now on. A server that runs is started again, since one that sees its clock
# step waits for 30 s before it signs; other programs in the background see it at once.
later () {
  local hours=${1%h} line
  echo $((hours * 3600 + $(cat "$SHIFT_FILE" 2>/dev/null || echo 0))) >"$SHIFT_FILE"
  for line in $(jobs -p); do [ "$line" = "$server" ] || kill -USR2 "$line"; done
  [ -z "$server" ] || { stop; jwksd $serving >/dev/null; }
}
