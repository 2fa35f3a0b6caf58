import { appendFileSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { z } from 'zod';
import type { Event } from '../../../lib/events.ts';
import { type Command, sh } from '../../../lib/index.ts';
import { playbook } from '../../../lib/playbook.ts';
import { command } from '../../../lib/tasks/index.ts';
import { createFleet } from '../../bench/fleet/create-fleet.ts';
import { run } from '../../canary/run.ts';
import { type BadHost, startBadHosts } from './bad-hosts.ts';
import { watchPeak } from './gauges.ts';
import { lookBefore } from './leftovers.ts';
import { inventoryOf, reachBySsh, type SoakHost } from './reach.ts';
import { expect, type Part } from './stage.ts';

/** What each host's command does, and what comes of it. `well` is the others'. */
interface Manner {
  readonly by: Command;
  readonly status: 'changed' | 'failed' | 'unreachable';
  /** What its fault says. */
  readonly says?: RegExp;
}

const cutOff = /wrote more than 16 MiB and was cut off/;
const badPort = 2400;

/** Hosts that print without end, or nothing, or close what they print to: each costs its own slot, and little memory. */
export default (async ({ folder, short, check }) => {
  const size = short ? 2 ** 27 : 2 ** 30;
  const seconds = short ? 5 : 40;
  const manners: Readonly<Record<string, Manner>> = {
    'much to stdout': { by: sh`head -c ${size} /dev/zero`, status: 'failed', says: cutOff },
    'much to stderr': { by: sh`head -c ${size} /dev/zero >&2`, status: 'failed', says: cutOff },
    'many lines': { by: sh`yes a line | head -c ${size}`, status: 'failed', says: cutOff },
    'no end': { by: sh`yes`, status: 'failed', says: cutOff },
    'nothing for long': { by: sh`sleep ${seconds}`, status: 'changed' },
    'outputs closed early': { by: sh`exec >&- 2>&-; sleep 2`, status: 'changed' },
    'byte by byte': {
      by: sh`n=0; while [ "$n" -lt ${seconds * 10} ]; do printf x; sleep 0.1; n=$((n + 1)); done`,
      status: 'changed',
    },
  };
  const names = Object.keys(manners);
  const fleet = await createFleet(folder, { hosts: names.length + 11 });
  const key = readFileSync(`${folder}/host_key.pub`, 'utf8').trim();
  const all: readonly SoakHost[] = fleet.hosts.map((host, index) => ({
    ...host,
    name: names[index] ?? host.name,
    port: fleet.port,
  }));
  // One that floods whoever connects, and never begins to speak SSH.
  const last = all.at(-1);
  const hosts = all.map((host) =>
    host === last ? { ...host, name: 'a flood for a banner', port: badPort } : host,
  );
  const flooding = hosts.at(-1);
  const bad: readonly BadHost[] = flooding === undefined ? [] : [{ ...flooding, trouble: 'flood', after: 0 }];
  appendFileSync(
    `${homedir()}/.ssh/known_hosts`,
    bad.map(({ address }) => `[${address}]:${badPort} ${key}\n`).join(''),
  );
  const served = await startBadHosts({ hosts: bad, hostKey: `${folder}/host_key`, port: fleet.port });

  for (const lock of short ? [true] : [false, true]) {
    await check(
      `${names.length + 1} of ${hosts.length} hosts with odd output, ${lock ? 'locked' : 'without locks'}`,
      async () => {
        const before = lookBefore([]);
        const work = playbook({ name: 'soak', groups: { fleet: z.object({}) } }, async ({ groups, play }) => {
          await play('Print', groups.fleet, async (host) => {
            await host.run(command({ run: manners[host.name]?.by ?? sh`echo well` }));
            await host.run(command({ run: sh`echo and again` }));
          });
        });
        const ended = new Map<string, number>();
        const faults = new Map<string, string>();
        const peakOf = watchPeak();
        const first = process.memoryUsage.rss() / 2 ** 20;
        const started = performance.now();
        const holder = {
          run: 'r1',
          user: 'soak',
          from: 'here',
          pid: process.pid,
          since: 'now',
          playbook: 'soak',
        };
        const { hosts: counts } = await run(work, inventoryOf(hosts), {
          connect: reachBySsh(),
          // One more than misbehave: whoever took more than its slot would keep the others from ending.
          forks: names.length + 2,
          lock: lock ? { holder } : undefined,
          onEvent: (event: Event) => {
            if (event.type === 'host.ended') ended.set(event.host, (performance.now() - started) / 1000);
            if (event.type === 'task.ended' && event.fault) faults.set(event.host, event.fault.message);
          },
        });
        const peak = peakOf();
        const wrong: string[] = [];
        for (const { name } of hosts) {
          const { status, says = /./ }: Omit<Manner, 'by'> =
            name === flooding?.name ? { status: 'unreachable' } : (manners[name] ?? { status: 'changed' });
          const got = counts[name];
          const isRight = got !== undefined && got[status] === (status === 'changed' ? 2 : 1);
          const fault = faults.get(name) ?? '';
          if (!isRight || (status !== 'changed' && !says.test(fault)))
            wrong.push(`${name}: ${JSON.stringify(got)} ${fault}`);
        }
        expect(wrong.length === 0, () => wrong.join('\n'));
        const well = hosts.filter(({ name }) => manners[name] === undefined && name !== flooding?.name);
        const slowest = Math.max(...well.map(({ name }) => ended.get(name) ?? Number.POSITIVE_INFINITY));
        const took = [...names, flooding?.name ?? '']
          .map((name) => `${name} ${(ended.get(name) ?? 0).toFixed(1)} s`)
          .join(', ');
        const figures = `${peak.toFixed(0)} MiB at most (${first.toFixed(0)} before); the well ones after ${slowest.toFixed(1)} s; ${took}`;
        // What one command may print is kept as it comes, and once more as a whole.
        expect(peak < first + 250, () => figures);
        const left = await before.leftovers(10);
        expect(left.length === 0, () => `left: ${left.slice(0, 5).join('; ')}`);
        return figures;
      },
    );
  }
  served.close();
  await fleet.close();
}) satisfies Part;
