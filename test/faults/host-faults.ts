import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../../lib/events.ts';
import type { Lab } from '../lab/lab.ts';
import { differences, type EndState, endStateOf } from './end-state.ts';
import { haJob } from './ha-job.ts';
import { type Job, notConverged, unlessWell } from './job.ts';
import { hostProcesses, leftoversOn } from './leftovers.ts';
import type { Part } from './part.ts';
import { type EndedRun, startRun } from './started-run.ts';
import { share, withLabs } from './with-labs.ts';

/** One fault of a host in the middle of the HA job. */
interface Fault {
  readonly name: string;
  /** When it is made; at once where nothing is said. */
  readonly when?: (event: Event) => boolean;
  /** Makes it, and mends it in its own time. */
  make(lab: Lab): Promise<void>;
  /** Mends it when the run has ended. */
  heal?(lab: Lab): Promise<void>;
  /** Exit statuses that are right. */
  readonly ends: readonly (number | string)[];
  /** What the run has to tell. */
  readonly tells?: (ended: EndedRun, madeAt: number) => readonly string[];
  /** The host that has the fault; 2 by default. */
  readonly host?: number;
  /** Options of the controller's Node. */
  readonly node?: readonly string[];
  /** Whether the job is refused before anything is written. */
  readonly writesNothing?: true;
}

const stepOn =
  (host: string, shown: RegExp) =>
  (event: Event): boolean =>
    event.type === 'step.started' && event.host === host && shown.test(event.shown);

const removal = stepOn('ha2', /^remove service/);
const configured = stepOn('ha2', /LocalConfiguration/);

/** Ends on ha2 what ends with the connections of a host: its sshd, the sessions, and all that was started in them. */
export async function killSshd(lab: Lab): Promise<void> {
  for (const { pid, shown } of hostProcesses(lab, 2)) {
    if (!/^(\S*sshd|sudo|sh -c|-?\S*sh\b|sleep|docker )/.test(shown) || /host-init/.test(shown)) continue;
    kill(pid, 'SIGKILL');
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Starts it again. */
export async function startSshd(lab: Lab): Promise<void> {
  await lab.root(2, 'mkdir -p /run/sshd && /usr/sbin/sshd </dev/null >/dev/null 2>&1');
}

function engineOf(lab: Lab, host: number): { readonly pid: number; readonly args: readonly string[] } {
  const found = hostProcesses(lab, host).find(({ shown }) => shown.startsWith('dockerd '));
  if (found === undefined) throw new Error(`there is no dockerd on ha${host}`);
  const args = readFileSync(`/proc/${found.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  return { pid: found.pid, args };
}

async function restartEngine(lab: Lab, host: number, seconds: number): Promise<void> {
  const { pid, args } = engineOf(lab, host);
  kill(pid, 'SIGKILL');
  await sleep(seconds * 1000);
  const start = `rm -f /run/docker.pid /var/run/docker.pid; setsid ${args.join(' ')} </dev/null >>/var/log/dockerd.log 2>&1 &`;
  await lab.root(host, start);
  await lab.root(
    host,
    'for i in $(seq 300); do docker info >/dev/null 2>&1 && exit; sleep 0.2; done; exit 1',
  );
}

async function freezeEngine(lab: Lab, host: number, seconds: number): Promise<void> {
  const { pid } = engineOf(lab, host);
  kill(pid, 'SIGSTOP');
  await sleep(seconds * 1000);
  kill(pid, 'SIGCONT');
}

const small = '/opt/nexus/config/policy-service';

/** A Node that thinks it is an hour later, from so many milliseconds after its start. */
function clockAhead(milliseconds: number): readonly string[] {
  const shim = `const real = Date.now, R = Date; let off = 0; setTimeout(() => { off = 3600e3; }, ${milliseconds}).unref(); class D extends R { constructor(...a) { a.length ? super(...a) : super(real() + off); } static now() { return real() + off; } } globalThis.Date = D;`;
  return [`--import=data:text/javascript,${encodeURIComponent(shim)}`];
}

/** Seconds until the loss of a host's connection was told. */
const noticedWithin =
  (seconds: number) =>
  ({ events }: EndedRun, madeAt: number): readonly string[] => {
    const lost = events.find((event) => event.type === 'host.lost' && event.host === 'ha2');
    if (lost === undefined) return ['that the connection was lost is not told'];
    const took = (Date.parse(lost.at) - madeAt) / 1000;
    return took <= seconds ? [] : [`the loss was noticed after ${took.toFixed(1)} s`];
  };

const told =
  (pattern: RegExp) =>
  (ended: EndedRun): readonly string[] =>
    pattern.test(faultsIn(ended).join('\n')) ? [] : [`it does not say why: ${faultsIn(ended).join(' | ')}`];

const faults: readonly Fault[] = [
  {
    name: 'sshd and all its children killed, started again 2 s later',
    when: removal,
    make: async (lab) => {
      await killSshd(lab);
      await sleep(2000);
      await startSshd(lab);
    },
    ends: [0],
    tells: noticedWithin(15),
  },
  {
    name: 'sshd and its children killed for good, until after the run',
    when: configured,
    make: killSshd,
    heal: startSshd,
    ends: [4],
    tells: noticedWithin(15),
  },
  {
    name: 'the link cut for 30 s',
    when: removal,
    make: async (lab) => {
      await lab.cut(2);
      await sleep(30_000);
      await lab.heal(2);
    },
    ends: [0],
    tells: noticedWithin(15),
  },
  {
    name: "a worker's dockerd killed, started again 3 s later",
    when: removal,
    make: (lab) => restartEngine(lab, 2, 3),
    ends: [0, 1],
  },
  {
    name: "the manager's dockerd killed, started again 3 s later",
    when: stepOn('ha1', /^label node/),
    make: (lab) => restartEngine(lab, 1, 3),
    ends: [0, 1, 5],
    host: 1,
  },
  {
    name: "a worker's dockerd frozen for 30 s",
    when: removal,
    make: (lab) => freezeEngine(lab, 2, 30),
    ends: [0, 1],
  },
  {
    name: 'sudo revoked, and the connection lost',
    when: removal,
    make: async (lab) => {
      await lab.root(2, 'mv /etc/sudoers.d/dabook-lab /root/sudoers-saved');
      await killSshd(lab);
      await startSshd(lab);
    },
    heal: async (lab) => void (await lab.root(2, 'mv /root/sudoers-saved /etc/sudoers.d/dabook-lab')),
    ends: [1],
    tells: told(/sudo/),
  },
  {
    name: 'a full disk',
    make: async (lab) =>
      void (await lab.root(
        2,
        `cp -a ${small} /root/saved && mount -t tmpfs -o size=64k,mode=750 tmpfs ${small} && cp -a /root/saved/. ${small}/ && cat /dev/zero >/${small}/filler 2>/dev/null; chown 1003:1003 ${small}; rm -r /root/saved; true`,
      )),
    heal: async (lab) => void (await lab.root(2, `rm ${small}/filler`)),
    ends: [1],
    tells: told(/there is (no )?room/),
  },
  {
    name: "the host's date an hour ahead",
    make: async (lab) =>
      void (await lab.root(
        2,
        `cp /bin/date /bin/date.real && printf '#!/bin/sh\\nexec /bin/date.real -d "+1 hour" "$@"\\n' >/root/date && chmod 755 /root/date && mv /root/date /bin/date`,
      )),
    heal: async (lab) => void (await lab.root(2, 'mv /bin/date.real /bin/date')),
    ends: [1],
    tells: told(/clock of ha2 is 3[56]\d\d\.\d s ahead/),
    writesNothing: true,
  },
  {
    name: "the controller's clock an hour ahead of all hosts",
    make: async () => {},
    node: clockAhead(0),
    ends: [0],
  },
  {
    name: "the controller's clock set an hour ahead 8 s into the run",
    make: async () => {},
    node: clockAhead(8000),
    ends: [0],
  },
];

/** Faults of hosts in the middle of the HA job, each from the starting state; then one run converges. */
export const hostFaults: Part = ({ report, labs: count, only }) =>
  withLabs(count, async (labs) => {
    const workers = await Promise.all(
      labs.map(async (lab) => {
        const job = await haJob(lab);
        const ran = await job.run();
        report.told('an undisturbed run', unlessWell('it', ran));
        return { job, wanted: await endStateOf(lab) };
      }),
    );
    const chosen = faults.filter((_, index) => only === undefined || only.includes(index + 1));
    await share(workers, chosen, async ({ job, wanted }, fault) => {
      const { found, figures } = await tryFault(job, fault, wanted);
      report.told(fault.name, found, figures);
    });
  });

async function tryFault(job: Job, fault: Fault, wanted: EndState) {
  const { lab, playbook, options } = job;
  await job.reset();
  const start = fault.writesNothing && (await endStateOf(lab));
  let made: Promise<void> | undefined;
  let madeAt = 0;
  const make = () => {
    madeAt = Date.now();
    made = fault.make(lab);
    // Its failure is told where it is waited for.
    made.catch(() => {});
  };
  if (fault.when === undefined) {
    make();
    await made;
  }
  const begun = performance.now();
  const ended = await startRun({
    playbook,
    inventory: lab.inventoryFile,
    options,
    cwd: lab.dir,
    ...(fault.node === undefined ? {} : { node: fault.node }),
    onEvent: (event) => {
      if (made === undefined && fault.when?.(event)) make();
    },
  }).ended;
  const took = performance.now() - begun;
  await made;
  const unwritten = start ? differences(start, await endStateOf(lab)) : [];
  await fault.heal?.(lab);
  const check = await job.run('--check');
  const whole = await job.run();
  const found = [
    ...(made === undefined ? ['the fault was never made'] : []),
    ...(fault.ends.includes(ended.end)
      ? []
      : [`it ended with ${ended.end}: ${faultsIn(ended).join(' | ')} ${ended.stderr}`]),
    ...(fault.tells?.(ended, madeAt) ?? []),
    ...unwritten,
    ...untrue(ended, check.events),
    ...othersUnserved(ended, `ha${fault.host ?? 2}`),
    ...unlessWell('the run after healing', whole),
    ...(await notConverged(job)),
    ...differences(wanted, await endStateOf(lab)).filter((line) => !line.includes('config/policy-service ')),
    ...(await leftoversOn(lab, 10)),
  ];
  const lost = ended.events.find((event) => event.type === 'host.lost');
  const noticed = lost && `; the loss noticed after ${((Date.parse(lost.at) - madeAt) / 1000).toFixed(1)} s`;
  const said = faultsIn(ended)
    .slice(0, 2)
    .map((text) => `; ${text.slice(0, 200)}`);
  const figures = `ended ${ended.end} after ${(took / 1000).toFixed(1)} s: ${statuses(ended)}${noticed ?? ''}${said.join('')}`;
  return { found, figures };
}

/** Tasks whose outcome lasts: what one of them says of its host is so still when the run has ended. */
const lasting = new Set(['xmlFile', 'yamlFile', 'copyFile', 'copyKeys', 'keyFiles', 'labelNode']);

/** What was told as done, and is found to be still to do. */
function untrue({ end, events }: EndedRun, check: readonly Event[]): readonly string[] {
  const open = new Set(
    check.flatMap((event) =>
      event.type === 'task.ended' && event.status === 'would-change' ? [`${event.host} ${event.title}`] : [],
    ),
  );
  const done = events.flatMap((event) =>
    event.type === 'task.ended' &&
    lasting.has(event.name) &&
    (event.status === 'ok' || event.status === 'changed')
      ? [`${event.host} ${event.title}`]
      : [],
  );
  const last = events.at(-1);
  const outcome = last?.type === 'run.ended' ? last.outcome : 'none';
  return [
    ...(end === 0 && open.size > 0 ? [`it ended well, and this is to do: ${[...open].join('; ')}`] : []),
    ...((end === 0) === (outcome === 'ok') ? [] : [`it ended with ${end} and told ${outcome}`]),
    ...done.filter((title) => open.has(title)).map((title) => `told as done, and is not: ${title}`),
  ];
}

/** Hosts without the fault have none in what was told, either. */
function othersUnserved({ events }: EndedRun, faulty: string): readonly string[] {
  const last = events.at(-1);
  if (last?.type !== 'run.ended') return [`its last word is ${JSON.stringify(last)}`];
  return Object.entries(last.hosts).flatMap(([host, { failed, lost, unreachable }]) =>
    host !== faulty && host !== 'ha1' && failed + lost + unreachable > 0
      ? [`${host} was not served: ${failed} failed, ${lost} lost, ${unreachable} unreachable`]
      : [],
  );
}

function faultsIn({ events }: EndedRun): readonly string[] {
  const all = events.flatMap((event) => ('fault' in event && event.fault ? [event.fault] : []));
  return [
    ...new Set(all.map(({ message, command }) => [message, command?.stderr].filter(Boolean).join(': '))),
  ];
}

function statuses({ events }: EndedRun): string {
  const last = events.at(-1);
  if (last?.type !== 'run.ended') return 'nothing told';
  return Object.entries(last.hosts)
    .map(([host, counts]) => {
      const some = Object.entries(counts).filter(([what, count]) => count > 0 && what !== 'ok');
      return `${host} ${some.map(([what, count]) => `${count} ${what}`).join(' ') || 'unchanged'}`;
    })
    .join(', ');
}
