// Any prefix of a task's steps, then a whole run, ends where an undisturbed run ends: for each task that works on files,
// with each kind of work that it has. Three kinds of prefix are tried:
// - the controller is killed right before a step, as soon as it has ended, and once while its script runs;
// - the script itself is killed with its whole process group before some of the programs that it changes things with, or each: SIGKILL, what
//   the keeper of a host does at worst to what goes on without its controller;
// - the same at random moments, while there are some MiB to be written.
// What is killed by SIGKILL cannot tidy up: only then may a folder be left that nobody else can enter. It is in nobody's
// way: the next run ends in the same state, and finds nothing more to do.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { outsideTap } from '../outside-tap.ts';
import { seededRandom } from '../seeded-random.ts';
import type { Case } from './prefix/case.ts';
import { cases } from './prefix/cases.ts';
import { placeDoom } from './prefix/doom.ts';
import type { Point } from './prefix/doomed-case.ts';
import { clear, leftIn, type Place, placeAt, processesOf } from './prefix/place.ts';
import { runCase } from './prefix/run-case.ts';
import { snapshotOf } from './prefix/snapshot.ts';

/** Which moments are chosen: `SEED=2 npx tap test/tasks/any-prefix.long.test.ts`. */
const seed = Number(process.env.SEED ?? 1);
/** `EVERY_MOMENT=1`: before each program of each script, which takes many minutes. */
const isThorough = process.env.EVERY_MOMENT !== undefined;
/** Seconds that what outlives its controller may take. */
const grace = 5;

const bundleFolder = mkdtempSync(join(tmpdir(), 'dabook-doomed-'));
const program = join(bundleFolder, 'doomed-case.mjs');
t.teardown(() => rmSync(bundleFolder, { recursive: true }));
// As one file it starts in a fraction of the time.
await build({
  entryPoints: [fileURLToPath(new URL('prefix/doomed-case.ts', import.meta.url))],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as from } from 'node:module'; const require = from(import.meta.url);",
  },
});

const tried = { controller: 0, script: 0, random: 0 };
t.jobs = 2;
t.setTimeout(isThorough ? 3_600_000 : 600_000);
for (const it of cases) {
  t.test(it.title, { skip: it.skip ?? false, buffered: true, timeout: 3_600_000 }, (t) => prove(t, it));
}
t.teardown(() => t.comment(`moments tried: ${JSON.stringify(tried)}`));

async function prove(t: Test, it: Case): Promise<void> {
  const at = placeAt(realpathSync(mkdtempSync(join(tmpdir(), 'dabook prefix '))));
  t.teardown(() => rmSync(at.root, { recursive: true }));
  const doom = placeDoom(at);
  const random = seededRandom(seed + cases.indexOf(it));
  const start = async () => {
    clear(at);
    await it.prepare(at);
  };
  const state = async () => ({
    ...(await snapshotOf(at, it.isTimed ?? (() => false))),
    ...(it.also ? { also: await it.also(at) } : {}),
  });

  await start();
  const before = await state();
  /** Of each step. */
  const calls: number[] = [];
  const begun: number[] = [];
  const seconds: number[] = [];
  const undisturbed = await runCase(it, at, {
    before: (step) => {
      doom.arm(Number.MAX_SAFE_INTEGER, 'group');
      begun[step] = performance.now();
    },
    after: (step) => {
      calls[step] = doom.disarm();
      seconds[step] = (performance.now() - (begun[step] ?? 0)) / 1000;
    },
  });
  const final = await state();
  t.equal(undisturbed.outcome, 'ok', `${undisturbed.error}`);
  t.ok(undisturbed.steps > 0, 'there is something to do');
  t.notSame(final, before);
  t.same(leftIn(at), []);
  const steps = Array.from({ length: undisturbed.steps }, (_, index) => index + 1);

  /** One more run has nothing to do, or to do again what each run does. */
  const again = { outcome: 'ok', error: undefined, steps: it.isOpaque ? steps.length : 0 };
  t.same(await runCase(it, at), again);
  t.same(await state(), final);

  /** One assertion for each moment: each of them takes its time. */
  const converges = async (moment: string, mayBeLeft: (path: string) => boolean) => {
    await silence(at);
    const processes = processesOf(at);
    const { outcome, error } = await runCase(it, at);
    const found = { state: await state(), left: leftIn(at).filter((path) => !mayBeLeft(path)) };
    const rest = { ...(await runCase(it, at)), state: await state() };
    t.same(
      { processes, outcome, error, ...found, detached: detached(at), rest },
      {
        processes: [],
        outcome: 'ok',
        error: undefined,
        state: final,
        left: [],
        detached: [],
        rest: { ...again, state: final },
      },
      moment,
    );
  };

  const controllerDies = async (step: number, moment: Point['moment']) => {
    await start();
    const end = await doomed({ title: it.title, root: at.root, step, moment });
    t.equal(end, 'SIGKILL');
    await silence(at);
    doom.disarm();
    tried.controller++;
    await converges(`controller, step ${step}, ${moment}`, () => false);
  };
  for (const step of steps) {
    if (isThorough || random() < 0.5) await controllerDies(step, 'before');
    else await controllerDies(step, 'after');
    if (isThorough) await controllerDies(step, 'after');
  }
  const chosen = 1 + Math.floor(random() * steps.length);
  if ((calls[chosen] ?? 0) > 0) await controllerDies(chosen, 1 + Math.floor(random() * (calls[chosen] ?? 0)));

  // What reads a key on the host that has it may be killed when all of it was read.
  let undone = 0;
  const scriptDies = async (step: number, call: number) => {
    await start();
    let outcome: string | undefined;
    await runCase(it, at, {
      before: (begun) => {
        if (begun === step) doom.arm(call, 'group');
      },
      after: (ended, how) => {
        if (ended === step) outcome = how;
      },
      giveUp: true,
    });
    doom.disarm();
    t.ok(doom.came() !== undefined, `step ${step} was killed before its program ${call}`);
    if (outcome !== 'done') undone++;
    tried.script++;
    await converges(`script, step ${step}, ${call} of ${calls[step]} (${doom.came()})`, isPrivate);
  };
  for (const step of steps) {
    for (const call of momentsIn(it.within, calls[step] ?? 0, random)) await scriptDies(step, call);
  }

  if (it.within !== undefined) t.ok(undone > 0, `${undone} steps were not done`);

  let inside = 0;
  const most = it.atRandom ?? 0;
  // A busy machine may be through with the step before any of them.
  for (let i = 0; i < most || (most > 0 && inside === 0 && i < 30); i++) {
    await start();
    let timer: NodeJS.Timeout | undefined;
    await runCase(it, at, {
      before: () => {
        timer = setTimeout(() => killGroups(at), random() * (seconds[1] ?? 0) * 1000);
      },
      after: (_step, outcome) => {
        clearTimeout(timer);
        if (outcome !== 'done') inside++;
      },
      giveUp: true,
    });
    clearTimeout(timer);
    tried.random++;
    await converges(`random moment ${i}`, isPrivate);
  }
  if (most > 0) t.ok(inside > 0, `${inside} random moments fell into the step`);
}

/** Numbers from 1 on: few, as each costs a run and two looks, or all where all are asked for. */
function momentsIn(within: Case['within'], count: number, random: () => number): readonly number[] {
  const all = Array.from({ length: count }, (_, index) => ({ call: index + 1, key: random() }));
  const most = { many: isThorough ? count : 2, few: isThorough ? count : 1, none: 0 }[within ?? 'none'];
  const chosen = all.sort((a, b) => a.key - b.key).slice(0, most);
  return chosen.map(({ call }) => call).sort((a, b) => a - b);
}

/** Waits for what outlives its controller. */
async function silence(at: Place): Promise<void> {
  for (const end = Date.now() + grace * 1000; Date.now() < end && processesOf(at).length > 0; )
    await sleep(20);
}

function killGroups(at: Place): void {
  for (const group of new Set(processesOf(at).map((process) => process.group))) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

/** Whether nobody else can look into what is left, which one can tell by its name to be nobody's. */
function isPrivate(path: string): boolean {
  const { mode, uid } = lstatSync(path);
  return /^(\.dabook\.|tmp\.)/.test(basename(path)) && (mode & 0o77) === 0 && uid === process.getuid?.();
}

/** What is left of commands of this place that go on by themselves. */
function detached(at: Place): readonly string[] {
  const folder = `/var/tmp/.dabook.${process.getuid?.()}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => {
    try {
      return readFileSync(join(folder, name, 'command'), 'utf8').includes(at.root);
    } catch {
      // Another one's, and gone meanwhile; or no folder.
      return false;
    }
  });
}

function doomed(point: Point): Promise<string> {
  const [command, args] = outsideTap(process.execPath, [program, JSON.stringify(point)]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    // What was compiled once is not compiled again.
    env: { ...process.env, NODE_COMPILE_CACHE: join(bundleFolder, 'compiled') },
  });
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done(signal ?? `${status}: ${said}`));
  });
}
