#!/bin/sh
# Lets upsync, in another container, reload this container's nginx: each line that it writes to
# reload.fifo, in the folder that both share, becomes a HUP. nginx's official image runs this before it
# turns into nginx.
#
# A pipe needs no shared process namespace, so that either container may be restarted or re-created
# alone; and with nobody reading it, upsync sees that there is no gateway.
set -eu

fifo="${UPSYNC_OUTPUT:-/etc/nginx/upsync}/reload.fifo"

# A FIFO that an earlier gateway made is as good as new: what was written to that one is gone with it.
if [ ! -p "$fifo" ] || [ -L "$fifo" ]; then
    rm -rf "$fifo"
    mkdir -p "${fifo%/*}"
    mkfifo -m 600 "$fifo"
fi

is_nginx() {
    case "$(tr '\0' ' ' </proc/1/cmdline)" in
        'nginx: master process'*) return 0 ;;
        *) return 1 ;;
    esac
}

reload_on_each_line() {
    # Only a nginx that has read its configuration may be signalled. A line that comes before that waits
    # in the pipe. Process 1 never becomes another, so that asking once is enough.
    until is_nginx; do
        sleep 0.1
    done
    while read -r _ <&3; do
        kill -HUP 1
    done
}

# Opened for writing too, the pipe never ends when the last writer goes, and opening it waits for nobody.
# nginx, which this container's process 1 is about to become, adopts the loop; it ends with the
# container.
exec 3<>"$fifo"
reload_on_each_line &
