import { isRecord } from './equal.ts';
import { DabookError } from './errors.ts';
import { commandLine, type InputFault, type Position } from './input-fault.ts';
import { checkVars } from './inventory/check-vars.ts';
import { didYouMean } from './inventory/did-you-mean.ts';
import type { Inventory, InventoryHost } from './inventory/inventory.ts';
import type { Playbook } from './playbook.ts';
import { noFindings, review } from './review.ts';
import type { Schema, SchemaResult } from './schema.ts';

/** Variables from outside of the inventory, and where each stands. */
export interface ExtraVars {
  readonly vars: Readonly<Record<string, unknown>>;
  origin(path: readonly PropertyKey[]): Position | undefined;
}

/** A playbook's groups and variables, checked against its schemas. */
export interface Bound {
  readonly groups: Readonly<Record<string, readonly BoundHost[]>>;
  readonly vars: unknown;
  /** What the playbook's own review has to say, with its place. */
  readonly warnings: readonly string[];
}

export interface BoundHost {
  readonly host: InventoryHost;
  /** As the group's schema gave them. */
  readonly vars: unknown;
}

/**
 * Finds a playbook's groups in an inventory and checks all variables. `-e` wins over the inventory.
 * @throws DabookError `inventory` with every fault at once
 */
export async function bind(playbook: Playbook, inventory: Inventory, extra: ExtraVars): Promise<Bound> {
  const faults: InputFault[] = [];

  async function checked(schema: Schema, vars: Vars, what: string): Promise<unknown> {
    const { origin } = vars;
    const merged = { ...vars.vars, ...extra.vars };
    const originOf = (path: readonly PropertyKey[]) => extra.origin(path) ?? origin(path);
    const result = await checkVars(schema, await withTypedWords(schema, merged, extra.vars), originOf, what);
    if ('faults' in result) faults.push(...result.faults);
    return 'faults' in result ? undefined : result.value;
  }

  async function boundHosts(group: string, schema: Schema): Promise<readonly BoundHost[]> {
    const found = inventory.groups.get(group);
    if (found === undefined || found.hosts.length === 0) {
      faults.push(missingGroup(playbook, inventory, group));
      return [];
    }
    const members = new Set(found.hosts);
    const hosts = inventory.hosts.filter(({ name }) => members.has(name));
    return Promise.all(
      hosts.map(async (host) => ({ host, vars: await checked(schema, host, `host ${host.name}`) })),
    );
  }

  const groups = await Promise.all(
    Object.entries(playbook.groups).map(
      async ([group, schema]) => [group, await boundHosts(group, schema)] as const,
    ),
  );
  const all = inventory.groups.get('all') ?? { vars: {}, origin: () => undefined };
  const vars =
    playbook.vars === undefined ? {} : await checked(playbook.vars, all, `playbook "${playbook.name}"`);
  const outputs = [vars, ...groups.flatMap(([, hosts]) => hosts.map((host) => host.vars))];
  faults.push(...unknownVars(extra, outputs, inventory));
  const reviewed = faults.length > 0 ? noFindings : review(playbook, { groups, vars, all, extra });
  faults.push(...reviewed.faults);
  if (faults.length > 0) {
    throw new DabookError('inventory', `the input does not fit the playbook "${playbook.name}"`, { faults });
  }
  return { groups: Object.fromEntries(groups), vars, warnings: reviewed.warnings };
}

/** Most likely a mistyped name: what was meant would keep its old value without a word. */
function unknownVars(extra: ExtraVars, outputs: readonly unknown[], inventory: Inventory): InputFault[] {
  const known = new Set([
    ...[...outputs.filter(isRecord), ...[...inventory.groups.values()].map(({ vars }) => vars)].flatMap(
      Object.keys,
    ),
    // What is given is laid over every host's own, whether it has such a variable or not.
    ...inventory.hosts.flatMap(({ vars, origin }) =>
      Object.keys(vars).filter((name) => origin([name])?.file !== commandLine),
    ),
  ]);
  return Object.keys(extra.vars)
    .filter((name) => !known.has(name) && !name.startsWith('ansible_') && name !== 'hostKey')
    .map((name) => ({
      message: `-e ${name}: neither the playbook nor the inventory has a variable of that name`,
      position: extra.origin([name]),
      hint: didYouMean(name, known),
    }));
}

interface Vars {
  readonly vars: Readonly<Record<string, unknown>>;
  origin(path: readonly PropertyKey[]): Position | undefined;
}

function missingGroup(playbook: Playbook, inventory: Inventory, group: string): InputFault {
  const empty = inventory.groups.has(group);
  const others = [...inventory.groups.keys()].filter((name) => name !== 'all' && name !== 'ungrouped');
  return {
    message: `the playbook "${playbook.name}" needs the group "${group}", which the inventory ${empty ? 'leaves empty' : 'lacks'}`,
    position: inventory.groups.get('all')?.origin([]),
    hint: empty
      ? `put a host or more into "${group}"`
      : (didYouMean(group, others) ?? `the inventory's groups are: ${others.join(', ') || '(none)'}`),
  };
}

/**
 * `-e` gives words. Where a schema refuses one that reads as a number, a boolean or null, it is given as
 * that; a schema that takes texts gets the word as it is.
 */
async function withTypedWords(
  schema: Schema,
  merged: Readonly<Record<string, unknown>>,
  words: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  if (Object.keys(words).length === 0) return merged;
  const result = await validated(schema, merged);
  if (result?.issues === undefined) return merged;
  const refused = new Set(result.issues.map(({ path }) => keyOf(path?.[0])));
  const typed = Object.entries(words).flatMap(([name, word]) =>
    refused.has(name) && typeof word === 'string' && /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?)$/.test(word)
      ? [[name, JSON.parse(word)] as const]
      : [],
  );
  return { ...merged, ...Object.fromEntries(typed) };
}

/** What a schema says; nothing of one that fails itself, which is told where its values are made. */
async function validated(schema: Schema, vars: unknown): Promise<SchemaResult<unknown> | undefined> {
  try {
    return await schema['~standard'].validate(vars);
  } catch {
    return undefined;
  }
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey } | undefined): PropertyKey | undefined {
  return typeof segment === 'object' ? segment.key : segment;
}
