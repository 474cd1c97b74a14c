#!/bin/sh
set -e
# During an upgrade the new version has already made its links again.
case "$1" in
  remove | purge) rm -f /usr/bin/gatehouse /usr/bin/gatehouse-desktop ;;
esac
