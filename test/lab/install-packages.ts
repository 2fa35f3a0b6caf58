import { existsSync } from 'node:fs';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { environment, sh } from './shell.ts';
import { underLock } from './under-lock.ts';

/** The commands that the lab calls, and the Debian package that brings each. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  dockerd: 'docker.io',
  docker: 'docker.io',
  containerd: 'containerd',
  runc: 'runc',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  iptables: 'iptables',
  sudo: 'sudo',
  busybox: 'busybox-static',
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  tar: 'tar',
  // For the tests of what shells make of values.
  zsh: 'zsh',
};

const POLICY = '/usr/sbin/policy-rc.d';
const GUARD = '#!/bin/sh\n# dabook lab: no service is started while packages are installed\nexit 101\n';

/** Where a command is, as a host of the lab would find it. */
export async function commandPath(command: string): Promise<string | undefined> {
  for (const folder of environment.PATH.split(':')) {
    const found = await access(`${folder}/${command}`, 1).then(
      () => true,
      () => false,
    );
    if (found) return `${folder}/${command}`;
  }
  return undefined;
}

/** The Debian packages that the lab needs and that are not installed, sorted. */
export async function missingPackages(): Promise<string[]> {
  const missing = new Set<string>();
  for (const [command, name] of Object.entries(PACKAGE_OF)) {
    const path = await commandPath(command);
    // Images hold nothing but busybox, so one that needs a loader is of no use.
    const usable =
      path !== undefined && (command !== 'busybox' || !(await readFile(path)).includes('/ld-linux'));
    if (!usable) missing.add(name);
  }
  return [...missing].sort();
}

/**
 * Installs what is missing with apt-get, without starting any of it on the machine itself.
 * @param tell is given one line when there is something to install
 * @throws Error with apt-get's own last lines
 */
export async function installPackages(tell: (line: string) => void): Promise<void> {
  await underLock('packages', async () => {
    const missing = await missingPackages();
    if (missing.length === 0) return;
    tell(`Installing ${missing.join(', ')}`);
    await withoutServices(async (prefix) => {
      const update = await sh({ nothrow: true })`apt-get -q update`;
      const apt = sh({ nothrow: true, env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' } });
      const install =
        await apt`${prefix} apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends ${missing}`;
      if (install.exitCode === 0 && (await missingPackages()).length === 0) return;
      const said = `${update.stderr}${install.stderr}`.trim().split('\n').slice(-5).join('\n');
      throw new Error(
        `the lab needs the Debian packages ${missing.join(', ')}, and apt-get did not install them:\n${said}`,
      );
    });
  });
}

/**
 * Debian's hook against starting services. A policy that the machine has already is covered by a mount that
 * only apt-get sees, so that being killed cannot lose it; where there is none, one is there for the time being.
 */
async function withoutServices(work: (prefix: string[]) => Promise<void>): Promise<void> {
  const present = existsSync(POLICY) && (await readFile(POLICY, 'utf8')) !== GUARD;
  if (present) {
    const script = 'printf %s "$1" > /run/dabook-lab-policy && chmod 755 /run/dabook-lab-policy';
    await sh`sh -c ${script} sh ${GUARD}`;
    const bind = `mount --bind /run/dabook-lab-policy ${POLICY} && exec "$@"`;
    return work(['unshare', '--mount', 'sh', '-c', bind, 'sh']).finally(() =>
      rm('/run/dabook-lab-policy', { force: true }),
    );
  }
  await writeFile(POLICY, GUARD, { mode: 0o755 });
  await work([]).finally(() => rm(POLICY, { force: true }));
}
