import { fileURLToPath } from 'node:url';
import type { Measured } from './define-case.ts';
import type { Fleet } from './fleet/create-fleet.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command line of this checkout's dabook. */
export const dabook: readonly [string, string] = [process.execPath, `${root}bin/dabook.cjs`];

/** A file of `test/bench/jobs`. */
export function job(name: string): string {
  return fileURLToPath(new URL(`jobs/${name}`, import.meta.url));
}

/** Runs a playbook of `jobs` with dabook, as a user does. */
export async function runDabook(fleet: Fleet, playbook: string, measured: Measured, more: string[] = []) {
  await measured([...dabook, 'run', job(playbook), '-i', fleet.inventory, ...more]);
}

export interface AnsibleOptions {
  /** `mitogen_linear` is Mitogen; `linear` by default. */
  readonly strategy?: 'linear' | 'mitogen_linear';
  /** Hosts at once. */
  readonly forks: number;
}

/** What Ansible is told by its environment: where its settings are, the strategy and the forks. */
export function ansibleEnvironment({ strategy = 'linear', forks }: AnsibleOptions) {
  return {
    ANSIBLE_CONFIG: fileURLToPath(new URL('ansible.cfg', import.meta.url)),
    ANSIBLE_STRATEGY: strategy,
    ANSIBLE_FORKS: String(forks),
  };
}

/** Runs a playbook of `jobs` with Ansible, all hosts at once. */
export async function runAnsible(fleet: Fleet, playbook: string, measured: Measured) {
  const command = ['ansible-playbook', '-i', fleet.inventory, job(playbook)] as const;
  await measured(command, { env: ansibleEnvironment({ forks: fleet.hosts.length }) });
}

/** The same with Mitogen. */
export async function runMitogen(fleet: Fleet, playbook: string, measured: Measured) {
  const command = ['ansible-playbook', '-i', fleet.inventory, job(playbook)] as const;
  const env = ansibleEnvironment({ strategy: 'mitogen_linear', forks: fleet.hosts.length });
  await measured(command, { env });
}
