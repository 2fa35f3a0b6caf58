import { execFile } from 'node:child_process';
import { z } from 'zod';
import { createAsk } from '../../lib/ask.ts';
import type { DabookError } from '../../lib/errors.ts';
import type { Change, Event, TaskStatus } from '../../lib/events.ts';
import type { Ask } from '../../lib/fact.ts';
import { createGathering } from '../../lib/gathering.ts';
import type { Machine } from '../../lib/machine.ts';
import type { Hosts } from '../../lib/playbook.ts';
import { playbook } from '../../lib/playbook.ts';
import type { ExecResult, Session, Target } from '../../lib/transport/session.ts';
import { run } from '../canary/run.ts';

/** Hosts that a test runs tasks on, and the way to them. */
export interface Rig {
  readonly targets: readonly Target[];
  readonly become: boolean;
  readonly connect: (target: Target) => Promise<Session>;
}

/** What came of it, as the engine told it. */
export interface Told<R> {
  readonly result: R | undefined;
  readonly error: DabookError | undefined;
  readonly events: readonly Event[];
  /** How each task ended, in order. */
  readonly statuses: readonly TaskStatus[];
  /** Every planned change, and every planned step as shown. */
  readonly changes: readonly Change[];
  readonly planned: readonly string[];
  /** Every step that was performed, as shown. */
  readonly performed: readonly string[];
}

/** Runs tasks on hosts with the real engine. What the work throws is in `error`. */
export async function onHosts<R>(
  { targets, become, connect }: Rig,
  work: (hosts: Hosts<object>) => Promise<R>,
  { check = false } = {},
): Promise<Told<R>> {
  const events: Event[] = [];
  let result: R | undefined;
  let error: DabookError | undefined;
  const book = playbook({ name: 'rig', groups: { all: z.object({}) } }, async ({ groups }) => {
    try {
      result = await work(groups.all);
    } catch (thrown) {
      error = thrown as DabookError;
    }
  });
  const origin = () => undefined;
  const names = targets.map(({ name }) => name);
  const hosts = targets.map((target) => ({
    name: target.name,
    groups: ['all'],
    vars: {},
    origin,
    become,
    target,
  }));
  const all = { name: 'all', children: [], hosts: names, vars: {}, origin };
  const inventory = { hosts, groups: new Map([['all', all]]) };
  await run(book, inventory, { connect, onEvent: (event) => events.push(event), check });
  return {
    result,
    error,
    events,
    statuses: events.flatMap((event) => (event.type === 'task.ended' ? event.status : [])),
    changes: events.flatMap((event) => (event.type === 'task.planned' ? event.changes : [])),
    planned: events.flatMap((event) => (event.type === 'task.planned' ? event.steps : [])),
    performed: events.flatMap((event) =>
      event.type === 'command.ended' && event.purpose === 'step' ? event.shown : [],
    ),
  };
}

/** Something that asks by the shell it is given, such as `/usr/bin/busybox sh`, with the programs of one folder only. */
export function askBy(shell: readonly [string, ...string[]], path: string): Ask {
  const [program, ...words] = shell;
  const exec: Machine['exec'] = (command, _asker, _shown, stdin) =>
    new Promise<ExecResult>((done) => {
      const child = execFile(
        program,
        [...words, '-c', command],
        { env: { PATH: path }, encoding: 'buffer' },
        (error, stdout, stderr) =>
          done({ status: error === null ? 0 : Number(error.code ?? 255), stdout, stderr, trip: 1 }),
      );
      // A command need not read what it is given.
      child.stdin?.on('error', () => {});
      child.stdin?.end(stdin);
    });
  return createAsk(machineOf(exec), { become: false });
}

/** Something that asks a scripted Docker Engine: an answer for each path, a 404 for any other. */
export function askEngine(answers: Readonly<Record<string, unknown>>, name = 'ha1'): Ask {
  const docker = async ({ path }: { path: string }) => {
    const answer = answers[path];
    if (answer instanceof Error)
      return { status: 503, body: Buffer.from(JSON.stringify({ message: answer.message })), trip: 1 };
    const body = Buffer.from(JSON.stringify(answer ?? {}));
    return { status: answer === undefined ? 404 : 200, body, trip: 1 };
  };
  return createAsk({ ...machineOf(never), name, docker }, { become: true });
}

const never = () => Promise.reject(new Error('not asked here'));

function machineOf(exec: Machine['exec']): Machine {
  return {
    name: 'here',
    foreseen: new Map(),
    gathering: createGathering(),
    changes: { count: 0, underWay: 0, lockedAt: 0 },
    actsAsRoot: false,
    engineTakesRoot: undefined,
    roundTrips: 0,
    learn: () => {},
    exclusively: <T>(work: () => Promise<T>) => work(),
    exec,
    docker: never,
    lock: async () => {},
    unlock: async () => {},
    engine: () => () => Promise.reject(new Error('not asked here')),
    stop: async () => {},
    close: async () => {},
  };
}
