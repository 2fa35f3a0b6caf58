#!/bin/sh
# Stands in for a service of the product: port 8080 says which service this is, and on which node.
#   $1 what the image stands in for   NODE the node's name, which compose files take from the swarm
# A shell that waits ends at once on SIGTERM, though it is the first process.
trap 'exit 0' TERM INT
name="$(hostname) on ${NODE:-a node that nobody named}"
root=/tmp/www
mkdir -p "$root"

pause() {
  sleep "$1" &
  wait $!
}

database() {
  timeout 1 wget -q -O - http://postgres:8080/
}

case $1 in
postgres)
  # Another one at every start, by which a restart is told.
  name="$name, start $(cat /proc/sys/kernel/random/uuid)"
  ;;
administration-service)
  # The faults that tests ask for: a connection that only a restart of the database mends. With the one the
  # service tries again and again, with the other it ends.
  faults=/opt/nexus/config
  if [ -e "$faults/database-fault" ]; then
    before='' now=''
    until [ -n "$before" ] && now=$(database) && [ "$now" != "$before" ]; do
      [ -n "$before" ] || before=$(database)
      echo 'FATAL: connection to database failed' >&2
      pause 1
    done
  fi
  if [ -e "$faults/database-fault-exit" ]; then
    # The file keeps which start of the database it was that could not be reached.
    now=$(database)
    [ -z "$now" ] || [ -s "$faults/database-fault-exit" ] || echo "$now" > "$faults/database-fault-exit"
    if [ -z "$now" ] || [ "$now" = "$(cat "$faults/database-fault-exit")" ]; then
      echo 'FATAL: connection to database failed' >&2
      exit 1
    fi
  fi
  ;;
access-point) root=/srv/access-point ;;
esac

echo "$name" > /tmp/www/index.html
httpd -h "$root" -p 8080
while :; do pause 3600; done
