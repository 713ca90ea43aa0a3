#!/bin/sh
# Like the official image's: an agent finds its data and its configuration where the volumes are.
set -e
if [ "$1" = agent ]; then
    shift
    mkdir -p /consul/data /consul/config
    set -- consul agent -data-dir=/consul/data -config-dir=/consul/config "$@"
fi
exec "$@"
