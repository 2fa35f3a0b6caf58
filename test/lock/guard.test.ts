import t from 'tap';
import { createAbortable } from '../../lib/abortable.ts';
import { createGuard } from '../../lib/guard.ts';
import { createReach } from '../../lib/reach.ts';
import { lateCall } from '../../lib/transport/docker-fault.ts';
import type { Session } from '../../lib/transport/session.ts';

/** A session whose keepers say that all is well; what they are asked for is kept. */
function scripted() {
  const keepers: string[] = [];
  const shells: boolean[] = [];
  const session: Session = {
    async exec(_command, { become }) {
      shells.push(become);
      return { status: 0, stdout: Buffer.from('4711\n'), stderr: Buffer.alloc(0), trip: 1 };
    },
    docker: () => Promise.reject(new Error('not asked here')),
    async accompany(script, { become, onLine }) {
      // Only the script of one that takes the lock calls this by itself.
      keepers.push(`${become ? 'root' : 'user'}${/^take$/m.test(script) ? ' locks' : ''}`);
      let end: (how: string) => void = () => {};
      const ended = new Promise<string>((resolve) => {
        end = resolve;
      });
      setImmediate(() => onLine('held 100'));
      return {
        write: (line) => {
          const [word = ''] = line.split(' ');
          if (word === 'end') end('it ended with status 0');
          else onLine(word === 'stop' ? 'stopped' : word);
        },
        ended,
        end: () => end('it ended with status 0'),
      };
    },
    close: async () => {},
  };
  const holder = { run: 'r1', user: 'da', host: 'here', pid: 1, since: '2026-01-01T00:00:00Z' };
  return { guard: createGuard('ha1', { holder: holder as never }), session, keepers, shells };
}

t.test('what needs the lock alone takes it as the login user, and not twice', async (t) => {
  const { guard, session, keepers } = scripted();
  await guard.ready(session, undefined, false);
  t.same(keepers, [], 'nothing before a first step');
  await guard.ready(session, undefined, true);
  t.same(keepers, ['user locks']);
  await guard.ready(session, undefined, true);
  t.same(keepers, ['user locks']);
  await guard.ready(session, true, true);
  t.same(keepers, ['user locks', 'root'], "root's commands are only watched over");
  await guard.release();
});

t.test('whoever holds the lock holds it for calls of the Engine, too', async (t) => {
  const { guard, session, keepers, shells } = scripted();
  await guard.ready(session, true, true);
  await guard.ready(session, undefined, true);
  t.same(keepers, ['root locks']);
  t.same(shells, [true], 'no shell of the login user is started for that');
  await guard.release();
});

t.test('a call of the Engine that took too long ends no shell', async (t) => {
  const ended: boolean[] = [];
  const guard = { ready: async () => {}, shellEnded: async (become: boolean) => void ended.push(become) };
  const line = { session: async () => ({}) };
  const reach = createReach({
    host: 'ha1',
    line: line as never,
    guard: guard as never,
    changes: { count: 0, underWay: 0, lockedAt: 0 },
    emit: () => {},
  });
  const run = createAbortable(new AbortController().signal);
  const late = () => Promise.reject(lateCall({ host: 'ha1' }, 60));
  await t.rejects(reach.ask({ purpose: 'fact' }, run, late), { message: /did not answer within 60 s/ });
  t.same(ended, []);
  await t.rejects(reach.ask({ purpose: 'fact', shell: { become: true } }, run, late), { code: 'command' });
  t.same(ended, [true], 'a command does, as it may still run');
});
