import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import { docker, fact, type Host, playbook, sh, task } from '../../lib/index.ts';
import { run } from '../../lib/run.ts';
import { type Secret, secret } from '../../lib/secret.ts';
import { command } from '../../lib/tasks/command/index.ts';
import type { ChannelEnd, OpenChannel } from '../../lib/transport/channel.ts';
import { channelWriter } from '../../lib/transport/channel-writer.ts';
import { createSession } from '../../lib/transport/create-session.ts';
import { inventoryOf, only } from '../engine/settings.ts';
import { cannotRun, makeUser, setSudo } from './sshd.ts';

const noSudo = !existsSync('/usr/bin/sudo') && 'sudo is not installed';
const noSetpriv = !existsSync('/usr/bin/setpriv') && 'setpriv is not installed';

const info = { method: 'GET', path: '/info' } as const;
const root = { become: true };
const password = 'it is "secret" \\n $x';

/**
 * A host with the real sudo, which is listened to, a real socket with an Engine behind it that says nothing but its
 * name, and a docker command that does what dial-stdio does.
 */
async function createRig(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'dabook-engine-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const socket = join(folder, 'docker.sock');
  const log = join(folder, 'sudo.log');
  const program = (name: string, text: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  program('sudo', `echo x >>${log}; exec /usr/bin/sudo "$@"`);
  const dial = `const s = require('net').connect('${socket}').on('error', (e) => { console.error(e.message); process.exit(1); }); process.stdin.pipe(s).pipe(process.stdout)`;
  program('docker', `[ "$*" = "system dial-stdio" ] && exec ${process.execPath} -e "${dial}"`);
  writeFileSync(log, '');
  chmodSync(log, 0o666);

  const calls: string[] = [];
  const engine = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify({ Name: 'engine' }));
  });
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  t.teardown(() => {
    engine.closeAllConnections();
    engine.close();
  });

  const name = makeUser(t, password);
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid, , home = ''] = (entry ?? '').split(':');
  const path = `Defaults:${name} secure_path="${folder}:/usr/bin:/bin"`;
  const mayUse = (isInGroup: boolean) => {
    chownSync(socket, 0, isInGroup ? Number(gid) : 0);
    chmodSync(socket, 0o660);
  };
  const openAs = (
    as: number,
    env: Readonly<Record<string, string>>,
    running: Promise<ChannelEnd>[],
  ): OpenChannel => {
    const privileges = as === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    return async (line, output) => {
      const [first = '', ...words] = [...privileges, '/bin/sh', '-c', line];
      const child = spawn(first, words, {
        env: { PATH: `${folder}:/usr/bin:/bin`, HOME: home, LC_ALL: 'C', ...env },
        cwd: '/',
      });
      child.stdout.on('data', output.stdout);
      child.stderr.on('data', output.stderr);
      child.stdin.on('error', () => {});
      const ended = new Promise<ChannelEnd>((resolve) => {
        child.once('close', (status, signal) =>
          resolve(status === null ? { kind: 'killed', signal: `${signal}` } : { kind: 'exited', status }),
        );
      });
      running.push(ended);
      const write = channelWriter(child.stdin, ended);
      const end = () => void child.stdin.end();
      return { ended, write, end, destroy: end };
    };
  };
  const session = ({
    as = Number(uid),
    env = {},
    becomePassword,
  }: {
    as?: number;
    env?: Readonly<Record<string, string>>;
    becomePassword?: Secret;
  } = {}) => {
    const running: Promise<ChannelEnd>[] = [];
    const made = createSession({
      open: openAs(as, env, running),
      place: { host: 'ha1', user: name, address: 'here' },
      socket,
      becomePassword,
      disconnect: async () => void (await Promise.all(running)),
    });
    t.teardown(() => made.close());
    return made;
  };
  return {
    ...{ name, home, uid, calls, session, mayUse },
    sudo: (...rules: string[]) => setSudo(name, [path, ...rules]),
    /** How often sudo was called since this was asked last. */
    sudos() {
      const count = statSync(log).size / 2;
      writeFileSync(log, '');
      return count;
    },
  };
}

t.test('the socket of the Engine, and sudo', { skip: cannotRun || noSudo || noSetpriv }, async (t) => {
  const rig = await createRig(t);
  const { name, home, uid, calls, session, mayUse, sudo, sudos } = rig;
  sudo(`${name} ALL=(ALL) NOPASSWD: ALL`);

  await t.test('who may use it needs no sudo for it, and all else does', async (t) => {
    mayUse(true);
    const made = session();
    t.match(await made.docker(info, root), { status: 200, asRoot: false });
    t.equal(sudos(), 0);
    t.equal((await made.exec('id -u', root)).stdout.toString(), '0\n');
    t.equal((await made.exec('id -u', { become: false })).stdout.toString(), `${uid}\n`);
    t.equal(sudos(), 1);
    t.match(await made.docker(info, { become: false }), { status: 200, asRoot: false });
    t.equal(sudos(), 0);
  });

  await t.test('who may not is helped by sudo, in the one round trip that it took before', async (t) => {
    mayUse(false);
    const made = session();
    t.match(await made.docker(info, root), { status: 200, asRoot: true, trip: 1 });
    t.equal(made.stats.roundTrips, 1);
    t.equal(sudos(), 1);
    await t.rejects(session().docker(info, { become: false }), { code: 'command' });
    t.equal(sudos(), 0);
  });

  await t.test('a doubt is a no', async (t) => {
    mayUse(true);
    for (const doubt of ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG']) {
      const made = session({ env: { [doubt]: 'unix:///elsewhere' } });
      t.match(await made.docker(info, root), { status: 200, asRoot: true }, doubt);
      t.equal(sudos(), 1, doubt);
    }
    mkdirSync(join(home, '.docker'));
    writeFileSync(join(home, '.docker/config.json'), '{"currentContext": "elsewhere"}');
    t.match(await session().docker(info, root), { status: 200, asRoot: true });
    t.equal(sudos(), 1);
    writeFileSync(join(home, '.docker/config.json'), '{"auths": {}}');
    t.match(await session().docker(info, root), { status: 200, asRoot: false });
    t.equal(sudos(), 0);
  });

  await t.test('root needs none', async (t) => {
    t.match(await session({ as: 0 }).docker(info, root), { status: 200, asRoot: true });
    t.equal(sudos(), 0);
  });

  await t.test('passwords', async (t) => {
    sudo(`Defaults:${name} timestamp_timeout=0`, `${name} ALL=(ALL) ALL`);
    mayUse(true);
    const right = session({ becomePassword: secret('sudo password', password) });
    const [call, first, second] = await Promise.all([
      right.docker(info, root),
      right.exec('id -u', root),
      right.exec('id -u', root),
    ]);
    t.equal(call.asRoot, false);
    t.equal(`${first.stdout}${second.stdout}`, '0\n0\n');
    t.equal(sudos(), 1);
    const wrong = session({ becomePassword: secret('sudo password', 'wrong') });
    t.match(await wrong.docker(info, root), { status: 200 }, 'it is not asked for');
    const refused = { code: 'become', message: /wrong sudo password/ };
    const others = [wrong.exec('true', root), wrong.accompany(':', { ...root, onLine: () => {} })];
    for (const one of await Promise.allSettled(others)) t.match(one, { status: 'rejected', reason: refused });
    t.equal(sudos(), 1, 'a wrong one is tried once');
    mayUse(false);
    const asked = session({ becomePassword: secret('sudo password', password) });
    t.match(await asked.docker(info, root), { status: 200, asRoot: true });
    await t.rejects(session().docker(info, root), { code: 'become', message: /none was given/ });
    t.equal(sudos(), 2);
    sudo(`${name} ALL=(ALL) NOPASSWD: ALL`);
  });

  /** A task of the Engine alone: looks at it, and calls it. */
  const call = task('call', {
    title: () => 'call the Engine',
    rights: 'docker',
    fact: () =>
      fact({
        key: ['called'],
        read: async (ask) => {
          await ask.docker('/info');
          return calls.includes('POST /change');
        },
      }),
    want: () => true,
    steps: () => [docker('POST', '/change', { title: 'change it' })],
  });
  const perform = async (work: (host: Host) => Promise<unknown>, become: boolean, check = false) => {
    const events: Event[] = [];
    const book = playbook({ name: 'rights', groups: { all: z.object({}) } }, async ({ groups, play }) => {
      await play('all', groups.all, work, { become });
    });
    await run(book, inventoryOf({ all: ['ha1'] }), {
      connect: async () => session(),
      onEvent: (event) => events.push(event),
      check,
    });
    return only(events, 'task.ended').map(({ status, asRoot }) => [status, asRoot ?? false]);
  };

  await t.test('a play with become takes no sudo for tasks of the Engine', async (t) => {
    mayUse(true);
    t.same(await perform((host) => host.run(call({})), true, true), [['would-change', false]]);
    t.same(await perform((host) => host.run(call({})), true), [['changed', false]]);
    t.equal(sudos(), 0);
    t.ok(calls.includes('POST /change'));
    calls.length = 0;
    mayUse(false);
    t.same(await perform((host) => host.run(call({})), true, true), [['would-change', true]]);
    t.same(await perform((host) => host.run(call({})), true), [['changed', true]]);
    t.equal(sudos(), 2, 'a line to the Engine for each run, and no shell');
  });

  await t.test('a play without become never calls sudo', async (t) => {
    calls.length = 0;
    mayUse(true);
    const ran = command({ run: sh`id -u >"$HOME/ran"`, creates: join(home, 'ran') });
    t.same(await perform((host) => host.run([ran, call({})]), false), [
      ['changed', false],
      ['changed', false],
    ]);
    t.equal(readFileSync(join(home, 'ran'), 'utf8'), `${uid}\n`);
    mayUse(false);
    calls.length = 0;
    t.match(await perform((host) => host.run(call({})), false), [['failed', false]]);
    t.equal(sudos(), 0, 'be it that something fails for it');
  });
});
