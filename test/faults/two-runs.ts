import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../lib/events.ts';
import { lockName } from '../../lib/lock-name.ts';
import { labelsOf } from '../e2e/engine-truth.ts';
import { inventoryWith } from '../e2e/ha-run.ts';
import type { Lab } from '../lab/lab.ts';
import { doomedRun } from './doomed.ts';
import { leftoversOn } from './leftovers.ts';
import { toOneSwarm } from './more-job.ts';
import type { Part } from './part.ts';
import type { Report } from './report.ts';
import { type EndedRun, type StartOptions, startRun } from './started-run.ts';
import { withLabs } from './with-labs.ts';

const jobFile = (name: string) => fileURLToPath(new URL(`jobs/${name}.ts`, import.meta.url));

/** Two runs at once, many times; runs beside a crashed one's lock; many that label one node. */
export const twoRuns: Part = ({ report, times = 50 }) =>
  withLabs(1, async ([lab]) => {
    if (lab === undefined) return;
    await pairs(lab, report, { times: Math.ceil(times / 2), managers: 'own swarms' });
    await toOneSwarm(lab);
    await pairs(lab, report, { times: Math.floor(times / 2), managers: 'one swarm' });
    await crashed(lab, report);
    for (const more of [['--lock-timeout', '120'], ['--no-lock']]) await ten(lab, report, more);
  });

type Managers = 'own swarms' | 'one swarm';

/** The hosts one by one, for runs that reach one swarm through managers of their own. */
function only(lab: Lab, host: string): Pick<StartOptions, 'more' | 'inventory'> {
  return { inventory: lab.inventoryFile, more: ['--limit', host] };
}

/** Two runs at once, so many times: how they end, and that only one of them writes. */
export async function pairs(
  lab: Lab,
  report: Report,
  { times, managers }: { times: number; managers: Managers },
): Promise<void> {
  const ends = new Map<string, number>();
  const started = performance.now();
  for (let number = 1; number <= times; number++) {
    // By turns: who finds it locked ends at once, or waits.
    const timeout = number % 2 === 0 ? '60' : '0';
    const since = (await lab.root(1, 'date +%s.%N').text()).trim();
    const both = ['a', 'b'].map((name, index) => {
      // In one swarm the hosts have nothing in common but the swarm.
      const limit = managers === 'one swarm' ? ['--limit', `ha${index + 1}`] : [];
      return startRun({
        playbook: jobFile('flip'),
        inventory: lab.inventoryFile,
        options: [`value=${name}${number}`, 'nodes=6'],
        more: ['-b', '--lock-timeout', timeout, ...limit],
        cwd: lab.dir,
      }).ended;
    });
    const ended = await Promise.all(both);
    const shown = ended
      .map(({ end }) => end)
      .sort()
      .join('/');
    ends.set(
      `${shown} with --lock-timeout ${timeout}`,
      (ends.get(`${shown} with --lock-timeout ${timeout}`) ?? 0) + 1,
    );
    const faults = [
      ...(shown === '0/0' || (timeout === '0' && shown === '0/5')
        ? []
        : [`they ended with ${shown}: ${reasons(ended)}`]),
      ...overlaps(ended),
      ...(await againstTheEngines(lab, since, ended, managers)),
      ...(managers === 'own swarms' ? await mixtures(lab, ended) : []),
    ];
    report.told(
      `two runs at once on hosts of ${managers}, ${number} of ${times}`,
      faults,
      `ended ${shown}${gapOf(ended)}`,
    );
  }
  const left = await leftoversOn(lab);
  report.told(`nothing is left of them`, left);
  const each = (performance.now() - started) / 1000 / times;
  report.note(
    `${managers}: ${[...ends].map(([what, count]) => `${count} ended ${what}`).join(', ')}; ${each.toFixed(1)} s a pair`,
  );
}

function reasons(ended: readonly EndedRun[]): string {
  const told = ended.flatMap(({ events, stderr }) => [
    stderr.trim(),
    ...events.flatMap((event) => ('fault' in event && event.fault ? [event.fault.message] : [])),
  ]);
  return [...new Set(told.filter(Boolean))].join(' | ');
}

/** When a run wrote: from its first step to the end of its last. */
function writing(events: readonly Event[]): { readonly from: number; readonly to: number } | undefined {
  const begun = events.flatMap((event) => (event.type === 'step.started' ? [Date.parse(event.at)] : []));
  const ended = events.flatMap((event) => (event.type === 'step.ended' ? [Date.parse(event.at)] : []));
  return begun.length === 0 ? undefined : { from: Math.min(...begun), to: Math.max(...begun, ...ended) };
}

/** By the runs' own words: both processes have this machine's clock. */
function overlaps(ended: readonly EndedRun[]): readonly string[] {
  const [one, other] = ended.flatMap(({ events }) => writing(events) ?? []).sort((a, b) => a.from - b.from);
  if (one === undefined) return ['nobody wrote'];
  if (other === undefined || one.to <= other.from) return [];
  return [`both wrote at once: ${JSON.stringify(one)} and ${JSON.stringify(other)}`];
}

/** How close they came. */
function gapOf(ended: readonly EndedRun[]): string {
  const [one, other] = ended.flatMap(({ events }) => writing(events) ?? []).sort((a, b) => a.from - b.from);
  return one && other ? `, ${other.from - one.to} ms between their writes` : '';
}

interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

/** The engines' own streams: whoever changes a node does it between the making and the removal of one lock. */
async function againstTheEngines(
  lab: Lab,
  since: string,
  ended: readonly EndedRun[],
  managers: Managers,
): Promise<readonly string[]> {
  // All managers of one swarm tell the same.
  const hosts = managers === 'one swarm' ? [1] : await managersOf(lab);
  const each = hosts.map(async (host) => {
    const command = `docker events --since ${since} --until "$(date +%s.%N)" --format '{{json .}}'`;
    const events = (await lab.root(host, command).text())
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as EngineEvent)
      .sort((a, b) => a.timeNano - b.timeNano);
    return judged(events, ended).map((fault) => `ha${host}: ${fault}`);
  });
  return (await Promise.all(each)).flat();
}

async function managersOf(lab: Lab): Promise<readonly number[]> {
  const each = lab.hosts.map(async (_, index) => {
    const text = await lab.root(index + 1, "docker info -f '{{.Swarm.ControlAvailable}}'").text();
    return text.trim() === 'true' ? [index + 1] : [];
  });
  return (await Promise.all(each)).flat();
}

function judged(events: readonly EngineEvent[], ended: readonly EndedRun[]): readonly string[] {
  const faults: string[] = [];
  const spans: { readonly from: number; to: number; writes: number }[] = [];
  let held: (typeof spans)[number] | undefined;
  for (const { Type, Action, Actor, timeNano } of events) {
    const at = timeNano / 1e6;
    if (Type === 'config' && Actor.Attributes.name === lockName) {
      if (Action === 'create') {
        if (held !== undefined) faults.push('the lock was made twice');
        held = { from: at, to: Number.POSITIVE_INFINITY, writes: 0 };
        spans.push(held);
      } else if (Action === 'remove') {
        if (held === undefined) faults.push('a lock was removed that nobody held');
        else held.to = at;
        held = undefined;
      }
    } else if (Type === 'node' && Action === 'update') {
      if (held === undefined) faults.push('a node was changed, and nobody held the lock');
      else held.writes += 1;
    }
  }
  // Each run wrote within one lock, and no two within the same.
  const used = ended.flatMap(({ events: told }) => {
    const mine = writing(told.filter((event) => !('shown' in event) || event.shown.includes('label node')));
    const index = mine && spans.findIndex(({ from, to }) => from <= mine.from && mine.to <= to + 50);
    if (index === -1)
      faults.push(`a run wrote at ${JSON.stringify(mine)}, under no lock of ${JSON.stringify(spans)}`);
    return index === undefined ? [] : [index];
  });
  if (new Set(used).size !== used.length) faults.push('two runs wrote under one lock');
  if (!spans.some(({ writes }) => writes > 0)) faults.push('the stream shows no write: it proves nothing');
  return faults;
}

/** All that a host has is of one run: that which wrote last. */
async function mixtures(lab: Lab, ended: readonly EndedRun[]): Promise<readonly string[]> {
  const each = lab.hosts.map(async ({ name }, index) => {
    const text = await lab
      .root(
        index + 1,
        `cat /opt/flip-first /opt/flip-last; docker node inspect self -f '{{range $name, $value := .Spec.Labels}}{{$name}} {{println $value}}{{end}}' 2>/dev/null | sed -n 's/^flip[0-9]* //p'`,
      )
      .text();
    const values = text.split('\n').filter((line) => line !== '');
    return new Set(values).size === 1 && values.length >= 2
      ? values.slice(0, 1)
      : [`${name} has a mixture of both: ${values.join(' ')}`];
  });
  const all = new Set((await Promise.all(each)).flat());
  return all.size === 1 ? [] : [`the hosts differ: ${[...all].join(', ')}; ${reasons(ended)}`];
}

/** A run is killed in the middle; others come by. */
async function crashed(lab: Lab, report: Report): Promise<void> {
  const flip = (value: string, timeout: string) =>
    startRun({
      playbook: jobFile('flip'),
      inventory: lab.inventoryFile,
      options: [`value=${value}`],
      more: ['-b', '--lock-timeout', timeout],
      cwd: lab.dir,
    }).ended;
  const die = (value: string, elsewhere: boolean) =>
    doomedRun(
      {
        playbook: jobFile('flip'),
        inventory: lab.inventoryFile,
        options: [`value=${value}`],
        become: true,
        step: 4,
        moment: 'before',
      },
      lab.dir,
      { elsewhere },
    );

  const here = await die('crash1', false);
  let since = performance.now();
  let next = await flip('next1', '60');
  report.told(
    'the next run beside the lock of one that was killed on the same machine',
    [
      ...(here.end === 'SIGKILL' ? [] : [`it was not killed: ${here.end} ${here.stderr}`]),
      ...(next.end === 0 ? [] : [`the next one ended with ${next.end}: ${reasons([next])}`]),
    ],
    `${inSeconds(since)} from the kill to its end`,
  );

  // Nobody here can know whether that process still runs: only the lease tells.
  const there = await die('crash2', true);
  since = performance.now();
  const impatient = await flip('next2', '0');
  const refused = impatient.end;
  next = await flip('next3', '120');
  const took = (performance.now() - since) / 1000;
  report.told(
    'the next run beside the lock of one that was killed on another machine',
    [
      ...(there.end === 'SIGKILL' ? [] : [`it was not killed: ${there.end} ${there.stderr}`]),
      ...(refused === 5 ? [] : [`with --lock-timeout 0 it ended with ${refused}`]),
      ...(/locked by \S+@/.test(reasons([impatient]))
        ? []
        : [`who holds it is not said: ${reasons([impatient])}`]),
      ...(next.end === 0 ? [] : [`the next one ended with ${next.end}: ${reasons([next])}`]),
      ...(took < 75 ? [] : ['that is more than the lease, its margin and the run']),
    ],
    `status ${refused} at once; ${took.toFixed(1)} s from the kill to the end of one that waits`,
  );

  // The host does not hear of the end: nothing comes over a link that is cut.
  const cut = startRun({
    playbook: jobFile('flip'),
    inventory: lab.inventoryFile,
    options: ['value=crash3'],
    more: ['-b'],
    cwd: lab.dir,
    onEvent: (event) => {
      if (event.type !== 'step.ended' || event.host !== 'ha3' || isCut) return;
      isCut = true;
      cutting = lab.cut(3).then(() => cut.signal('SIGKILL'));
    },
  });
  let isCut = false;
  let cutting: Promise<void> | undefined;
  await cut.ended;
  await cutting;
  await lab.heal(3);
  since = performance.now();
  next = await flip('next4', '120');
  report.told(
    'the next run beside the lock of one that was killed while a host was cut off',
    [
      ...(isCut ? [] : ['it never got to that host']),
      ...(next.end === 0 ? [] : [`the next one ended with ${next.end}: ${reasons([next])}`]),
    ],
    `${inSeconds(since)} from the kill to its end`,
  );
  report.told('nothing is left of them', await leftoversOn(lab, 40));
}

/** Ten controllers give one node a label each, at once, through three managers. */
async function ten(lab: Lab, report: Report, more: readonly string[]): Promise<void> {
  const value = more[0] === '--no-lock' ? 'unlocked' : 'locked';
  const file = await inventoryWith(lab, () => {});
  const started = performance.now();
  const ended = await Promise.all(
    Array.from(
      { length: 10 },
      (_, index) =>
        startRun({
          playbook: jobFile('label'),
          inventory: file,
          options: [`label=ten${index}`, `value=${value}`, 'node=ha1'],
          more: ['-b', ...more, ...(only(lab, `ha${(index % 3) + 1}`).more ?? [])],
          cwd: lab.dir,
        }).ended,
    ),
  );
  const took = inSeconds(started);
  await sleep(100);
  const labels = (await labelsOf(lab)).ha1 ?? {};
  const lost = Array.from({ length: 10 }, (_, index) => `ten${index}`).filter(
    (name) => labels[name] !== value,
  );
  report.told(
    `ten controllers with ten labels for one node, ${more.join(' ')}`,
    [
      ...(lost.length === 0 ? [] : [`lost: ${lost.join(', ')}`]),
      ...ended.flatMap((each) => (each.end === 0 ? [] : [`one ended with ${each.end}: ${reasons([each])}`])),
    ],
    `${10 - lost.length} of 10 are there, ${took}`,
  );
}

function inSeconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
