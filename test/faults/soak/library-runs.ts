import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DabookError } from '../../../lib/errors.ts';
import type { Event } from '../../../lib/events.ts';
import { sh } from '../../../lib/index.ts';
import { playbook } from '../../../lib/playbook.ts';
import type { RunOptions } from '../../../lib/run.ts';
import { command, copyFile } from '../../../lib/tasks/index.ts';
import { createFleet } from '../../bench/fleet/create-fleet.ts';
import { run } from '../../canary/run.ts';
import { descriptors, heapUsed, listeners, liveObjects, resources, rss, slopeOf } from './gauges.ts';
import { cutOnce, written } from './jobs.ts';
import { lookBefore } from './leftovers.ts';
import { inventoryOf, reachBySsh, type SoakHost } from './reach.ts';
import { expect, type Part } from './stage.ts';

/** What happens to a run. */
type Kind = 'changes' | 'fails' | 'interrupted' | 'forced' | 'cut' | 'refused' | 'locked';
const kinds: readonly Kind[] = [
  'changes',
  'fails',
  'changes',
  'interrupted',
  'changes',
  'cut',
  'changes',
  'forced',
  'refused',
  'locked',
];

/** By how much the heap may grow with each run: a run that is kept costs many times that. */
const mostGrowth = 8 * 1024;

const holder = (run: string) => ({
  run,
  user: 'soak',
  from: 'here',
  pid: process.pid,
  since: 'now',
  playbook: 'soak',
});

/** Some hundred runs in one process, of which half meet with something: nothing of them stays anywhere. */
export default (async ({ folder, short, check }) => {
  const count = short ? 10 : 200;
  const counted = short ? 6 : 100;
  const fleet = await createFleet(folder, { hosts: 3, settings: [`SetEnv TMPDIR=${folder}/hosts/tmp`] });
  mkdirSync(`${folder}/hosts/tmp`);
  const hosts: readonly SoakHost[] = fleet.hosts.map((host) => ({ ...host, port: fleet.port }));
  const before = lookBefore([...hosts.map(({ place }) => place), `${folder}/hosts/tmp`]);
  const shared = reachBySsh();
  const heaps: number[] = [];
  const wrong: string[] = [];
  const seconds = new Map<Kind, readonly number[]>();
  const gauges = () => ({ descriptors: descriptors(), listeners: listeners(), resources: resources() });
  /** As they are once sockets that were closed are gone, which takes a turn or two of the loop. */
  const settled = async (wanted: ReturnType<typeof gauges>) => {
    for (let tries = 0; tries < 200; tries++) {
      await sleep(10);
      if (JSON.stringify(gauges()) === JSON.stringify(wanted)) break;
    }
    return gauges();
  };
  let warm: ReturnType<typeof gauges> | undefined;
  let warmObjects: Readonly<Record<string, number>> = {};
  let warmRss = 0;
  let mostRss = 0;

  await check(`${count} runs of seven kinds, each as it should be`, async () => {
    for (let number = 0; number < count; number++) {
      const kind = kinds[number % kinds.length] ?? 'changes';
      const started = performance.now();
      const told = await oneRun(kind, `${number}`, hosts, number % 2 === 0 ? shared : reachBySsh());
      seconds.set(kind, [...(seconds.get(kind) ?? []), (performance.now() - started) / 1000]);
      const took = seconds.get(kind)?.at(-1) ?? 0;
      if (took > 20) wrong.push(`run ${number} (${kind}) took ${took.toFixed(1)} s`);
      wrong.push(...told.map((what) => `run ${number} (${kind}): ${what}`));
      const left = await before.leftovers(5);
      wrong.push(...left.map((what) => `run ${number} (${kind}) left ${what}`));
      heaps.push(heapUsed());
      if (number >= count - counted) {
        mostRss = Math.max(mostRss, rss());
        if (warm === undefined) await sleep(500);
        warm ??= gauges();
        const now = await settled(warm);
        warmRss ||= rss();
        if (JSON.stringify(now) !== JSON.stringify(warm)) {
          wrong.push(`run ${number} (${kind}): ${JSON.stringify(now)}, and not ${JSON.stringify(warm)}`);
        }
      }
      if (number === count - counted) warmObjects = liveObjects();
    }
    expect(wrong.length === 0, () => wrong.slice(0, 20).join('\n'));
    return [...seconds]
      .map(([kind, all]) => `${all.length} ${kind} (${Math.max(...all).toFixed(1)} s at most)`)
      .join(', ');
  });
  // A few runs tell nothing of growth.
  if (!short)
    await check(`no growth of the heap over the last ${counted} runs`, async () => {
      const last = heaps.slice(-counted);
      // Of each round of all kinds the least: what a run still holds for a moment is not kept.
      const least = (values: readonly number[]) =>
        Array.from({ length: counted / kinds.length }, (_, round) =>
          Math.min(...values.slice(round * kinds.length, (round + 1) * kinds.length)),
        );
      const slope = slopeOf(least(last)) / kinds.length;
      const mib = (bytes: number | undefined) => ((bytes ?? 0) / 2 ** 20).toFixed(2);
      const figures = `${slope.toFixed(0)} bytes a run, from ${mib(least(last)[0])} to ${mib(least(last).at(-1))} MiB`;
      expect(slope < mostGrowth, () => figures);
      return figures;
    });
  await check('resident memory within its bound', async () => {
    const figures = `${mostRss.toFixed(0)} MiB at most, ${warmRss.toFixed(0)} MiB after the warm-up`;
    expect(mostRss < 400 && mostRss < warmRss + 64, () => figures);
    return figures;
  });
  await check(
    'descriptors, listeners and what keeps the process alive are the same after each run',
    async () => {
      expect(warm !== undefined, () => 'no run was measured');
      return `${warm?.descriptors} descriptors, ${warm?.listeners} listeners; ${warm?.resources}`;
    },
  );
  await check('timers, sockets and signals are not kept', async () => {
    const now = liveObjects();
    const show = (counts: Readonly<Record<string, number>>) =>
      Object.entries(counts)
        .map(([name, number]) => `${number} ${name}`)
        .join(', ');
    const figures = `${show(now)}; ${counted - 1} runs before: ${show(warmObjects)}`;
    for (const [name, number] of Object.entries(now)) {
      // One kept in each run would be many more.
      expect(number < (warmObjects[name] ?? 0) + 15, () => figures);
    }
    return figures;
  });
  await fleet.close();
}) satisfies Part;

/** @returns what is wrong with it */
async function oneRun(
  kind: Kind,
  number: string,
  hosts: readonly SoakHost[],
  connect: RunOptions['connect'],
): Promise<readonly string[]> {
  const wrong: string[] = [];
  const [first, second] = hosts;
  const text = `run ${number}`;
  const begun = (event: Event) => event.type === 'step.started' && event.shown.includes('hold on');
  const interrupt = new AbortController();
  const force = new AbortController();
  const interrupted = () => new DabookError('interrupted', 'interrupted');
  let within: Promise<{ readonly outcome: string }> | undefined;
  const work = playbook(
    { name: 'soak', groups: { fleet: z.object({ place: z.string() }) } },
    async ({ groups, play }) => {
      await play('Change', groups.fleet, async (host) => {
        const { place } = host.vars;
        const path = `${place}/written`;
        const write = sh`echo ${text} >${path}`;
        await host.run(copyFile({ dest: `${place}/copied`, content: `${text}\n` }));
        if (kind === 'fails' && host.name === first?.name) await host.run(command({ run: sh`exit 3` }));
        if (kind === 'interrupted') await host.run(command({ run: sh`: hold on; sleep 0.2` }));
        if (kind === 'locked') await host.run(command({ run: sh`: hold on; sleep 0.3` }));
        if (kind === 'forced') await host.run(command({ run: sh`: hold on; sleep 600 & sleep 601` }));
        const by =
          kind === 'cut' && host.name === second?.name ? sh`${cutOnce(`${place}/cut`)}\n${write}` : write;
        await host.run(written({ path, text, by }));
      });
    },
  );
  // Nobody listens there.
  const served =
    kind === 'refused' ? hosts.map((host) => (host === first ? { ...host, port: 9 } : host)) : hosts;
  const lockOf = (name: string) => ({ holder: holder(name) });
  const start = (name: string, onEvent: (event: Event) => void) =>
    run(work, inventoryOf(served), {
      connect,
      onEvent,
      lock: lockOf(name),
      signal: interrupt.signal,
      force: force.signal,
    });
  const lost: Event[] = [];
  const faults: string[] = [];
  const { outcome, hosts: counts } = await start(`r${number}`, (event) => {
    if (event.type === 'host.lost') lost.push(event);
    const isTrouble =
      event.type === 'host.unreachable' || event.type === 'host.lost' || event.type === 'task.ended';
    if (isTrouble && event.fault) faults.push(`${event.host}: ${event.fault.message}`);
    if (!begun(event) || interrupt.signal.aborted) return;
    if (kind === 'interrupted') interrupt.abort(interrupted());
    if (kind === 'forced') {
      interrupt.abort(interrupted());
      setTimeout(() => force.abort(interrupted()), 100);
    }
    if (kind === 'locked') within ??= start(`r${number}b`, () => {});
  });
  const wanted = {
    changes: 'ok',
    cut: 'ok',
    locked: 'ok',
    fails: 'failed',
    interrupted: 'interrupted',
    forced: 'interrupted',
    refused: 'unreachable',
  }[kind];
  if (outcome !== wanted)
    wrong.push(`${outcome}, and not ${wanted}: ${JSON.stringify(counts)}; ${faults.join('; ')}`);
  if (kind === 'locked') {
    const other = (await within)?.outcome;
    if (other !== 'locked') wrong.push(`the other run: ${other}`);
  }
  if (kind === 'cut' && lost.length === 0) wrong.push('no connection was lost');
  for (const { name, place } of hosts) {
    rmSync(`${place}/cut`, { force: true });
    const isLeftOut = kind === 'refused' && name === first?.name;
    if (isLeftOut) continue;
    const copied = readFileSync(`${place}/copied`, { encoding: 'utf8', flag: 'a+' });
    if (copied !== `${text}\n`) wrong.push(`${name} was not copied to`);
    const isWritten = wanted === 'ok' || kind === 'refused' || (kind === 'fails' && name !== first?.name);
    const found = readFileSync(`${place}/written`, { encoding: 'utf8', flag: 'a+' });
    if ((found === `${text}\n`) !== isWritten) wrong.push(`${name} has ${JSON.stringify(found)}`);
  }
  return wrong;
}
