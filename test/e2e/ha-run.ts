import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { Event } from '../../lib/events.ts';
import type { Lab } from '../lab/lab.ts';
import { dabook, type Ran } from './dabook.ts';

const playbooks = fileURLToPath(new URL('../../playbooks', import.meta.url));

/**
 * Runs one of the project's playbooks against a lab as an operator types it, from the lab's own folder: the
 * answers file and the backups go there, and go with it.
 */
export function runPlaybook(
  lab: Lab,
  playbook: 'ha.ts' | 'ha-rollback.ts' | 'ha-failover-test.ts',
  options: readonly string[],
  settings: { readonly inventory?: string; readonly input?: string } = {},
): Promise<Ran> {
  const { inventory = lab.inventoryFile, input } = settings;
  // What is steady for three seconds will do here, where half a minute is right for the product.
  const quick = ['-e', 'stable_for=3', '-e', 'answer_timeout=10'];
  return dabook(['run', join(playbooks, playbook), '-i', inventory, '--yes', ...quick, ...options], {
    cwd: lab.dir,
    ...(input === undefined ? {} : { input }),
  });
}

export function ha(lab: Lab, ...options: readonly string[]): Promise<Ran> {
  return runPlaybook(lab, 'ha.ts', options);
}

export interface Inventory {
  readonly all: {
    readonly vars: Record<string, unknown> & { readonly services: Record<string, Record<string, unknown>> };
    readonly children: {
      readonly manager: { readonly hosts: Record<string, Record<string, unknown>> };
      readonly workers: { readonly hosts: Record<string, Record<string, unknown>> };
    };
  };
}

/** The lab's inventory with something changed, in a file of its own. */
export async function inventoryWith(lab: Lab, change: (inventory: Inventory) => void): Promise<string> {
  const inventory = parse(await readFile(lab.inventoryFile, 'utf8')) as Inventory;
  change(inventory);
  const file = join(lab.dir, 'changed.yml');
  await writeFile(file, stringify(inventory));
  return file;
}

/** Answers as the administration page would give them: ids from 11 on, in order of the names given. */
export async function answersFile(lab: Lab, names: readonly string[]): Promise<string> {
  const ids = Object.fromEntries(names.map((name, index) => [name, 11 + index]));
  const file = join(lab.dir, 'given.yml');
  await writeFile(file, stringify({ answers: { ...ids, done: true } }));
  return file;
}

/** What would be changed or was, in order: `ha1 labelNode label node ha2`. */
export function changesIn(events: readonly Event[]): readonly string[] {
  const isCheck = events.some((event) => event.type === 'run.started' && event.check);
  const statuses = isCheck ? ['would-change', 'waiting'] : ['changed'];
  return events.flatMap((event) =>
    event.type === 'task.ended' && statuses.includes(event.status)
      ? [`${event.host} ${event.name} ${event.title}`]
      : [],
  );
}

/** The warnings of a run. */
export function warningsIn(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}
