import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { secret } from '../../lib/secret.ts';
import { canary } from '../canary/canary.ts';
import { clients, clientTools } from './both-clients.ts';
import { backpressure, contract, deadlines } from './contract.ts';
import { cannotRun, freePort, hostKey, makeKeys, makeUser, startSshd } from './sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const { options, target, file, known, login, text, works, refusal } = clientTools(keys, sshd.port);
  const anyPort = known('any', `* ${hostKey(keys, 'ed25519')}\n`);
  const make = clients.openssh;
  const connect = make(options(anyPort));

  t.test('the contract', (t) => contract(t, () => connect(target())));

  t.test('deadlines', (t) => deadlines(t, () => connect(target())));

  t.test('a stream waits for its reader', async (t) => backpressure(t, await login(t, connect, target())));

  t.test('a companion, and root', async (t) => {
    const session = await login(t, connect, target());
    t.equal((await session.exec('id -u', { become: true })).stdout.toString(), '0\n');
    const lines: string[] = [];
    const companion = await session.accompany('echo ready; read -r word; echo "got $word"; exit 3', {
      become: false,
      onLine: (line) => void lines.push(line),
    });
    companion.write('this');
    t.equal(await companion.ended, 'it ended with status 3');
    t.strictSame(lines, ['ready', 'got this']);
  });

  t.test('the Docker Engine', { skip: !hasDocker() && 'docker is not installed' }, async (t) => {
    const socket = join(keys.dir, 'engine.sock');
    const engine: Server = createHttpServer((request, response) => {
      response.end(JSON.stringify({ path: request.url }));
    });
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    t.teardown(() => engine.close());
    const host = await startSshd(t, keys, [`SetEnv DOCKER_HOST=unix://${socket}`]);
    const session = await login(t, connect, target({ port: host.port }));
    const paths = await Promise.all(
      ['/info', '/nodes', '/version'].map(async (path) => {
        const { status, body } = await session.docker({ method: 'GET', path }, { become: false });
        return [status, JSON.parse(body.toString()).path];
      }),
    );
    t.strictSame(paths, [
      [200, '/info'],
      [200, '/nodes'],
      [200, '/version'],
    ]);
    t.equal(await text(session, 'echo beside'), 'beside\n');
    t.equal(host.log().split('Accepted publickey').length - 1, 1, 'over the one connection');
  });

  t.test('logins that are refused', async (t) => {
    t.match(await refusal(connect, target({ privateKeyFile: join(keys.dir, 'host_rsa') })), {
      code: 'unreachable',
      message: /^ha1 \(root@127.0.0.1:\d+\) refused the login: tried key \S*host_rsa; it accepts publickey$/,
      hint: /authorized_keys/,
    });
    t.match(await refusal(connect, target({ privateKeyFile: join(keys.dir, 'none') })), {
      code: 'unreachable',
      message: /the key .*none for ha1 .* cannot be used: ENOENT/,
    });
    t.match(await refusal(connect, target({ privateKeyFile: keys.encrypted })), {
      message: /refused the login: tried key \S+user_encrypted/,
    });
  });

  t.test('hosts that do not answer', async (t) => {
    const port = await freePort();
    t.match(await refusal(connect, target({ port })), {
      code: 'unreachable',
      message: /^ha1 \(root@127.0.0.1:\d+\) refused the connection$/,
      hint: /sshd/,
    });
    t.match(await refusal(connect, target({ address: 'no-such-host.invalid' })), {
      code: 'unreachable',
      message: /name no-such-host.invalid|could not be looked up/,
    });
    const silent = await new Promise<Server>((resolve) => {
      const server = createServer((socket) => void socket.on('error', () => {}));
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
    t.teardown(() => silent.close());
    const bound = silent.address();
    const to = target({ port: typeof bound === 'object' && bound ? bound.port : 0, connectTimeout: 1 });
    t.match(await refusal(connect, to), { message: /gave no SSH handshake within 1 s/ });
    t.match(await refusal(connect, target({ address: '-oProxyCommand=touch /tmp/x' })), {
      message: /has the address/,
    });
  });

  t.test('jump hosts', async (t) => {
    const jump = await startSshd(t, keys);
    const gate = (port: number) => {
      const hosts = [
        `Host gate\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n  ControlMaster auto\n  ControlPath ${keys.dir}/mux\n  ControlPersist 60`,
        'Host far\n  HostName 127.0.0.1\n  ProxyJump gate',
        `Host *\n  IdentityFile ${keys.ed25519}\n  UserKnownHostsFile ${anyPort.knownHostsFiles[0]}`,
      ];
      return make(options({ configFile: file(`gate-${port}`, `${hosts.join('\n')}\n`) }));
    };
    const far = target({ address: 'far', privateKeyFile: undefined });
    await works(t, gate(jump.port), far, 'through one');
    t.match(jump.log(), 'Accepted publickey');
    t.notOk(existsSync(join(keys.dir, 'mux')), 'and nothing is left of the connection to it');
    t.match(await refusal(gate(await freePort()), far), {
      message: /cannot be reached through gate: ssh: connect to host 127.0.0.1 .*refused/,
    });
    t.match(await refusal(gate(jump.port), { ...far, port: await freePort() }), {
      message: /cannot be reached from jump host gate: connect failed: Connection refused/,
    });
  });

  t.test("the user's and the system's own configuration", async (t) => {
    const { configFile: _none, ...own } = options(anyPort);
    await works(t, make(own), target(), 'is read where there is no other');
  });

  t.test('what could be taken for an option is none', async (t) => {
    const marker = join(keys.dir, 'marker');
    const odd = `-oProxyCommand=touch ${marker}`;
    const to = [
      target({ user: odd }),
      target({ privateKeyFile: odd }),
      target({ sshOptions: ['--', odd, 'x'] }),
    ];
    for (const each of to)
      await connect(each).then(
        (session) => session.close(),
        () => {},
      );
    t.throws(() => execFileSync('test', ['-e', marker]));
  });

  t.test('options of the inventory count, but for those that are not for it to say', async (t) => {
    const told = file('told', '');
    const proxy = `bash -c 'echo proxy >>${told}; exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3'`;
    const sshOptions = [
      ...['-C', '-o', 'ControlMaster=auto', '-o', 'ControlPersist=60s', '-MNfA', '-tt', '-S', '/tmp/other'],
      ...['-o', 'PermitLocalCommand=yes', '-o', `LocalCommand=echo no >${told}`, '-D', '1'],
      ...['-o', `ProxyCommand=${proxy}`],
    ];
    const session = await login(t, connect, target({ sshOptions }));
    t.equal(await text(session, 'echo in'), 'in\n', 'through a ProxyCommand');
    t.equal(execFileSync('cat', [told]).toString(), 'proxy\n');
  });

  t.test('a connection that is lost', async (t) => {
    const session = await login(t, connect, target());
    t.equal(await text(session, 'echo before'), 'before\n');
    const all = await Promise.allSettled([
      session.exec('kill -9 $PPID; sleep 0.1; exit 0', { become: false }),
      session.exec(`touch ${keys.dir}/after`, { become: false }),
    ]);
    t.match(
      all,
      [1, 2].map(() => ({
        status: 'rejected',
        reason: { code: 'lost', message: /lost while 2 commands were under way/ },
      })),
    );
    t.throws(() => execFileSync('test', ['-e', `${keys.dir}/after`]), 'nothing was run after it');
    await t.rejects(session.exec('true', { become: false }), { code: 'lost' });
  });

  t.test('a host that freezes', async (t) => {
    const session = await login(t, connect, target());
    const pid = Number(await text(session, 'echo $PPID'));
    t.teardown(() => process.kill(pid, 'SIGKILL'));
    process.kill(pid, 'SIGSTOP');
    await t.rejects(session.exec('true', { become: false }), { code: 'lost', message: /not responding/ });
  });

  t.test('a server with few sessions', async (t) => {
    const few = await startSshd(t, keys, ['MaxSessions 1']);
    const session = await login(t, connect, target({ port: few.port }));
    t.equal(await text(session, 'echo one'), 'one\n');
    await t.rejects(session.accompany('echo two', { become: false, onLine: () => {} }), {
      code: 'unreachable',
      message: /opens no further channel/,
      hint: /MaxSessions/,
    });
    t.equal(await text(session, 'echo still'), 'still\n');
  });

  t.test('a server that takes few logins at once', async (t) => {
    const shy = await startSshd(t, keys, ['MaxStartups 4:50:10']);
    const sessions = await Promise.all(
      Array.from({ length: 30 }, (_, index) => connect(target({ name: `ha${index}`, port: shy.port }))),
    );
    t.equal(sessions.length, 30);
    await Promise.all(sessions.map((session) => session.close()));
  });

  t.test('passwords', async (t) => {
    const password = `it is "${canary('password')}" \\n $x`;
    const name = makeUser(t, password);
    const settings = ['PubkeyAuthentication no'];
    const plain = await startSshd(t, keys, [...settings, 'PasswordAuthentication yes']);
    const pam = await startSshd(t, keys, [...settings, 'UsePAM yes', 'KbdInteractiveAuthentication yes']);
    const to = (port: number, word: string) =>
      target({ port, user: name, privateKeyFile: undefined, password: secret('ssh password', word) });
    for (const [port, what] of [
      [plain.port, 'password'],
      [pam.port, 'keyboard-interactive'],
    ] as const) {
      const session = await login(t, connect, to(port, password));
      t.equal(await text(session, 'id -un'), `${name}\n`, what);
      const seen = execFileSync('sh', [
        '-c',
        'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; :',
      ]);
      t.match(seen.toString(), 'ControlMaster=yes', 'the argument lists are there');
      t.notMatch(seen.toString(), password);
      t.match(await refusal(connect, to(port, 'wrong')), {
        code: 'unreachable',
        message: /refused the login: tried password; it accepts/,
      });
    }
    t.equal(plain.log().split('Failed password').length - 1, 1, 'a wrong password is tried once');
    t.match(await refusal(connect, to(plain.port, 'two\nlines')), { message: /has several lines/ });
  });

  t.test('a jump host is not given the password of the host behind it', async (t) => {
    const word = canary('ssh password');
    const name = makeUser(t, word);
    const jump = await startSshd(t, keys, ['PasswordAuthentication yes', 'PubkeyAuthentication no']);
    const configFile = file(
      'jump-config',
      `Host gate\n  HostName 127.0.0.1\n  Port ${jump.port}\n  User ${name}\nHost far\n  HostName 127.0.0.1\n  ProxyJump gate\n`,
    );
    const through = make(options({ ...anyPort, configFile }));
    const own = file('jump-known', `* ${hostKey(keys, 'ed25519')}\n`);
    file('jump-config', `${execFileSync('cat', [configFile])}Host *\n  UserKnownHostsFile ${own}\n`);
    const far = target({ address: 'far', password: secret('ssh password', word) });
    t.match(await refusal(through, far), { message: /^ha1 \(\S+\): its jump host refused the login/ });
    t.notMatch(jump.log(), /Failed password|Accepted password/);
    await works(t, connect, target(), 'while the host itself is well');
  });
}

function hasDocker(): boolean {
  try {
    execFileSync('docker', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
