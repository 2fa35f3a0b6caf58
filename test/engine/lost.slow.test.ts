import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import { type Command, exec, fact, sh, task } from '../../lib/index.ts';
import { playbook } from '../../lib/playbook.ts';
import type { RunOptions } from '../../lib/run.ts';
import { command } from '../../lib/tasks/command/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { run } from '../canary/run.ts';
import { type AnyTask, inventoryOf, only } from './settings.ts';

const user = 'me';
const holder = (run: string, who: string) => ({
  run,
  user: who,
  from: 'desk',
  pid: 7,
  since: 'noon',
  playbook: 'lost',
});

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'dabook-lost-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** A file holds a line that a command of the test puts there; every start of it is written down. */
const line = task('line', {
  title: ({ path }: { path: string; by: Command }) => `line in ${path}`,
  fact: ({ path }) =>
    fact({
      key: ['line', path],
      read: async (ask) => (await ask.sh(sh`cat ${path} 2>/dev/null || :`)).stdout,
    }),
  want: () => 'done\n',
  steps: (_now, _want, { by }) => [exec(by)],
});

/** Runs tasks on this machine, by real shells. */
async function onThisMachine(tasks: readonly AnyTask[], options: Partial<RunOptions> = {}) {
  const events: Event[] = [];
  const inventory = inventoryOf({ all: ['here'] });
  const hosts = inventory.hosts.map((host) => ({
    ...host,
    target: { ...host.target, connection: 'local' as const },
  }));
  const book = playbook({ name: 'lost', groups: { all: z.object({}) } }, async ({ groups, play }) => {
    await play('work', groups.all, (host) => host.run(tasks));
  });
  const outcome = await run(
    book,
    { ...inventory, hosts },
    { connect: createLocalTransport({ user }).connect, onEvent: (event) => events.push(event), ...options },
  );
  return { ...outcome, events };
}

const startsOf = (path: string) => readFileSync(path, 'utf8').trim().split('\n').length;

t.test('a shell that dies before its step was done: seen, and done', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'file');
  const by = sh`echo start >>${`${path}.starts`}; [ -e ${`${path}.died`} ] || { : >${`${path}.died`}; kill -9 0; }; echo done >${path}`;
  const { outcome, hosts, events } = await onThisMachine([line({ path, by })]);
  t.equal(outcome, 'ok');
  t.match(hosts.here, { changed: 1, failed: 0, lost: 0, unreachable: 0 });
  t.same(
    only(events, 'step.ended').map(({ outcome }) => outcome),
    ['lost', 'done'],
  );
  t.equal(only(events, 'host.lost').length, 1);
  t.equal(startsOf(`${path}.starts`), 2);
});

t.test('one that dies after it: seen, and not done twice', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'file');
  const by = sh`echo start >>${`${path}.starts`}; echo done >${path}; kill -9 $$`;
  const { outcome, hosts, events } = await onThisMachine([line({ path, by })]);
  t.equal(outcome, 'ok');
  t.match(hosts.here, { changed: 1, lost: 0 });
  t.same(
    only(events, 'step.ended').map(({ outcome }) => outcome),
    ['lost'],
  );
  t.equal(startsOf(`${path}.starts`), 1);
});

t.test('what goes on without its shell is ended before anything is decided', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'file');
  // Its first start goes on when the shell that waits for it is killed, and would write a line of its own later.
  const by = sh`echo start >>${`${path}.starts`}
if [ ! -e ${`${path}.died`} ]; then : >${`${path}.died`}; kill -9 $$; sleep 86399; echo late >>${path}; fi
echo done >${path}`;
  const lock = { holder: holder('r1', 'ann'), timeout: 60, grace: 0.5 };
  const { outcome, events } = await onThisMachine([line({ path, by })], { lock });
  t.equal(outcome, 'ok');
  t.same(
    only(events, 'step.ended').map(({ outcome }) => outcome),
    ['lost', 'done'],
  );
  t.equal(readFileSync(path, 'utf8'), 'done\n');
  const left = execFileSync('ps', ['-eo', 'args'])
    .toString()
    .split('\n')
    .filter((args) => args === 'sleep 86399');
  t.same(left, []);
});

t.test('a detached one that nothing can be read of: it goes on, and is found again', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'file');
  const pid = `${path}.pid`;
  // The shell that waits for the work is ended in the middle, by the work itself, which goes on for longer than it takes
  // to come back: one that has ended by then is begun anew.
  const by = sh`echo start >>${`${path}.starts`}; sleep 1; kill -9 "$(cat ${pid})"; sleep 8; echo done >${path}`;
  const tell = command({ run: sh`echo $$ >${pid}` });
  const { outcome, events } = await onThisMachine([tell, command({ run: by, detached: true })]);
  t.equal(outcome, 'ok');
  t.same(
    only(events, 'step.ended').map(({ outcome }) => outcome),
    ['done', 'lost', 'done'],
  );
  t.equal(startsOf(`${path}.starts`), 1);
  t.equal(readFileSync(path, 'utf8'), 'done\n');
});

t.test('locked: the second of two runs ends, and says who has it', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'file');
  const second = join(dir, 'second');
  const lock = { holder: holder('r1', 'ann'), timeout: 60 };
  let other: Awaited<ReturnType<typeof onThisMachine>> | undefined;
  const by = sh`while [ ! -e ${`${path}.go`} ]; do sleep 0.05; done; echo done >${path}`;
  const first = onThisMachine([line({ path, by })], {
    lock,
    onEvent: async (event) => {
      if (event.type !== 'step.started') return;
      const theirs = line({ path: second, by: sh`echo done >${second}` });
      other = await onThisMachine([theirs], { lock: { holder: holder('r2', 'bob') } });
      writeFileSync(`${path}.go`, '');
    },
  });
  const { outcome } = await first;
  t.equal(outcome, 'ok');
  t.equal(other?.outcome, 'locked');
  t.match(other?.events.at(-1), {
    fault: { code: 'locked', message: /here is locked by ann@desk, process 7 since noon, for lost/ },
  });
  t.notOk(existsSync(second));
  const after = await onThisMachine([line({ path: second, by: sh`echo done >${second}` })], {
    lock: { holder: holder('r2', 'bob'), timeout: 60 },
  });
  t.equal(after.outcome, 'ok', 'and has it once the first is over');
});
