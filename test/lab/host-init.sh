#!/bin/sh
# The first process of a lab host, started in namespaces of its own (see start-apart.ts).
#   $1 a folder to mount things on   $2 files laid over the machine's own   $3 name
#   $4 address with prefix length    $5 cgroup for the containers
set -eu
place=$1 seed=$2 name=$3 address=$4 cgroup=$5

# A word on stdin says that the lab has written down this process. If the lab is killed before that,
# stdin ends instead, and so does the host: nothing is ever left that no file knows of.
read -r word || exit 0

# All that the host writes is in memory: fast, and gone with the last process.
mount -t tmpfs -o mode=755 host "$place"
cd "$place"
mkdir upper work root docker
# What the host writes is not to be reached by a path later, and is searched for secrets then: search-lab.ts.
exec 9<upper
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" root
cd root

# Nor does the machine's own set-up count.
rm -rf etc/docker etc/ssh/ssh_host_* etc/ssh/sshd_config.d

# The machine's own secrets and temporary files stay out of sight.
for folder in root home opt srv run tmp var/tmp var/lib/docker dev mnt media; do
  mkdir -p "$folder"
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done
chmod 700 root
chmod 1777 tmp var/tmp
mkdir -p run/lock run/sshd

for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  # shellcheck disable=SC2086
  set -- $node
  mknod -m 666 "dev/$1" c "$2" "$3"
done
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t mqueue mqueue dev/mqueue
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup

cp -a --remove-destination "$seed/." .
pivot_root . mnt
cd /
umount -l mnt

echo "$name" > /proc/sys/kernel/hostname
ip link set lo up
ip address add "$address" dev eth0
ip link set eth0 up

/usr/sbin/sshd -D -e </dev/null 9<&- &
dockerd --log-level warn --storage-driver overlay2 --exec-opt native.cgroupdriver=cgroupfs \
  --cgroup-parent "$cgroup" </dev/null >/var/log/dockerd.log 2>&1 9<&- &

# Without arguments `wait` also reaps what others leave behind, which is the first process's duty.
wait
