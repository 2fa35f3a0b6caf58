#!/bin/sh
# The way from separate installations to one, as far as the engines have to go it: their calls and their waits, over
# connections that are open already. Nothing is looked at that is not waited for, and nothing is verified but the
# end. The floor of the case `ha-apply`.
#   $1 ssh's settings, in which `Host ha1`, `ha2`, `ha3` have a control socket   $2 a folder with ha1.tar … ha3.tar,
#   the files that each host is to have below /opt/nexus   $3 seconds that services must have been running for
set -eu
config=$1 files=$2 stable_for=$3

on() { ssh -F "$config" "$@"; }
# Runs a script from stdin as root.
root() { on "$1" sudo sh -seu; }

stack='label=com.docker.stack.namespace=da'
# Nothing to wait for but the containers: networks go when the last of them has ended.
stop="docker stack rm da
while [ -n \"\$(docker ps -aq -f $stack)\" ]; do sleep 0.1; done
while [ -n \"\$(docker network ls -q -f $stack)\" ]; do sleep 0.1; done"

echo "$stop" | root ha1 & manager=$!
echo "$stop
docker swarm leave --force" | root ha2 & second=$!
echo "$stop
docker swarm leave --force" | root ha3 & third=$!
token=$(echo 'docker swarm join-token -q worker' | root ha1)
address=$(echo "docker info -f '{{.Swarm.NodeAddr}}'" | root ha1)
wait $manager; wait $second; wait $third

for host in ha2 ha3; do
  echo "docker swarm join --token $token $address:2377 >/dev/null
docker info -f '{{.Swarm.NodeID}}'" | root $host >"$files/$host.id" &
done
on ha1 sudo tar -xf - -C /opt/nexus <"$files/ha1.tar"
wait
for host in ha2 ha3; do on $host sudo tar -xf - -C /opt/nexus <"$files/$host.tar" & done
echo "label() { node=\$1; shift; for l do set -- \"\$@\" --label-add \"\$l=true\"; shift; done; docker node update \"\$@\" \"\$node\"; }
label $(cat "$files/ha2.id") da-policy-service1 da-authentication-service1 da-distribution-service1
label $(cat "$files/ha3.id") da-access-point" | root ha1 >/dev/null
wait
echo "cd /opt/nexus/docker-compose
docker stack deploy --resolve-image never -c docker-compose.yml -c network.yml -c versiontag.yml da >/dev/null
until [ \"\$(docker stack ps da -f desired-state=running --format '{{.CurrentState}}' |
  awk -v least=$stable_for '\$1 == \"Running\" && (\$2 + 0 >= least || \$3 ~ /minute|hour/)' | wc -l)\" = 9 ]; do sleep 0.1; done" | root ha1
