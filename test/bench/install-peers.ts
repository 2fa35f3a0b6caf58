import { existsSync } from 'node:fs';
import { environment, sh } from '../lab/shell.ts';
import { underLock } from '../lab/under-lock.ts';

/** What the peers are, and the Debian package that brings each. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  '/usr/bin/ansible-playbook': 'ansible-core',
  '/usr/lib/python3/dist-packages/ansible_mitogen': 'ansible-mitogen',
  '/usr/lib/python3/dist-packages/mitogen': 'python3-mitogen',
  '/usr/bin/ssh': 'openssh-client',
  '/usr/sbin/sshd': 'openssh-server',
  '/usr/bin/python3': 'python3',
  '/usr/bin/unshare': 'util-linux',
};

function missingPeers(): string[] {
  return Object.keys(PACKAGE_OF)
    .filter((path) => !existsSync(path))
    .map((path) => PACKAGE_OF[path] ?? '')
    .sort();
}

/**
 * Installs what is missing of the peers with apt-get; Debian's sshd is not started by that.
 * @throws Error where something is missing and cannot be installed
 */
export async function installPeers(tell: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('the benchmark needs root, for namespaces and mounts');
  await underLock('packages', async () => {
    const missing = missingPeers();
    if (missing.length === 0) return;
    tell(`Installing ${missing.join(', ')}`);
    // RUNLEVEL=1 is Debian's way to say: start no service of what is installed.
    const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const apt = sh({ nothrow: true, env });
    await apt`apt-get -q update`;
    const install =
      await apt`apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends ${missing}`;
    if (install.exitCode === 0 && missingPeers().length === 0) return;
    const said = install.stderr.trim().split('\n').slice(-5).join('\n');
    throw new Error(`the benchmark needs the Debian packages ${missing.join(', ')}:\n${said}`);
  });
}
