import type { Event } from '../../lib/events.ts';
import { exec, fact, sh, type Task, task } from '../../lib/index.ts';
import type { Inventory, InventoryHost } from '../../lib/inventory/inventory.ts';
import type { Playbook } from '../../lib/playbook.ts';
import type { RunOptions } from '../../lib/run.ts';
import type { Session, Target } from '../../lib/transport/session.ts';
import { run } from '../canary/run.ts';

/** A host of the tests: settings that commands `get NAME` read and `set NAME VALUE` write. */
export interface FakeHost {
  readonly settings: Record<string, string>;
  /** Every command in order, and each write (a tick's worth of commands) as a list. */
  readonly asked: string[];
  readonly writes: string[][];
  /** Called before a command is answered; may change the settings or throw. */
  onCommand?: (command: string) => void | Promise<void>;
  connections: number;
}

export function fakeHost(settings: Record<string, string> = {}): FakeHost {
  return { settings: { ...settings }, asked: [], writes: [], connections: 0 };
}

/** Reads a setting; `undefined` where it is not set. */
export const setting = (name: string) =>
  fact({
    key: ['setting', name],
    read: async (ask) => (await ask.sh(sh`get ${name}`)).stdout.trim() || undefined,
  });

/** A setting should have a value. */
export const set = task('set', {
  title: (a: { name: string; value: string; timeout?: number }) => `set ${a.name}`,
  fact: (a) => setting(a.name),
  want: (_now, a) => a.value,
  steps: (_now, want, a) => [exec(sh`set ${a.name} ${want ?? ''}`)],
  settle: (a) => ({ timeout: a.timeout ?? 0, interval: 0.01 }),
});

function connectTo(hosts: Record<string, FakeHost>) {
  return async (target: Target): Promise<Session> => {
    const host = hosts[target.name];
    if (!host) throw new Error(`no host ${target.name}`);
    host.connections += 1;
    const before = host.writes.length;
    let tick: string[] | undefined;
    return {
      async exec(command) {
        host.asked.push(command);
        if (!tick) {
          tick = [];
          host.writes.push(tick);
          setImmediate(() => {
            tick = undefined;
          });
        }
        tick.push(command);
        const trip = host.writes.length - before;
        await new Promise((done) => setImmediate(done));
        await host.onCommand?.(command);
        const [verb, name = '', value = ''] = command.replaceAll("'", '').split(' ');
        if (verb === 'fail') return { ...answer(3, '', 'it is broken\n'), trip };
        if (verb === 'set') host.settings[name] = value;
        return { ...answer(0, verb === 'get' ? (host.settings[name] ?? '') : '', ''), trip };
      },
      docker: async () => ({ status: 501, body: Buffer.from('{"message":"no engine here"}'), trip: 1 }),
      accompany: () => Promise.reject(new Error('no companion here')),
      close: async () => {},
    };
  };
}

function answer(status: number, stdout: string, stderr: string) {
  return { status, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
}

/** An inventory of named groups; every host has the same variables. */
export function inventoryOf(
  groups: Record<string, readonly string[]>,
  vars: Record<string, unknown> = {},
): Inventory {
  const names = [...new Set(Object.values(groups).flat())];
  const origin = () => undefined;
  const hosts = names.map(
    (name): InventoryHost => ({
      name,
      groups: ['all', ...Object.keys(groups).filter((group) => groups[group]?.includes(name))],
      vars,
      origin,
      become: false,
      target: { name, address: name, connection: 'ssh' },
    }),
  );
  const all = { name: 'all', children: Object.keys(groups), hosts: names, vars: {}, origin };
  const others = Object.entries(groups).map(([name, members]) => ({
    name,
    children: [],
    hosts: members,
    vars: {},
    origin,
  }));
  return { hosts, groups: new Map([all, ...others].map((group) => [group.name, group])) };
}

/** Runs a playbook against fake hosts and keeps its events. */
export async function runWith(
  book: Playbook,
  hosts: Record<string, FakeHost>,
  groups: Record<string, readonly string[]>,
  options: Partial<RunOptions> & { vars?: Record<string, unknown> } = {},
) {
  const events: Event[] = [];
  const { vars, ...others } = options;
  const outcome = await run(book, inventoryOf(groups, vars), {
    connect: connectTo(hosts),
    onEvent: (event) => events.push(event),
    ...others,
  });
  return { ...outcome, events };
}

/** The events of one type. */
export function only<T extends Event['type']>(
  events: readonly Event[],
  type: T,
): Extract<Event, { type: T }>[] {
  return events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
}

export type AnyTask = Task<unknown>;
