import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DabookError } from '../../lib/errors.ts';
import { secret } from '../../lib/secret.ts';
import type { Session, Target } from '../../lib/transport/session.ts';
import { createSshTransport, type SshOptions } from '../../lib/transport/ssh.ts';
import { canary, canarySecret } from '../canary/canary.ts';
import { backpressure, contract, deadlines } from './contract.ts';
import { cannotRun, freePort, hostKey, makeKeys, makeUser, type Sshd, setSudo, startSshd } from './sshd.ts';

const user = { become: false };
const root = { become: true };

// The machine may be busy, and sudo takes its time with a wrong password.
t.setTimeout(180_000);
if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const knownHosts = join(keys.dir, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${sshd.port} ${hostKey(keys, 'ed25519')}\n`);

  const options = (more: Partial<SshOptions> = {}): SshOptions => ({
    home: keys.dir,
    user: 'root',
    configFile: '/dev/null',
    knownHostsFiles: [knownHosts],
    ...more,
  });
  const target = (more: Partial<Target> = {}): Target => ({
    name: 'ha1',
    connection: 'ssh',
    address: '127.0.0.1',
    port: sshd.port,
    user: 'root',
    privateKeyFile: keys.ed25519,
    ...more,
  });
  const login = async (t: Test, to: Target, from: SshOptions = options()) => {
    const session = await createSshTransport(from).connect(to);
    t.teardown(() => session.close());
    return session;
  };
  const text = async (session: Session, command: string, options = user) =>
    (await session.exec(command, options)).stdout.toString();
  /** The error of a connection that must not come about. */
  const refusal = async (to: Target, from: SshOptions = options()): Promise<DabookError> => {
    const result = await createSshTransport(from)
      .connect(to)
      .then(
        async (session) => session.close(),
        (error: unknown) => error,
      );
    if (!(result instanceof DabookError)) throw new Error(`no error: ${result}`);
    return result;
  };
  const knownFile = (name: string, lines: string) => {
    const file = join(keys.dir, name);
    writeFileSync(file, lines);
    return { knownHostsFiles: [file] };
  };

  t.test('the contract', (t) => {
    const transport = createSshTransport(options());
    return contract(t, () => transport.connect(target()));
  });

  t.test('deadlines', (t) => {
    const transport = createSshTransport(options());
    return deadlines(t, () => transport.connect(target()));
  });

  t.test('a stream waits for its reader', async (t) => backpressure(t, await login(t, target())));

  t.test('keys', async (t) => {
    for (const file of [keys.ed25519, keys.ecdsa, keys.rsa]) {
      t.equal(await text(await login(t, target({ privateKeyFile: file })), 'id -u'), '0\n', file);
    }
    const encrypted = await refusal(target({ privateKeyFile: keys.encrypted }));
    t.match(encrypted, {
      code: 'unreachable',
      message: /user_encrypted for ha1 .* cannot be used: it is encrypted/,
    });
    t.match(encrypted.hint, `ssh-add ${keys.encrypted}`);
    t.match(await refusal(target({ privateKeyFile: join(keys.dir, 'none') })), {
      message: /cannot be used: ENOENT/,
    });
    t.match(await refusal(target({ privateKeyFile: `${keys.rsa}.pub` })), { message: /it is a public key/ });
    const stranger = await refusal(target({ privateKeyFile: join(keys.dir, 'host_rsa') }));
    t.match(stranger, {
      code: 'unreachable',
      message: /^ha1 \(root@127.0.0.1:\d+\) refused the login: tried key .*host_rsa; it accepts publickey$/,
    });
    t.match(
      (await refusal(target({ privateKeyFile: undefined }))).message,
      'there is no key, agent or password',
    );
  });

  t.test('an agent', async (t) => {
    const agentSocket = join(keys.dir, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
    t.teardown(() => agent.kill());
    while (!existsSync(agentSocket)) await new Promise((resolve) => setTimeout(resolve, 10));
    const add = (file: string) =>
      execFileSync('ssh-add', [file], { stdio: 'pipe', env: { ...process.env, SSH_AUTH_SOCK: agentSocket } });
    const from = options({ agentSocket });
    const before = await refusal(target({ privateKeyFile: keys.encrypted }), from);
    t.match(before, {
      message: /refused the login: tried agent/,
      hint: /is left to the agent, since it is encrypted(.|\n)*holds no key/,
    });
    // More keys than the six tries that sshd allows: the named one must come first.
    const own = ['1', '2', '3', '4', '5', '6', '7'].map((name) => {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys.dir, `other_${name}`)]);
      return add(join(keys.dir, `other_${name}`));
    });
    t.equal(own.length, 7);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'secret', '-N', '', '-f', keys.encrypted]);
    add(keys.encrypted);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', keys.encrypted]);
    t.equal(await text(await login(t, target({ privateKeyFile: keys.encrypted }), from), 'id -u'), '0\n');
    t.match(await refusal(target({ privateKeyFile: undefined }), from), {
      message: /Too many authentication failures/,
      hint: /IdentitiesOnly/,
    });
    const gone = options({ agentSocket: join(keys.dir, 'nobody') });
    t.equal(
      await text(await login(t, target(), gone), 'id -u'),
      '0\n',
      'an agent that is gone does not hinder a key',
    );
    t.match(await refusal(target({ privateKeyFile: undefined }), gone), {
      hint: /agent at .*nobody does not answer/,
    });
  });

  t.test('host keys', async (t) => {
    const name = `[127.0.0.1]:${sshd.port}`;
    const fingerprint = (type: 'ed25519' | 'ecdsa' | 'rsa') =>
      execFileSync('ssh-keygen', ['-lf', join(keys.dir, `host_${type}.pub`)])
        .toString()
        .split(' ')[1] ?? '';
    const trusts = async (lines: string, message: string) => {
      const session = await createSshTransport(options(knownFile('known', lines))).connect(target());
      t.equal(await text(session, 'echo in'), 'in\n', message);
      await session.close();
    };
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const)
      await trusts(`${name} ${hostKey(keys, type)}\n`, `known by ${type} only`);
    await trusts(
      `# comment\n\n10.9.9.9 ${hostKey(keys, 'rsa')}\n[127.0.0.*]:* ${hostKey(keys, 'ed25519')} me@here\n`,
      'a wildcard',
    );
    await trusts(`127.0.0.1 ${hostKey(keys, 'ecdsa')}\n`, 'known without a port');

    const hashed = knownFile('hashed', `${name},other ${hostKey(keys, 'ecdsa')}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', join(keys.dir, 'hashed')], { stdio: 'pipe' });
    t.match(readFileSync(join(keys.dir, 'hashed'), 'utf8'), /^\|1\|/);
    t.equal(await text(await login(t, target(), options(hashed)), 'echo in'), 'in\n', 'a hashed name');

    const unknown = knownFile(
      'unknown',
      `!${name},!127.0.0.1,* ${hostKey(keys, 'ed25519')}\n@cert-authority ${name} ${hostKey(keys, 'rsa')}\n`,
    );
    const first = await refusal(target(), options(unknown));
    t.match(first, {
      code: 'unreachable',
      message: `is not known: it showed ED25519 ${fingerprint('ed25519')}; the @cert-authority of`,
    });
    const trust = /then trust it: (.*)$/.exec(first.hint ?? '')?.[1] ?? '';
    t.match(trust, `ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >> ${join(keys.dir, 'unknown')}`);
    execFileSync('sh', ['-c', trust], { stdio: 'pipe' });
    t.equal(
      await text(await login(t, target(), options(unknown)), 'echo in'),
      'in\n',
      'the command of the hint trusts it',
    );

    const changed = knownFile('changed', `${name} ${readFileSync(`${keys.ed25519}.pub`, 'utf8')}`);
    const second = await refusal(target(), options(changed));
    const old = execFileSync('ssh-keygen', ['-lf', `${keys.ed25519}.pub`])
      .toString()
      .split(' ')[1];
    t.match(second, { code: 'unreachable', message: /the host key of ha1 .* has changed/ });
    t.match(
      second.message,
      `it showed ED25519 ${fingerprint('ed25519')}; known is ED25519 ${old} by ${join(keys.dir, 'changed')}:1`,
    );
    const renew = /then trust it: (.*)$/.exec(second.hint ?? '')?.[1] ?? '';
    t.match(renew, `ssh-keygen -R '${name}'`);
    execFileSync('sh', ['-c', renew], { stdio: 'pipe' });
    t.equal(
      await text(await login(t, target(), options(changed)), 'echo in'),
      'in\n',
      'the commands of the hint trust it',
    );

    const revoked = knownFile(
      'revoked',
      `${name} ${hostKey(keys, 'ed25519')}\n@revoked * ${hostKey(keys, 'ed25519')}\n`,
    );
    t.match(await refusal(target(), options(revoked)), {
      message: /is revoked: it showed ED25519 .* revoked by .*revoked:2/,
    });
    const attempts = sshd.log().split('Connection from').length;
    await refusal(target(), options(revoked));
    t.equal(sshd.log().split('Connection from').length, attempts + 1, 'a refused key is not tried again');
  });

  t.test('the ssh configuration, jump hosts included', async (t) => {
    const inner = await startSshd(t, keys);
    const outer = await startSshd(t, keys);
    const known = knownFile('jumps', `* ${hostKey(keys, 'ed25519')}\n`).knownHostsFiles[0];
    const configFile = join(keys.dir, 'config');
    const hosts = [
      `Host web\n  HostName 127.0.0.1\n  Port ${sshd.port}`,
      `Host far*\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  ProxyJump inner`,
      `Host inner\n  HostName 127.0.0.1\n  Port ${inner.port}\n  ProxyJump root@127.0.0.1:${outer.port}`,
      `Host named\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  HostKeyAlias stranger-%n\n  UserKnownHostsFile ${keys.dir}/empty`,
      'Host circle\n  ProxyJump round',
      'Host round\n  ProxyJump circle',
      'Host command\n  ProxyCommand nc %h %p',
      `Host *\n  User root\n  IdentityFile %d/user_ed25519\n  IdentitiesOnly yes\n  UserKnownHostsFile ${known}`,
    ];
    writeFileSync(configFile, `${hosts.join('\n')}\n`);
    const from = options({ configFile, knownHostsFiles: undefined, user: 'nobody' });
    const alias = (address: string): Target => ({ name: address, connection: 'ssh', address });

    t.equal(await text(await login(t, alias('web'), from), 'id -u'), '0\n', 'an alias');
    t.match(
      await refusal({ ...alias('web'), user: 'no-one' }, from),
      { message: /no-one@127.0.0.1:\d+\) refused/ },
      'the inventory wins',
    );
    t.match(await refusal({ ...alias('web'), port: await freePort() }, from), {
      message: /refused the connection/,
    });
    const named = await refusal(alias('named'), from);
    t.match(named.hint, /echo 'stranger-named ssh-ed25519 AAAA[^']*' >> .*empty$/);
    t.match(await refusal(alias('circle'), from), { message: /lead in a circle/ });
    t.match(await refusal(alias('command'), from), { message: /ProxyCommand, which is not supported/ });

    const transport = createSshTransport(from);
    const far = await Promise.all(
      ['far1', 'far2', 'far3', 'far4'].map((name) => transport.connect(alias(name))),
    );
    t.strictSame(
      await Promise.all(far.map((one) => text(one, 'echo $0'))),
      far.map(() => 'sh\n'),
    );
    const logins = (on: Sshd) => on.log().split('Accepted publickey').length - 1;
    t.equal(logins(inner), 1, 'four hosts share one connection to the jump host');
    t.equal(logins(outer), 1);
    await Promise.all(far.map((one) => one.close()));
    while (!outer.log().includes('Disconnected from user'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await (await transport.connect(alias('far5'))).close();
    t.equal(logins(outer), 2, 'it is opened anew once all have gone');

    const byOptions = { ...alias('web'), sshOptions: ['-o', 'ProxyJump=inner'] };
    const before = logins(inner);
    t.equal(await text(await login(t, byOptions, from), 'id -u'), '0\n');
    t.equal(logins(inner), before + 1, 'options of the inventory count');

    const nowhere = { ...alias('far6'), port: await freePort() };
    t.match(await refusal(nowhere, from), {
      message: /far6 .* cannot be reached from jump host inner .*Connection refused/,
    });
  });

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

  t.test(
    'root, and what sudo says',
    { skip: !existsSync('/usr/bin/sudo') && 'sudo is not installed' },
    async (t) => {
      const asRoot = await login(t, target());
      t.equal(await text(asRoot, 'id -u; echo "[$SUDO_USER]"', root), '0\n[]\n', 'root needs no sudo');

      const password = `it is "${canary('password')}" \\n $x`;
      const name = makeUser(t, password);
      const to = (more: Partial<Target> = {}) => target({ user: name, ...more });
      const becomePassword = secret('sudo password', password);

      setSudo(name, [`${name} ALL=(ALL) NOPASSWD: ALL`]);
      const free = await login(t, to());
      t.strictSame(await Promise.all([text(free, 'id -un'), text(free, 'id -u', root)]), [
        `${name}\n`,
        '0\n',
      ]);
      t.strictSame(
        (await free.exec('cat', { ...root, stdin: Buffer.from('in\0put') })).stdout,
        Buffer.from('in\0put'),
      );
      const given = await login(t, to({ becomePassword }));
      t.equal(await text(given, 'id -u', root), '0\n', 'a password that is not asked for is not sent');

      setSudo(name, [`Defaults:${name} timestamp_timeout=0`, `${name} ALL=(ALL) ALL`]);
      const asked = await login(t, to({ becomePassword }));
      t.equal(await text(asked, 'id -u', root), '0\n');
      const seen = await text(
        asked,
        'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; set',
        root,
      );
      t.match(seen, 'sudo', 'the argument lists are there');
      t.notMatch(seen, password);
      await t.rejects((await login(t, to())).exec('true', root), {
        code: 'become',
        message: `sudo asks for the password of ${name} on ha1, and none was given`,
        hint: /-K/,
      });
      const wrong = await login(t, to({ becomePassword: canarySecret('sudo password') }));
      const started = Date.now();
      const refused = {
        code: 'become',
        message: `wrong sudo password for ${name} on ha1`,
        hint: /ansible_become_password/,
      };
      const tries = [
        wrong.exec('true', root),
        wrong.exec('true', root),
        wrong.docker({ method: 'GET', path: '/info' }, root),
      ];
      for (const one of await Promise.allSettled(tries))
        t.match(one, { status: 'rejected', reason: refused });
      await t.rejects(wrong.exec('true', root), refused);
      t.ok(Date.now() - started < 8000, 'it was tried once: sudo waits two seconds after each');
      t.equal(await text(wrong, 'echo still there'), 'still there\n');

      setSudo(name, []);
      await t.rejects((await login(t, to({ becomePassword }))).exec('true', root), {
        code: 'become',
        message: /may not become root on ha1: .*sudoers/,
      });
      setSudo(name, [`Defaults:${name} requiretty`, `${name} ALL=(ALL) NOPASSWD: ALL`]);
      await t.rejects((await login(t, to())).exec('true', root), {
        code: 'become',
        message: /asks for a terminal/,
        hint: /requiretty/,
      });

      const passwords = await startSshd(t, keys, ['PasswordAuthentication yes', 'PubkeyAuthentication no']);
      const pam = await startSshd(t, keys, [
        'UsePAM yes',
        'KbdInteractiveAuthentication yes',
        'PubkeyAuthentication no',
      ]);
      const both = await startSshd(t, keys, [
        'PasswordAuthentication yes',
        'AuthenticationMethods publickey,password',
      ]);
      const from = options(knownFile('passwords', `* ${hostKey(keys, 'ed25519')}\n`));
      const login2 = { privateKeyFile: undefined, password: secret('ssh password', password) };
      for (const { port } of [passwords, pam]) {
        t.equal(
          await text(await login(t, to({ ...login2, port }), from), 'id -un'),
          `${name}\n`,
          'by password',
        );
        const failed = await refusal(to({ ...login2, port, password: canarySecret('ssh password') }), from);
        t.match(failed, { code: 'unreachable', message: /refused the login: tried password; it accepts/ });
      }
      t.equal(passwords.log().split('Failed password').length - 1, 1, 'a wrong password is tried once');
      t.equal(
        await text(await login(t, to({ port: both.port, password: login2.password }), from), 'id -un'),
        `${name}\n`,
        'key and password',
      );
    },
  );
}

/** A server on the loopback interface, gone after the test. */
async function listen(t: Test, onSocket: (socket: Socket) => void, address = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}

function pipe(socket: Socket, port: number): void {
  const other = connectSocket(port, '127.0.0.1');
  other.on('error', () => {});
  socket.pipe(other).pipe(socket);
  socket.once('close', () => other.destroy());
}
