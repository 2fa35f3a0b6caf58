import { existsSync } from 'node:fs';
import { missingPackages } from './install-packages.ts';
import { environment, sh } from './shell.ts';

/** What a host is made of, tried out in namespaces that end with it. */
const PROBE = `
set -e
mount -t tmpfs probe /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t proc proc /mnt/root/proc
mount -t sysfs sysfs /mnt/root/sys
if command -v ip >/dev/null; then
  ip link add name probe0 type veth peer name probe1
  ip link add name probe2 type bridge
  ip link add name probe3 type vxlan id 7 dstport 4789
fi`;

/**
 * Why the lab cannot run on this machine, in a sentence for a skipped test; undefined where it can. Packages that
 * are missing are no reason where apt-get can install them, which `createLab` does.
 */
export async function whyNot(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root, for namespaces and mounts';
  const missing = await missingPackages();
  if (missing.length > 0 && !existsSync('/usr/bin/apt-get')) {
    return `these are not installed, and there is no apt-get to install them: ${missing.join(', ')}`;
  }
  if (missing.includes('util-linux')) return undefined;
  if (!existsSync('/sys/fs/cgroup/devices') && !existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    return 'no cgroups are mounted at /sys/fs/cgroup';
  }
  const namespaces = ['--net', '--mount', '--uts', '--pid', '--ipc', '--fork', '--kill-child'];
  const probe = await sh({ nothrow: true, env: environment })`unshare ${namespaces} sh -c ${PROBE}`;
  if (probe.exitCode === 0) return undefined;
  return `the kernel does not allow what a host is made of: ${probe.stderr.trim().split('\n').at(-1)}`;
}
