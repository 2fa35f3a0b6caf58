import { isRecord } from './equal.ts';
import type { Host } from './host.ts';
import type { Position } from './input-fault.ts';
import type { Play } from './play.ts';
import { isSchema, type OutputOf, type Schema } from './schema.ts';

/** The hosts of a group: at least one, so that `[manager]` is a host. */
export type Hosts<Vars> = readonly [Host<Vars>, ...Host<Vars>[]];

export type GroupSchemas = Readonly<Record<string, Schema>>;

/** What a playbook asks for: groups with the schema of their hosts' variables, and variables of its own. */
export interface PlaybookDefinition<Groups extends GroupSchemas, Vars extends Schema> {
  readonly name: string;
  /** The inventory must have each of these groups, with a host or more. */
  readonly groups: Groups;
  /** From the inventory's `all` group and from `-e`. */
  readonly vars?: Vars;
  /**
   * Holds what was given against itself, before anything is connected to: what no schema of one host can
   * see, such as an id that two hosts have. Whatever it finds is told at once, with its place in the input.
   */
  readonly review?: (given: Given<Groups, Vars>, found: Findings) => void;
}

/** What a playbook was given, each thing with its place in the input. */
export interface Given<Groups extends GroupSchemas, Vars extends Schema> {
  readonly groups: {
    readonly [G in keyof Groups]: readonly [
      GivenHost<OutputOf<Groups[G]>>,
      ...GivenHost<OutputOf<Groups[G]>>[],
    ];
  };
  readonly vars: OutputOf<Vars>;
  /** Where a variable of the playbook stands. @example at('services', 'policy1', 'id') */
  readonly at: (...path: readonly (string | number)[]) => Position | undefined;
}

/** A host of the inventory, before there is any connection. */
export interface GivenHost<Vars> {
  readonly name: string;
  readonly vars: Vars;
  /** Where a variable of this host stands; without any, where the host itself does. */
  readonly at: (...path: readonly (string | number)[]) => Position | undefined;
}

/** What a review found. */
export interface Findings {
  /** The run does not begin. */
  fault(message: string, place?: Position, hint?: string): void;
  /** The run begins, and its operator is told. */
  warn(message: string, place?: Position): void;
}

/** What a playbook's function is given. */
export interface PlaybookContext<Groups extends GroupSchemas, Vars extends Schema> {
  readonly groups: { readonly [G in keyof Groups]: Hosts<OutputOf<Groups[G]>> };
  readonly vars: OutputOf<Vars>;
  readonly play: Play;
  /** True in check mode. Rarely needed: tasks do not write then. */
  readonly check: boolean;
  /** Tells the operator something that matters, such as what was assumed. */
  readonly warn: (message: string) => void;
}

/** A playbook: what it asks for, and what it does. */
export interface Playbook {
  readonly kind: 'dabook.playbook';
  readonly name: string;
  readonly groups: GroupSchemas;
  readonly vars: Schema | undefined;
  readonly review: ((given: Given<GroupSchemas, Schema>, found: Findings) => void) | undefined;
  readonly work: (context: PlaybookContext<GroupSchemas, Schema>) => Promise<void>;
}

/**
 * Makes a playbook; a playbook file exports one as its default.
 * @example
 * export default playbook(
 *   { name: 'Greeting', groups: { web: z.object({ motd: z.string() }) } },
 *   async ({ groups: { web }, play }) => {
 *     await play('Set the message of the day', web, (host) =>
 *       host.run(copyFile({ content: host.vars.motd, dest: '/etc/motd', mode: '0644' })))
 *   })
 * @throws TypeError for what no playbook is made of, which types tell before where they are checked
 */
export function playbook<const Groups extends GroupSchemas, Vars extends Schema = Schema<object>>(
  definition: PlaybookDefinition<Groups, Vars>,
  work: (context: PlaybookContext<Groups, Vars>) => Promise<void>,
): Playbook {
  refuseMalformed(definition);
  const { name, groups, vars, review } = definition;
  if (typeof work !== 'function') throw new TypeError('a playbook takes a function that does its work');
  // The run calls them with what these schemas gave, so the wider types say less, not something else.
  return {
    kind: 'dabook.playbook',
    name,
    groups,
    vars,
    review: review as unknown as Playbook['review'],
    work: work as unknown as Playbook['work'],
  };
}

/** For playbooks that nothing has type checked. */
function refuseMalformed({
  name,
  groups,
  vars,
  review,
}: {
  name: unknown;
  groups: unknown;
  vars?: unknown;
  review?: unknown;
}) {
  if (typeof name !== 'string') throw new TypeError('a playbook has a name, which is a string');
  if (!isRecord(groups)) throw new TypeError(`the groups of the playbook "${name}" are an object of schemas`);
  for (const [group, schema] of Object.entries(groups)) {
    if (!isSchema(schema))
      throw new TypeError(
        `group ${group} of the playbook "${name}" has no schema for the variables of its hosts, such as z.looseObject({})`,
      );
  }
  if (vars !== undefined && !isSchema(vars))
    throw new TypeError(`the vars of the playbook "${name}" are no schema, such as z.object({})`);
  if (review !== undefined && typeof review !== 'function')
    throw new TypeError(`the review of the playbook "${name}" is no function`);
}

/** Whether a module's default export is a playbook. */
export function isPlaybook(value: unknown): value is Playbook {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'dabook.playbook';
}
