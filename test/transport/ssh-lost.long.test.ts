import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Session, Target } from '../../lib/transport/session.ts';
import { createSshTransport, type SshOptions } from '../../lib/transport/ssh.ts';
import { listen, pipe } from './listen.ts';
import { sshTools } from './ssh-tools.ts';
import { cannotRun, freePort, hostKey, startSshd } from './sshd.ts';

const user = { become: false };

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const { keys, sshd, options, target, knownFile, login, text, refusal } = await sshTools(t);

  t.test('hosts that do not answer', async (t) => {
    const port = await freePort();
    t.match(await refusal(target({ port })), {
      code: 'unreachable',
      message: /^ha1 \(root@127.0.0.1:\d+\) refused the connection$/,
      hint: /sshd/,
    });
    t.match(await refusal(target({ address: 'no-such-host.invalid' })), {
      code: 'unreachable',
      message: /name no-such-host.invalid|could not be looked up/,
    });
    t.match(await refusal(target({ address: '-oProxyCommand=x' })), {
      code: 'unreachable',
      message: /has the address/,
    });

    const silent = await listen(t, () => {});
    t.match(await refusal(target({ port: silent, connectTimeout: 2 })), {
      message: /gave no SSH handshake within 2 s/,
    });
    const http = await listen(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    t.match(await refusal(target({ port: http, connectTimeout: 20 })), { message: /SSH handshake/ });

    let drops = 2;
    const flaky = await listen(t, (socket) => {
      if (drops-- > 0) socket.resetAndDestroy();
      else pipe(socket, sshd.port);
    });
    const known = knownFile('flaky', `* ${hostKey(keys, 'ed25519')}\n`);
    t.equal(
      await text(await login(t, target({ port: flaky }), options(known)), 'echo in'),
      'in\n',
      'the third try succeeds',
    );
    drops = 99;
    t.match(await refusal(target({ port: flaky }), options(known)), {
      message: /closed the connection before the SSH handshake/,
    });
    t.equal(drops, 96, 'three tries');
  });

  t.test('a server that takes few logins at once', async (t) => {
    const shy = await startSshd(t, keys, ['MaxStartups 10:30:100']);
    const known = knownFile('shy', `* ${hostKey(keys, 'ed25519')}\n`);
    const many = async (portOf: (index: number) => number | Promise<number>, from: SshOptions) => {
      const { connect } = createSshTransport({ ...from, ...known });
      const ports = await Promise.all(Array.from({ length: 100 }, (_, index) => portOf(index)));
      const sessions = await Promise.all(
        ports.map((port, index) => connect(target({ name: `ha${index}`, port }))),
      );
      await Promise.all(sessions.map((session) => session.close()));
      return sessions.length;
    };
    t.equal(await many(() => shy.port, options()), 100, 'by one name');
    const proxy = () => listen(t, (socket) => pipe(socket, shy.port));
    t.equal(await many(proxy, options({ connectionStarts: 60 })), 100, 'by a hundred names');

    const configFile = join(keys.dir, 'shy-config');
    writeFileSync(
      configFile,
      `Host 127.0.0.2\n  ProxyJump root@127.0.0.1:${shy.port}\nHost *\n  IdentityFile ${keys.ed25519}\n`,
    );
    const { connect } = createSshTransport({ ...options({ configFile }), ...known });
    const behind = await listen(t, (socket) => pipe(socket, sshd.port), '127.0.0.2');
    const sessions = await Promise.all(
      Array.from({ length: 50 }, () => connect(target({ address: '127.0.0.2', port: behind }))),
    );
    t.equal(sessions.length, 50, 'behind a jump host');
    await Promise.all(sessions.map((session) => session.close()));
  });

  t.test('a connection that is lost', async (t) => {
    for (const [what, kill] of [
      ['its sshd', 'kill -9 $PPID'],
      ['its shell', 'kill -9 $$'],
    ] as const) {
      const session = await login(t, target());
      const marker = join(keys.dir, 'marker');
      t.equal(await text(session, 'echo before'), 'before\n');
      const all = await Promise.allSettled([
        session.exec(`${kill}; sleep 0.1; exit 0`, user),
        session.exec(`touch ${marker}`, user),
      ]);
      t.match(
        all,
        [1, 2].map(() => ({
          status: 'rejected',
          reason: { code: 'lost', message: /lost while 2 commands were under way/ },
        })),
        what,
      );
      t.notOk(existsSync(marker), 'nothing was run after it');
      await t.rejects(session.exec('true', user), { code: 'lost' });
    }

    let cut: Socket | undefined;
    const proxy = await listen(t, (socket) => {
      cut = socket;
      pipe(socket, sshd.port);
    });
    const known = knownFile('cut', `* ${hostKey(keys, 'ed25519')}\n`);
    const session = await login(t, target({ port: proxy }), options(known));
    const file = join(keys.dir, 'whole');
    writeFileSync(file, 'old');
    const put = session.exec(`touch ${file}.begun; cat > ${file}.new && mv ${file}.new ${file}`, {
      ...user,
      stdin: Buffer.alloc(60_000_000),
    });
    while (!existsSync(`${file}.begun`)) await new Promise((resolve) => setTimeout(resolve, 5));
    cut?.destroy();
    await t.rejects(put, { code: 'lost' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    t.equal(readFileSync(file, 'utf8'), 'old', 'a part of stdin is not taken for the whole');
  });

  t.test('a host that freezes', async (t) => {
    const jump = await startSshd(t, keys);
    const { knownHostsFiles } = knownFile('frozen', `* ${hostKey(keys, 'ed25519')}\n`);
    const configFile = join(keys.dir, 'frozen-config');
    writeFileSync(
      configFile,
      `Host 127.0.0.2\n  ProxyJump root@127.0.0.1:${jump.port}\nHost *\n  IdentityFile ${keys.ed25519}\n`,
    );
    const behind = await listen(t, (socket) => pipe(socket, sshd.port), '127.0.0.2');
    const works: readonly [string, (session: Session) => Promise<unknown>][] = [
      ['while it works', (session) => session.exec('sleep 1000', user)],
      ['while it is sent much', (session) => session.exec('cat >&2', { ...user, stdin: Buffer.alloc(5e7) })],
      ['before it is asked', () => new Promise((resolve) => setTimeout(resolve, 100))],
    ];
    const ways = [
      ['directly', target()],
      ['behind a jump host', target({ address: '127.0.0.2', port: behind })],
    ] as const;
    const freeze = async (to: Target, what: string, work: (session: Session) => Promise<unknown>) => {
      const session = await login(t, to, options({ configFile, knownHostsFiles }));
      const pid = Number(await text(session, 'echo $PPID'));
      t.teardown(() => process.kill(pid, 'SIGKILL'));
      process.kill(pid, 'SIGSTOP');
      const later = work(session).then(() => session.exec('true', user));
      await t.rejects(later, { code: 'lost', message: /Keepalive timeout/ }, what);
    };
    const all = ways.flatMap(([way, to]) => works.map(([what, work]) => freeze(to, `${way}, ${what}`, work)));
    await Promise.all(all);
  });

  t.test('a host that falls silent can be left', async (t) => {
    let cut: Socket | undefined;
    const proxy = await listen(t, (socket) => {
      cut = socket;
      pipe(socket, sshd.port);
    });
    const known = knownFile('silent', `* ${hostKey(keys, 'ed25519')}\n`);
    const session = await login(t, target({ port: proxy }), options(known));
    await session.exec('true', user);
    cut?.unpipe().pause();
    const underWay = t.rejects(session.exec('true', user), { code: 'unreachable', message: /closed/ });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await session.close();
    await underWay;
  });
}
