import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import type { Host } from '../../lib/host.ts';
import { playbook } from '../../lib/playbook.ts';
import type { Task } from '../../lib/task.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { run } from '../canary/run.ts';
import { inventoryOf } from '../engine/settings.ts';
import type { Lab } from '../lab/lab.ts';

export interface Ran {
  readonly outcome: string;
  readonly events: readonly Event[];
  /** What each task came to: name and status. */
  readonly ended: readonly string[];
  /** Every change that was planned: path, from, to. */
  readonly changes: readonly string[];
  readonly steps: readonly string[];
  /** The messages and hints of what failed. */
  readonly faults: readonly string[];
}

/** An image that each host of a lab has. */
export const image = 'dabook.test/da/policy-service:6.0.5.60259';

/** What tests of stacks do on the first host of a lab by other ways than dabook: commands as root, and files in a folder. */
export function byHand(lab: Lab, dir: string) {
  const sh = (command: string, input?: string) => lab.root(1, command, input).text();
  return {
    sh,
    /** Writes a file, below folders that need not be there. */
    write: (file: string, text: string) =>
      sh(`mkdir -p "$(dirname ${dir}/${file})"; cat > ${dir}/${file}`, text),
  };
}

/** Runs tasks on a host of the lab, as the login user behind sudo, by the engine and over SSH. */
export async function onLab(
  lab: Lab,
  tasks: readonly Task<unknown>[] | ((host: Host) => Promise<unknown>),
  { check = false, host = 1 }: { readonly check?: boolean; readonly host?: number } = {},
): Promise<Ran> {
  const name = lab.hosts[host - 1]?.name ?? '';
  const transport = createSshTransport({ home: lab.dir, user: 'deploy', configFile: lab.sshConfigFile });
  const events: Event[] = [];
  const book = playbook(
    { name: 'stack', groups: { hosts: z.looseObject({}) } },
    async ({ groups: { hosts }, play }) => {
      await play(
        'stack',
        hosts,
        async (each) => (typeof tasks === 'function' ? tasks(each) : each.run(tasks)),
        { become: true },
      );
    },
  );
  const { outcome } = await run(book, inventoryOf({ hosts: [name] }), {
    connect: (target) => transport.connect(target),
    onEvent: (event) => events.push(event),
    check,
  });
  const of = <T extends Event['type']>(type: T) =>
    events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
  return {
    outcome,
    events,
    ended: of('task.ended').map((event) => `${event.name} ${event.status}`),
    changes: of('task.planned')
      .flatMap((event) => event.changes)
      .map(
        ({ path, from, to }) => `${path}: ${JSON.stringify(from ?? null)} -> ${JSON.stringify(to ?? null)}`,
      ),
    steps: of('task.planned').flatMap((event) => event.steps),
    faults: of('task.ended').flatMap(({ fault, note }) => [
      ...(fault
        ? [
            `${fault.code}: ${fault.message}`,
            ...(fault.hint ? [fault.hint] : []),
            ...(fault.command ? [fault.command.stderr] : []),
          ]
        : []),
      ...(note ? [note] : []),
    ]),
  };
}
