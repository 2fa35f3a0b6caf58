import type { Host } from './host.ts';
import type { Play } from './play.ts';
import type { OutputOf, Schema } from './schema.ts';

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
 */
export function playbook<const Groups extends GroupSchemas, Vars extends Schema = Schema<object>>(
  definition: PlaybookDefinition<Groups, Vars>,
  work: (context: PlaybookContext<Groups, Vars>) => Promise<void>,
): Playbook {
  const { name, groups, vars } = definition;
  // The run calls it with what these schemas gave, so the wider type says less, not something else.
  return { kind: 'dabook.playbook', name, groups, vars, work: work as unknown as Playbook['work'] };
}

/** Whether a module's default export is a playbook. */
export function isPlaybook(value: unknown): value is Playbook {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'dabook.playbook';
}
