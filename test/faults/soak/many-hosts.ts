import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { Writable } from 'node:stream';
import { z } from 'zod';
import type { Event } from '../../../lib/events.ts';
import { sh } from '../../../lib/index.ts';
import { playbook } from '../../../lib/playbook.ts';
import { copyFile } from '../../../lib/tasks/index.ts';
import { createView } from '../../../lib/views/create-view.ts';
import { createFleet } from '../../bench/fleet/create-fleet.ts';
import { run } from '../../canary/run.ts';
import { seededRandom } from '../../seeded-random.ts';
import { type BadHost, startBadHosts } from './bad-hosts.ts';
import { descriptors, watchPeak } from './gauges.ts';
import { written } from './jobs.ts';
import { lookBefore } from './leftovers.ts';
import { inventoryOf, reachBySsh, type SoakHost } from './reach.ts';
import { expect, type Part } from './stage.ts';

/** Where those that misbehave listen; those that refuse are told to be there, and are not. */
const badPort = 2400;
const troubles: readonly Trouble[] = ['refuse', 'banner', 'login', 'shell', 'cut', 'gone'];
/**
 * Seconds that a host may take to be given up, by what dabook promises: to connect 10; to start a shell 30, once to
 * read and once more where the host is to be locked; a minute to be back after its connection was lost, and 10 to
 * connect for the last time.
 */
const deadlines = { refuse: 10, banner: 10, login: 60, shell: 60, cut: 60, gone: 70 };

type Trouble = keyof typeof deadlines;
type Kind = 'ok' | 'unreachable' | 'lost';

/** One run of many hosts, of which one of twenty misbehaves: counted right, and in time. */
export default (async ({ folder, short, seed, check }) => {
  const count = short ? 40 : 500;
  const fleet = await createFleet(folder, { hosts: count, settings: [`SetEnv TMPDIR=${folder}/hosts/tmp`] });
  mkdirSync(`${folder}/hosts/tmp`);
  const hosts: readonly SoakHost[] = fleet.hosts.map((host) => ({
    ...host,
    port: fleet.port,
    // All of them are this one machine, which may be busy with the others.
    connectTimeout: 60,
  }));
  // One key for all of them, on whichever port.
  const key = readFileSync(`${folder}/host_key.pub`, 'utf8').trim();
  appendFileSync(
    `${homedir()}/.ssh/known_hosts`,
    hosts.map(({ address }) => `[${address}]:${badPort} ${key}\n`).join(''),
  );
  const folders = [...hosts.map(({ place }) => place), `${folder}/hosts/tmp`];

  for (const lock of short ? [true] : [false, true]) {
    const how = lock ? 'locked' : 'without locks';
    let reference = Number.POSITIVE_INFINITY;
    const at = async (fleet: readonly SoakHost[], text: string) => {
      const before = lookBefore(folders);
      const ran = await runOn(fleet, text, lock);
      const left = await before.leftovers(10);
      expect(left.length === 0, () => `left: ${left.slice(0, 5).join('; ')}`);
      return ran;
    };
    await check(`${count} healthy hosts, ${how}`, async () => {
      const ran = await at(hosts, `well ${how}`);
      reference = ran.seconds;
      expect(ran.outcome === 'ok', () => `${ran.outcome}: ${ran.recap}`);
      return figuresOf(ran);
    });
    await check(`${count} hosts of which one of twenty misbehaves, ${how}`, async () => {
      const random = seededRandom(seed + (lock ? 1000 : 0));
      const bad = chooseBad(hosts, short ? ['refuse', 'banner', 'cut'] : troubles, random);
      const served = await startBadHosts({
        hosts: [...bad.values()].flatMap(({ host }) => (host === undefined ? [] : [host])),
        hostKey: `${folder}/host_key`,
        port: fleet.port,
      });
      const text = `ill ${how}`;
      const ran = await at(
        hosts.map((host) => (bad.has(host.name) ? { ...host, port: badPort, connectTimeout: 10 } : host)),
        text,
      ).finally(served.close);
      const wrong: string[] = [];
      const sums: Record<Kind, number> = { ok: 0, unreachable: 0, lost: 0 };
      let deadline = 0;
      for (const { name, place } of hosts) {
        const trouble = bad.get(name)?.trouble;
        const isCut = served.cut.has(name);
        if (trouble !== undefined) deadline = Math.max(deadline, deadlines[trouble]);
        const isWell = trouble === undefined || trouble === 'cut' || (trouble === 'gone' && !isCut);
        // Whether its step was under way when it was cut for good.
        const wanted: Kind = isWell ? 'ok' : ran.underWay.has(name) ? 'lost' : 'unreachable';
        sums[wanted] += 1;
        const got = ran.kinds.get(name);
        if (got !== wanted)
          wrong.push(
            `${name} (${trouble}${isCut ? ', cut' : ''}): ${got}, and not ${wanted}: ${ran.faults.get(name)}`,
          );
        const isThere =
          existsSync(`${place}/written`) && readFileSync(`${place}/written`, 'utf8') === `${text}\n`;
        if (isWell && !isThere) wrong.push(`${name} is not as it should be`);
      }
      expect(wrong.length === 0, () => wrong.join('\n'));
      // Whoever is lost could not be reached again, and is counted as unreachable, too; a task that was not needed is none.
      const { ok, unreachable, lost } = sums;
      const said = `${count} hosts: 0 ok, ${ok * 2 + ran.changedBefore} changed, 0 failed, ${lost > 0 ? `${lost} lost, ` : ''}${unreachable + lost} unreachable in `;
      expect(ran.recap.includes(said), () => `the recap does not say "${said}": ${ran.recap}`);
      // Those in trouble hold slots, and a host that is to be locked is waited for before any is written to.
      const mostHealthy = reference * 1.5 + deadline;
      const most = ran.healthySeconds + deadline + 2;
      const kinds = [...bad.values()].map(({ trouble }) => trouble).sort();
      const figures = `${said.replace(/ in $/, '')}; ${figuresOf(ran)}; at most ${most.toFixed(1)} s (the longest deadline ${deadline} s); ${kinds.join(' ')}; ${served.cut.size} cut`;
      expect(ran.seconds < most && ran.healthySeconds < mostHealthy, () => figures);
      return figures;
    });
  }
  await check('memory and descriptors', async () => {
    const now = descriptors();
    expect(now < 60, () => `${now} descriptors are still open`);
    return `${now} descriptors are open after the runs`;
  });
  await fleet.close();
}) satisfies Part;

/** One of twenty, each kind of trouble as often as the others. */
function chooseBad(hosts: readonly SoakHost[], troubles: readonly Trouble[], random: () => number) {
  const left = [...hosts];
  const bad = new Map<string, { readonly trouble: Trouble; readonly host: BadHost | undefined }>();
  for (let number = 0; number < Math.max(troubles.length, hosts.length / 20); number++) {
    const [host] = left.splice(Math.floor(random() * left.length), 1);
    const trouble = troubles[number % troubles.length];
    if (host === undefined || trouble === undefined) break;
    // Anywhere from the first word of the handshake to the last one of the job.
    const after = 1 + Math.floor(random() * 7000);
    const { name, address } = host;
    bad.set(name, {
      trouble,
      host: trouble === 'refuse' ? undefined : { name, address, port: badPort, trouble, after },
    });
  }
  return bad;
}

interface RanOn {
  readonly outcome: string;
  readonly seconds: number;
  readonly healthySeconds: number;
  readonly kinds: ReadonlyMap<string, string>;
  readonly faults: ReadonlyMap<string, string>;
  /** Hosts with a step that was begun and whose end is not known. */
  readonly underWay: ReadonlySet<string>;
  /** Tasks that hosts ended well with before they were in trouble. */
  readonly changedBefore: number;
  readonly recap: string;
  readonly peak: number;
  readonly mostDescriptors: number;
}

async function runOn(hosts: readonly SoakHost[], text: string, lock: boolean): Promise<RanOn> {
  for (const { place } of hosts) rmSync(`${place}/written`, { force: true });
  const work = playbook(
    { name: 'soak', groups: { fleet: z.object({ place: z.string() }) } },
    async ({ groups, play }) => {
      await play('Change', groups.fleet, async (host) => {
        const { place } = host.vars;
        await host.run(copyFile({ dest: `${place}/copied`, content: `${text}\n` }));
        const path = `${place}/written`;
        await host.run(written({ path, text, by: sh`sleep 0.1; echo ${text} >${path}` }));
      });
    },
  );
  let shown = '';
  const out = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        shown += String(chunk);
        done();
      },
    }),
    { columns: 10_000 },
  );
  const view = await createView('plain', { out, color: false, diff: false, verbosity: 0 });
  const underWay = new Map<string, boolean>();
  const kinds = new Map<string, string>();
  const faults = new Map<string, string>();
  const ended = new Map<string, number>();
  const peakOf = watchPeak();
  let mostDescriptors = 0;
  const looking = setInterval(() => {
    mostDescriptors = Math.max(mostDescriptors, descriptors());
  }, 100);
  const started = performance.now();
  const holder = { run: 'r1', user: 'soak', from: 'here', pid: process.pid, since: 'now', playbook: 'soak' };
  const { outcome, hosts: counts } = await run(work, inventoryOf(hosts), {
    connect: reachBySsh(),
    lock: lock ? { holder } : undefined,
    onEvent: (event: Event) => {
      view.handle(event);
      if (event.type === 'step.started') underWay.set(event.host, true);
      if (event.type === 'step.ended' && event.outcome !== 'lost') underWay.set(event.host, false);
      if (event.type === 'host.ended') ended.set(event.host, (performance.now() - started) / 1000);
      if (event.type === 'host.unreachable' || (event.type === 'task.ended' && event.fault)) {
        faults.set(event.host, `${event.type} ${event.fault?.code}: ${event.fault?.message}`);
      }
    },
  });
  clearInterval(looking);
  const seconds = (performance.now() - started) / 1000;
  await view.end();
  let changedBefore = 0;
  for (const [name, all] of Object.entries(counts)) {
    const { ok, changed, ...trouble } = all;
    const [kind = changed + ok === 2 ? 'ok' : JSON.stringify(all)] = Object.entries(trouble).flatMap(
      ([what, number]) => (number > 0 ? [what] : []),
    );
    kinds.set(name, kind);
    if (kind !== 'ok') changedBefore += changed;
  }
  const healthy = [...ended].flatMap(([name, at]) => (kinds.get(name) === 'ok' ? [at] : []));
  return {
    outcome,
    seconds,
    healthySeconds: Math.max(...healthy),
    kinds,
    faults,
    underWay: new Set([...underWay].flatMap(([name, is]) => (is ? [name] : []))),
    changedBefore,
    recap: shown.trim().split('\n').slice(-45).join('\n'),
    peak: peakOf(),
    mostDescriptors,
  };
}

function figuresOf({ seconds, healthySeconds, peak, mostDescriptors }: RanOn): string {
  return `${seconds.toFixed(1)} s, the last healthy host after ${healthySeconds.toFixed(1)} s, ${peak.toFixed(0)} MiB and ${mostDescriptors} descriptors at most`;
}
