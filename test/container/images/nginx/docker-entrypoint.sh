#!/bin/sh
# Does what the official image's entrypoint does: runs each executable of docker-entrypoint.d in order,
# as a process of its own that is a grandchild of process 1, and then becomes nginx.
set -e
find /docker-entrypoint.d -follow -type f -name '*.sh' 2>/dev/null | sort -V | while read -r file; do
    if [ -x "$file" ]; then "$file"; fi
done
exec "$@"
