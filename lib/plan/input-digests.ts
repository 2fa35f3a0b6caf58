import { createHmac } from 'node:crypto';
import { isRead, reveal, Secret } from '../secret.ts';
import type { KeptPlan } from './kept-plan.ts';

/** What a playbook is given, as far as a plan hangs on it. */
export interface PlanInput {
  readonly vars: unknown;
  /** Of each host that the playbook uses: all that is known of it. */
  readonly hosts: ReadonlyMap<string, unknown>;
  /** Of each group of the playbook: the names of its hosts in the order in which they are served. */
  readonly order: unknown;
}

/** Digests of what a playbook is given; without the key nobody finds out by trying what a secret in it is. */
export function inputDigests({ vars, hosts, order }: PlanInput, key: Uint8Array): KeptPlan['input'] {
  const digest = (value: unknown) =>
    createHmac('sha256', key)
      .update(`input\n${JSON.stringify(opened(value)) ?? ''}`)
      .digest('hex');
  return {
    vars: digest(vars),
    hosts: Object.fromEntries([...hosts].map(([name, value]) => [name, digest(value)])),
    order: digest(order),
  };
}

/** With the texts of secrets, and the entries of objects in one order. */
function opened(value: unknown): unknown {
  if (value instanceof Secret) return isRead(value) ? { secret: reveal(value) } : { secret: null };
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { date: value.getTime() };
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries
      .map(([name, item]) => [String(name), opened(item)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
