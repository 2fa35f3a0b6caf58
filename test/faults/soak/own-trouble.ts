import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../../lib/events.ts';
import { createFleet } from '../../bench/fleet/create-fleet.ts';
import { environment, quote } from '../../lab/shell.ts';
import { lookBefore, processes } from './leftovers.ts';
import { expect, type Part } from './stage.ts';

const bin = fileURLToPath(new URL('../../../bin/dabook.cjs', import.meta.url));
const files = 30;

/** What the command line is run for: files with a text, then a step that takes its time, then one more. */
const job = (text: string, hold: number) => `import { playbook, sh } from 'dabook';
import { command, copyFile } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'Trouble', groups: { fleet: z.looseObject({ place: z.string() }) } }, async ({ groups: { fleet }, play }) => {
  await play('Write', fleet, async (host) => {
    const { place } = host.vars;
    for (let number = 0; number < ${files}; number++) {
      await host.run(copyFile({ dest: place + '/file' + number, content: ${JSON.stringify(`${text}\n`.repeat(20))} }));
    }
    await host.run(command({ run: sh\`: >\${place}/begun; sleep ${hold}; : >\${place}/finished\`, creates: place + '/finished' }));
    await host.run(command({ run: sh\`: >\${place}/after\`, creates: place + '/after' }));
  });
});
`;

/** Trouble at the operator's end: the command line goes on, or ends well, and says what was wrong. */
export default (async ({ folder, short, check }) => {
  const fleet = await createFleet(folder, { hosts: 3 });
  const runs = `${folder}/runs`;
  const full = `${folder}/full`;
  mkdirSync(full);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'soak', full]);
  const playbook = `${folder}/trouble.ts`;

  /** Whether every host is as an undisturbed run leaves it. */
  const isDone = (text: string) =>
    fleet.hosts.every(
      ({ place }) =>
        existsSync(`${place}/after`) &&
        Array.from({ length: files }, (_, number) => readFileSync(`${place}/file${number}`, 'utf8')).every(
          (found) => found.startsWith(`${text}\n`),
        ),
    );

  interface Shell {
    /** A shell command with `$DABOOK` in it, whose exit status goes to the file `$STATUS`. */
    readonly line: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly meanwhile?: (pid: number) => Promise<void>;
  }
  const trouble = async (text: string, hold: number, { line, env = {}, meanwhile }: Shell) => {
    for (const { place } of fleet.hosts) {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
    }
    rmSync(runs, { recursive: true, force: true });
    rmSync(`${folder}/status`, { force: true });
    rmSync(`${folder}/stderr`, { force: true });
    writeFileSync(playbook, job(text, hold));
    const before = lookBefore(fleet.hosts.map(({ place }) => place));
    const dabook = [process.execPath, bin, 'run', playbook, '-i', fleet.inventory, '--no-type-check'];
    const child = spawn('sh', ['-c', line], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...environment,
        HOME: homedir(),
        DABOOK_RUNS: runs,
        DABOOK: dabook.map(quote).join(' '),
        STATUS: `${folder}/status`,
        STDERR: `${folder}/stderr`,
        OUT: `${folder}/out`,
        ...env,
      },
    });
    const started = performance.now();
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await meanwhile?.(child.pid ?? 0);
    await closed;
    // Whoever is told of the end of a pipe is not told of the end of the one that writes to it.
    for (
      let tries = 0;
      tries < 600 && [...processes().values()].some((words) => words.includes(bin));
      tries++
    )
      await sleep(100);
    const left = await before.leftovers(10);
    expect(left.length === 0, () => `left: ${left.slice(0, 5).join('; ')}`);
    const read = (name: string) =>
      existsSync(`${folder}/${name}`) ? readFileSync(`${folder}/${name}`, 'utf8') : '';
    return {
      seconds: (performance.now() - started) / 1000,
      status: Number.parseInt(read('status'), 10),
      stderr: read('stderr').trim(),
      out: read('out'),
      journal: journalOf(runs),
    };
  };
  const all = (text: string, ran: Awaited<ReturnType<typeof trouble>>, status: number, says: RegExp) => {
    const figures = `status ${ran.status}, ${ran.seconds.toFixed(1)} s, stderr ${JSON.stringify(ran.stderr)}`;
    expect(isDone(text), () => `not all is done: ${figures}`);
    expect(ran.status === status && says.test(ran.stderr), () => figures);
    return figures;
  };

  if (!short)
    await check('a run without trouble', async () =>
      all(
        'none',
        await trouble('none', 1, { line: '$DABOOK >"$OUT" 2>"$STDERR"; echo $? >"$STATUS"' }),
        0,
        /^$/,
      ),
    );
  // Longer than a host goes on without a sign of life.
  const stall = 45;
  if (!short)
    await check(`a reader that does not read for ${stall} s`, async () => {
      const line = `{ $DABOOK --json 2>"$STDERR"; echo $? >"$STATUS"; } | { sleep ${stall}; cat >"$OUT"; }`;
      const ran = await trouble('slow', 3, { line });
      const figures = all('slow', ran, 0, /^$/);
      const events = ran.out
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Event);
      expect(ran.out.length > 2 * 65_536, () => `only ${ran.out.length} bytes: no pipe was full`);
      expect(events.at(-1)?.type === 'run.ended', () => 'the end was not told');
      const lost = events.filter(({ type }) => type === 'host.lost').length;
      expect(lost === 0, () => `${lost} connections were lost; ${figures}`);
      const ended = events.at(-1);
      const took = ended?.type === 'run.ended' ? ended.seconds : 0;
      return `${figures}; the run itself ${took.toFixed(1)} s, ${ran.out.length} bytes`;
    });
  for (const options of short ? [''] : ['', '--json']) {
    await check(`a closed pipe: dabook run ${options} | head -1`, async () => {
      const line = `{ $DABOOK ${options} 2>"$STDERR"; echo $? >"$STATUS"; } | head -1`;
      const ran = await trouble(`closed${options}`, 1, { line });
      expect(ran.journal.at(-1)?.outcome === 'ok', () => 'the journal does not say that all is well');
      return all(`closed${options}`, ran, 0, /^$/);
    });
  }
  if (!short)
    await check('a full disk under stdout', async () => {
      const line = '$DABOOK >/dev/full 2>"$STDERR"; echo $? >"$STATUS"';
      return all('stdout', await trouble('stdout', 1, { line }), 1, /the output cannot be written: ENOSPC/);
    });
  await check('a full disk under the journal', async () => {
    const line = '$DABOOK >"$OUT" 2>"$STDERR"; echo $? >"$STATUS"';
    const ran = await trouble('journal', 1, { line, env: { DABOOK_RUNS: full } });
    return all('journal', ran, 0, /the journal cannot be written any more: ENOSPC/);
  });
  await check('the terminal goes away', async () => {
    const line = `exec script -qec '$DABOOK 2>"$STDERR"; echo $? >"$STATUS"' /dev/null`;
    const ran = await trouble('hangup', 3, {
      line,
      meanwhile: async (pid) => {
        const isBegun = () => fleet.hosts.every(({ place }) => existsSync(`${place}/begun`));
        for (let tries = 0; tries < 1200 && !isBegun(); tries++) await sleep(50);
        process.kill(pid, 'SIGKILL');
      },
    });
    const there = (name: string) => fleet.hosts.filter(({ place }) => existsSync(`${place}/${name}`)).length;
    const outcome = ran.journal.at(-1)?.outcome;
    const figures = `${outcome} after ${ran.seconds.toFixed(1)} s; ${there('finished')} steps under way were finished, ${there('after')} begun after that; stderr ${JSON.stringify(ran.stderr)}`;
    expect(outcome === 'interrupted' && there('finished') === 3 && there('after') === 0, () => figures);
    expect(!/assertion|error/i.test(ran.stderr), () => figures);
    expect(ran.stderr.includes('interrupted; waiting for the steps under way'), () => figures);
    return figures;
  });
  execFileSync('umount', [full]);
  await fleet.close();
}) satisfies Part;

/** The lines of the only journal there is. */
function journalOf(runs: string): readonly { readonly outcome?: string }[] {
  if (!existsSync(runs)) return [];
  const file = readdirSync(runs)
    .map((name) => `${runs}/${name}/journal.jsonl`)
    .find((path) => existsSync(path));
  if (file === undefined) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { readonly outcome?: string });
}
