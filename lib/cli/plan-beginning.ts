import { resolve } from 'node:path';
import { bind } from '../bind.ts';
import { sourceDigest } from '../load/source-digest.ts';
import { inputDigests } from '../plan/input-digests.ts';
import type { GivenOptions, KeptPlan } from '../plan/kept-plan.ts';
import type { Io } from './io.ts';
import type { Input } from './read-input.ts';
import { refuseTypedSecrets } from './refuse-typed-secrets.ts';
import { version } from './version.ts';

/**
 * What of a plan is known before there is any connection.
 * @param file the playbook, as it was given
 * @throws DabookError `usage` for a value of the command line that looks like a secret: it would be in the plan
 */
export async function planBeginning(
  io: Io,
  file: string,
  { playbook, inventory, extraVars }: Input,
  given: GivenOptions,
  key: Uint8Array,
): Promise<Omit<KeptPlan, 'tasks' | 'outcome'>> {
  await refuseTypedSecrets(given.extraVars, io.cwd());
  const { groups, vars } = await bind(playbook, inventory, extraVars);
  const hosts = Object.entries(groups).flatMap(([group, members]) =>
    members.map(({ host, vars }) => ({ name: host.name, group, vars, host })),
  );
  const byName = new Map<string, unknown>();
  for (const { name } of hosts) {
    const own = hosts.filter((one) => one.name === name);
    byName.set(name, [own[0]?.host.target, own[0]?.host.become, own.map(({ group, vars }) => [group, vars])]);
  }
  const order = Object.entries(groups).map(([group, members]) => [
    group,
    members.map(({ host }) => host.name),
  ]);
  return {
    format: 1,
    dabook: version(),
    madeAt: new Date().toISOString(),
    playbook: { name: playbook.name, file, digest: await sourceDigest(resolve(io.cwd(), file)) },
    given: {
      inventory: given.inventory,
      extraVars: given.extraVars,
      ...(given.limit === undefined ? {} : { limit: given.limit }),
      ...(given.user === undefined ? {} : { user: given.user }),
      ...(given.privateKey === undefined ? {} : { privateKey: given.privateKey }),
      ...(given.become ? { become: given.become } : {}),
      ...(given.askPass ? { askPass: given.askPass } : {}),
      ...(given.askBecomePass ? { askBecomePass: given.askBecomePass } : {}),
    },
    input: inputDigests({ vars, hosts: byName, order }, key),
  };
}
