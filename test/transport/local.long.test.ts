import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { putScript } from '../../lib/put-script.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { backpressure, contract, deadlines } from './contract.ts';

const transport = createLocalTransport({ user: 'me' });
const target = { name: 'here', connection: 'local', address: 'here' } as const;

t.test('the contract', (t) => contract(t, () => transport.connect(target)));

t.test('deadlines', (t) => deadlines(t, () => transport.connect(target)));

t.test('a stream waits for its reader', async (t) => {
  const session = await transport.connect(target);
  t.teardown(() => session.close());
  await backpressure(t, session);
});

t.test('become, and an environment', async (t) => {
  const session = await createLocalTransport({
    user: 'me',
    env: { PATH: '/usr/bin:/bin', GREETING: 'hi' },
  }).connect(target);
  t.teardown(() => session.close());
  t.equal((await session.exec('echo $GREETING', { become: false })).stdout.toString(), 'hi\n');
  t.test('become', { skip: process.getuid?.() !== 0 && 'not root' }, async (t) => {
    t.equal((await session.exec('id -u', { become: true })).stdout.toString(), '0\n');
  });
});

t.test('a command that never ends of itself is cut off', async (t) => {
  const session = await transport.connect(target);
  t.teardown(() => session.close());
  const pid = join(t.testdir(), 'pid');
  const endless = session.exec(`sh -c 'echo $$ >"${pid}"; exec yes'`, {
    become: false,
    maxOutput: 1000,
  });
  await t.rejects(endless, { code: 'command', message: /more than 1000 bytes/ });
  const isGone = `while kill -0 "$(cat '${pid}')"; do sleep 0.02; done 2>/dev/null; echo gone`;
  t.equal((await session.exec(isGone, { become: false })).stdout.toString(), 'gone\n');
});

t.test('a gigabyte costs no more than the limit', async (t) => {
  const session = await transport.connect(target);
  t.teardown(() => session.close());
  await session.exec('true', { become: false });
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 5);
  t.teardown(() => clearInterval(watch));
  const gigabyte = session.exec('head -c 1000000000 /dev/zero; head -c 1000000000 /dev/zero >&2', {
    become: false,
    deadline: { total: 120 },
  });
  await t.rejects(gigabyte, { code: 'command', message: /more than 16 MiB/ });
  t.ok(most < 200 * 2 ** 20, `${most} bytes`);
  t.equal((await session.exec('echo next', { become: false })).stdout.toString(), 'next\n');
});

t.test(
  'what a command leaves in the background outlives the session, which does not wait for it',
  async (t) => {
    const session = await transport.connect(target);
    const { stdout } = await session.exec('sleep 60 >/dev/null 2>&1 & echo $!', { become: false });
    const pid = Number(stdout);
    await session.close();
    t.ok(process.kill(pid, 0));
    process.kill(pid);
  },
);

t.test('a file whose content ends halfway: what was there stays, and nothing else', async (t) => {
  const dir = t.testdir({ file: 'old' });
  const session = await transport.connect(target);
  t.teardown(() => session.close());
  const path = join(dir, 'file');
  const content = { from: 'text', text: '' } as const;
  const script = putScript({ kind: 'put', path, content, mode: '0644' }, 'f'.repeat(64));
  const stdin = {
    size: 200_000,
    async *chunks() {
      yield Buffer.alloc(100_000);
      // It is at work by now, in a folder of its own.
      while (readdirSync(dir).length === 1) await sleep(10);
      throw new Error('the disk is gone');
    },
  };
  await t.rejects(session.exec(script.text, { become: false, stdin }), { message: 'the disk is gone' });
  for (let i = 0; i < 500 && readdirSync(dir).length > 1; i++) await sleep(20);
  t.same(readdirSync(dir), ['file']);
  t.equal(readFileSync(path, 'utf8'), 'old');
});
