import { join } from 'node:path';
import t from 'tap';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { backpressure, contract, deadlines } from './contract.ts';
import { sshTools } from './ssh-tools.ts';
import { cannotRun } from './sshd.ts';

const user = { become: false };

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const { options, target, login, text } = await sshTools(t);

  t.test('the contract', (t) => {
    const transport = createSshTransport(options());
    return contract(t, () => transport.connect(target()));
  });

  t.test('deadlines', (t) => {
    const transport = createSshTransport(options());
    return deadlines(t, () => transport.connect(target()));
  });

  t.test('a stream waits for its reader', async (t) => backpressure(t, await login(t, target())));

  t.test('output is bounded', async (t) => {
    const session = await login(t, target(), options({ maxOutput: 1_000_000 }));
    const pid = join(t.testdir(), 'pid');
    const [big, next] = await Promise.allSettled([
      session.exec(`sh -c 'echo $$ >"${pid}"; exec yes'`, user),
      session.exec('true', user),
    ]);
    t.match(big, { status: 'rejected', reason: { code: 'command', message: /more than 1000000 bytes/ } });
    t.match(next, { status: 'rejected', reason: { code: 'command', hint: /is not known/ } });
    const isGone = `while kill -0 "$(cat '${pid}')"; do sleep 0.02; done 2>/dev/null; echo gone`;
    t.equal(await text(session, isGone), 'gone\n', 'what was cut off does not go on');
    t.equal((await session.exec('yes | head -c 2000000', { ...user, maxOutput: 2e6 })).stdout.length, 2e6);
  });

  t.test('round trips', async (t) => {
    const session = await login(t, target());
    await Promise.all(Array.from({ length: 50 }, () => session.exec('true', user)));
    t.equal(session.stats.roundTrips, 1);
    await session.exec('true', user);
    await session.exec('id', { become: false, stdin: Buffer.from('x') });
    t.equal(session.stats.roundTrips, 3);
  });
}
