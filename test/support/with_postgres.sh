#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command with a PostgreSQL server of its own:
#
#     test/support/with_postgres.sh ctest --test-dir build -R libpq
#
# The server listens on a Unix socket in a temporary directory and on nothing else;
# PG_CONNINFO in the command's environment says where. It is gone, with its directory,
# when the command has ended, by whatever way, also when this script is killed (but
# then the directory stays). Exit status: the command's; 77 when there is no
# PostgreSQL here, and the command was not run; 70 when the server would not start.
#
# PostgreSQL refuses to run as root: then it runs as the user postgres, or nobody.
set -uo pipefail

if [ $# -eq 0 ]; then
    echo "usage: $0 command [argument...]" >&2
    exit 64
fi

# ---- what is here -------------------------------------------------------------------

find_bin()
{
    local dir
    for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
        "$(pg_config --bindir 2>/dev/null)" "$(dirname "$(command -v initdb)")"; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            echo "$dir"
            return 0
        fi
    done
    return 1
}

if ! bin=$(find_bin); then
    echo "with_postgres: no PostgreSQL server here (Debian: apt-get install postgresql)" >&2
    exit 77
fi

as_server=()
user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
    user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    as_server=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
fi
# The server goes when this script does, even by SIGKILL.
dies_with_us=()
command -v setpriv >/dev/null && dies_with_us=(setpriv --pdeathsig QUIT)

# ---- the server ----------------------------------------------------------------------

# Not below TMPDIR: the path of a Unix socket has at most 107 bytes.
dir=$(mktemp -d /tmp/with_postgres.XXXXXX) || exit 70
server=
command=

clean_up()
{
    trap '' INT TERM HUP
    if [ -n "$command" ]; then
        kill -TERM -- "-$command" 2>/dev/null
        wait "$command" 2>/dev/null
    fi
    if [ -n "$server" ]; then
        kill -QUIT "$server" 2>/dev/null # at once: nobody needs the data again
        wait "$server" 2>/dev/null
    fi
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

give_up()
{
    echo "with_postgres: $1" >&2
    tail -n 20 "$dir/log" >&2
    exit 70
}

# Each of these is a process group of its own, so that a Ctrl-C comes here first.
set -m
[ "$(id -u)" -ne 0 ] || chown "$user" "$dir"
cd "$dir" || exit 70
"${as_server[@]}" "$bin/initdb" --pgdata="$dir/data" --auth=trust --username=postgres \
    --encoding=UTF8 --locale=C --no-sync --no-instructions >"$dir/log" 2>&1 </dev/null ||
    give_up "initdb failed"
"${as_server[@]}" "${dies_with_us[@]}" "$bin/postgres" -D "$dir/data" -k "$dir" -p 5432 \
    -c listen_addresses= -c fsync=off -c max_connections=100 \
    >>"$dir/log" 2>&1 </dev/null &
server=$!

conninfo="host=$dir port=5432 user=postgres dbname=postgres"
ready=
for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || give_up "the server ended"
    if "$bin/psql" -X -q -d "$conninfo" -c 'select 1' >/dev/null 2>&1; then
        ready=yes
        break
    fi
    sleep 0.1
done
[ -n "$ready" ] || give_up "the server does not answer"

# ---- the command ---------------------------------------------------------------------

cd "$OLDPWD" || exit 70
# In the background, so that a signal is acted on at once and not after its end.
PG_CONNINFO=$conninfo "$@" <&0 &
command=$!
wait "$command"
status=$?
command=
exit "$status"
