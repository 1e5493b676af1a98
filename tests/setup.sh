#!/bin/sh
# sh tests/setup.sh WHAT:PACKAGE ... - installs the Debian packages whose WHAT (a command, or a path where it begins with /; it may hold *)
# is missing. Where there is no apt-get it prints what to install and stops. Also checks that Node.js is there and new enough.
set -eu

has() {
    case $1 in
    /*) for path in $1; do [ ! -e "$path" ] || return 0; done && return 1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

if ! has node || ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    echo "setup: Folio needs Node.js 20 or newer as 'node'; found: $(node --version 2>/dev/null || echo none). See https://nodejs.org" >&2
    exit 1
fi

missing=
for entry in "$@"; do
    has "${entry%%:*}" || missing="$missing ${entry#*:}"
done
[ -n "$missing" ] || exit 0

if ! has apt-get; then
    echo "setup: this is neither Debian nor Ubuntu. Please install what these Debian packages hold, then run make again:" >&2
    for entry in "$@"; do
        has "${entry%%:*}" || echo "    ${entry#*:} (looked for: ${entry%%:*})" >&2
    done
    exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! has sudo; then
        echo "setup: neither root nor sudo. Please have someone run: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
