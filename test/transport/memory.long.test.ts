import t from 'tap';
import { createMemoryTransport } from '../../lib/transport/memory.ts';
import type { ExecDeadline } from '../../lib/transport/session.ts';
import { contract } from './contract.ts';
import { realShell } from './real-shell.ts';

const target = (name: string) => ({ name, connection: 'ssh', address: name }) as const;

t.test('the contract', (t) => {
  const transport = createMemoryTransport({
    hosts: { ha1: { exec: (command, { stdin }) => realShell(command, stdin) } },
  });
  return contract(t, () => transport.connect(target('ha1')));
});

t.test('scripted hosts', async (t) => {
  const transport = createMemoryTransport({
    hosts: {
      ha1: {
        exec: (command, { become }) =>
          command === 'id -un' ? (become ? 'root\n' : 'da\n') : { status: 1, stderr: 'no' },
        docker: ({ method, path }) =>
          method === 'GET' ? { status: 200, body: { path } } : { status: 503, body: 'not now' },
      },
      ha2: { unreachable: 'no route to host' },
    },
  });
  const session = await transport.connect(target('ha1'));
  const [user, root, other] = await Promise.all([
    session.exec('id -un', { become: false }),
    session.exec('id -un', { become: true }),
    session.exec('rm', { become: true, stdin: Buffer.from('x') }),
  ]);
  t.equal(user.stdout.toString(), 'da\n');
  t.equal(root.stdout.toString(), 'root\n');
  t.match(other, { status: 1, stdout: Buffer.alloc(0) });
  t.equal(other.stderr.toString(), 'no');
  t.strictSame([user.trip, root.trip, session.stats.roundTrips], [1, 1, 1], 'one for both users');
  const got = await session.docker({ method: 'GET', path: '/info' }, { become: false });
  t.strictSame(JSON.parse(got.body.toString()), { path: '/info' });
  t.equal(
    (await session.docker({ method: 'POST', path: '/x' }, { become: false })).body.toString(),
    'not now',
  );
  await session.close();
  await t.rejects(transport.connect(target('ha2')), { code: 'unreachable', message: /no route to host/ });
  await t.rejects(transport.connect(target('ha9')), { code: 'unreachable' });
  t.match(transport.asked, [
    { host: 'ha1', type: 'connect' },
    { type: 'exec', command: 'id -un', become: false },
    { type: 'exec', command: 'id -un', become: true },
    { type: 'exec', command: 'rm', become: true, stdin: Buffer.from('x') },
    { type: 'docker', method: 'GET', path: '/info', become: false },
    { type: 'docker', method: 'POST' },
    { host: 'ha1', type: 'close' },
    { host: 'ha2', type: 'connect' },
    { host: 'ha9', type: 'connect' },
  ]);
});

t.test('deadlines', async (t) => {
  const transport = createMemoryTransport({
    hosts: {
      ha1: {
        exec: (command) => (command === 'quick' ? 'yes' : new Promise<never>(() => {})),
        docker: ({ method }) => (method === 'GET' ? { status: 200 } : new Promise<never>(() => {})),
      },
    },
  });
  const session = await transport.connect(target('ha1'));
  const run = (command: string, deadline: ExecDeadline) => session.exec(command, { become: false, deadline });
  await t.rejects(run('slow', { total: 0.1, idle: 9 }), { code: 'command', message: /within 0.1 s \(total/ });
  await t.rejects(run('slow', { total: 9, idle: 0.1 }), {
    code: 'command',
    message: /silent for 0.1 s \(idle/,
  });
  t.equal((await run('quick', { total: 60, idle: 60 })).stdout.toString(), 'yes');
  const deadline = { total: 0.1 };
  await t.rejects(session.docker({ method: 'POST', path: '/x' }, { become: false, deadline }), {
    code: 'command',
    message: /Docker Engine of ha1 did not answer within 0.1 s/,
  });
  t.equal((await session.docker({ method: 'GET', path: '/x' }, { become: false, deadline })).status, 200);
});
