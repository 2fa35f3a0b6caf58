import { Command } from '../../sh.ts';

/**
 * Shell functions that tell what a host has to make connections with: `$python` and `$nc` are empty where
 * there is none. Where Python is not for users, RHEL keeps one for itself.
 */
export const socketTools = new Command(`LC_ALL=C; export LC_ALL
has() { command -v "$1" >/dev/null 2>&1; }
python=
for p in python3 /usr/libexec/platform-python; do
  if has "$p"; then python=$p; break; fi
done
nc=
for p in nc ncat netcat; do
  if has "$p"; then nc=$p; break; fi
done
if [ -z "$nc" ] && has busybox && busybox nc 2>&1 | grep -q '^Usage'; then nc='busybox nc'; fi
case $1 in *:*) bracketed="[$1]";; *) bracketed=$1;; esac`);

/** What a host needs one of. */
export const socketPrograms = 'bash, python3, perl, socat or nc';
