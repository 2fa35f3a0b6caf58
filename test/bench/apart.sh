#!/bin/sh
# The first process of a case's own namespaces (net, mount, pid). Whatever the case starts or writes is in them,
# and gone with this process, however it ends.
#   $1 a folder of the case's own   $2... the program to become
set -eu
folder=$1
shift

ip link set lo up
mount -t tmpfs -o mode=755 bench "$folder"
# sshd's own folder, and no trace in the machine's.
mount -t tmpfs -o mode=755 bench /run
mkdir /run/sshd

# What is written to root's home stays in memory, and what a program would take up from there is out of sight:
# the same for the tools, which are told by HOME, and for ssh and sshd, which ask the password file. (A password
# file of its own, mounted over the machine's, would be gone as soon as anybody on the machine adds a user.)
HOME=$(getent passwd 0 | cut -d : -f 6)
export HOME
mkdir "$folder/upper" "$folder/work" "$folder/tmp"
mount -t overlay bench -o "lowerdir=$HOME,upperdir=$folder/upper,workdir=$folder/work" "$HOME"
for hidden in .ssh .ansible .cache .config; do
  mkdir -p "$HOME/$hidden"
  mount -t tmpfs -o mode=700 bench "$HOME/$hidden"
done
# bash reads its start-up file for each command that sshd gives it, and what people write into theirs can take longer
# than all the rest (and, where it takes a lock, make hosts wait for each other). Gone from the overlay alone.
[ "$(stat -f -c %T "$HOME")" = overlayfs ]
rm -f "$HOME/.bashrc" "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile" "$HOME/.zshenv"

exec "$@"
