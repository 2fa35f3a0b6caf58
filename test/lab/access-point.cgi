#!/bin/sh
# The page of an access point, made anew for every request: what a policy service says. One that does not answer
# within a second is passed over, as its node may be lost. The limit is not wget's own, which leaves out the name.
#   POLICIES names of the policy services, the first one asked first   NODE the node's name
name="$(hostname) on ${NODE:-a node that nobody named}"
for policy in ${POLICIES:-policy policy1 policy2 policy3}; do
  answer=$(timeout 1 wget -q -O - "http://$policy:8080/") || continue
  printf 'Content-Type: text/plain\r\n\r\n%s: %s\n' "$name" "$answer"
  exit
done
printf 'Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\n%s: no policy service answers\n' "$name"
