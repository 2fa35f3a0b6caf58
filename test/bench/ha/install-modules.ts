import { existsSync } from 'node:fs';
import { environment, sh } from '../../lab/shell.ts';
import { underLock } from '../../lab/under-lock.ts';

const site = '/usr/lib/python3/dist-packages';

/** What Ansible's modules for docker and XML need, and the Debian package that brings each. */
const packageOf: Readonly<Record<string, string>> = {
  [`${site}/ansible_collections/community/docker`]: 'ansible',
  [`${site}/docker`]: 'python3-docker',
  [`${site}/jsondiff`]: 'python3-jsondiff',
  [`${site}/lxml`]: 'python3-lxml',
  [`${site}/yaml`]: 'python3-yaml',
};

/**
 * Installs what is missing of them with apt-get. The lab's hosts have what this machine has.
 * @throws Error where something is missing and cannot be installed
 */
export async function installModules(tell: (line: string) => void): Promise<void> {
  await underLock('packages', async () => {
    const missing = Object.entries(packageOf).flatMap(([path, name]) => (existsSync(path) ? [] : [name]));
    if (missing.length === 0) return;
    tell(`Installing ${missing.join(', ')}`);
    const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const install = await sh({
      nothrow: true,
      env,
    })`apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends ${missing}`;
    if (install.exitCode === 0) return;
    throw new Error(`the case needs the Debian packages ${missing.join(', ')}:\n${install.stderr.trim()}`);
  });
}
