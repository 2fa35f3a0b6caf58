import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { clients, clientTools } from './both-clients.ts';
import { cannotRun, freePort, hostKey, makeKeys, startSshd } from './sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const { options, target, known, text, refusal } = clientTools(keys, sshd.port);
  const any = known('any', `* ${hostKey(keys, 'ed25519')}\n`);

  /** A folder for temporary files that nobody else uses, and what is in it and works with it. */
  const place = (t: Test) => {
    const folder = mkdtempSync(join(tmpdir(), 'dabook-end-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const processes = () =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(folder) && /^(ssh|\/bin\/sh|sh|cat) /.test(line));
    const until = async (isSo: () => boolean) => {
      // On a busy machine a program takes long to start.
      for (let left = 3000; left > 0 && !isSo(); left--) await sleep(20);
      return isSo();
    };
    return { folder, processes, until };
  };

  t.test('nothing is left after a close, and all is private before', async (t) => {
    const { folder, processes } = place(t);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = folder;
    t.teardown(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    const connect = clients.openssh(options(any));
    const session = await connect(target());
    t.equal(await text(session, 'echo in'), 'in\n');
    const [own = ''] = readdirSync(folder);
    t.equal(statSync(join(folder, own)).mode & 0o777, 0o700);
    t.ok(statSync(join(folder, own, 's')).isSocket());
    t.not(processes().length, 0);
    const underWay = session.exec('sleep 3', { become: false }).catch(() => undefined);
    await sleep(100);
    await session.close();
    await underWay;
    t.strictSame(readdirSync(folder), [], 'no file');
    t.strictSame(processes(), [], 'no process');
    await refusal(connect, target({ port: await freePort() }));
    await refusal(connect, target({ privateKeyFile: join(keys.dir, 'host_rsa') }));
    t.strictSame(readdirSync(folder), [], 'nor after a refusal');
    t.strictSame(processes(), []);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    t.test(`nothing is left after ${signal} of the process`, async (t) => {
      const { folder, processes, until } = place(t);
      const ready = join(keys.dir, `ready-${signal}`);
      const program = join(keys.dir, `hold-${signal}.ts`);
      const transport = fileURLToPath(new URL('../../lib/transport/openssh.ts', import.meta.url));
      writeFileSync(
        program,
        `import { writeFileSync } from 'node:fs';
import { createOpensshTransport } from '${transport}';
const options = ${JSON.stringify(options(any))};
const { connect } = createOpensshTransport({ ...options, env: process.env });
const session = await connect(${JSON.stringify(target())});
const { stdout } = await session.exec('echo $PPID', { become: false });
writeFileSync('${ready}.new', stdout);
session.exec('exec sleep 3', { become: false });
setTimeout(() => writeFileSync('${ready}', stdout), 100);
setInterval(() => {}, 1000);
`,
      );
      const loader = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-register.mjs', import.meta.url));
      const child = spawn(process.execPath, ['--import', loader, program], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, TMPDIR: folder },
      });
      t.teardown(() => child.kill('SIGKILL'));
      t.ok(await until(() => existsSync(ready)), 'it is connected');
      t.not(processes().length, 0);
      const pid = readFileSync(ready, 'utf8').trim();
      child.kill(signal);
      t.ok(await until(() => processes().length === 0), 'no process');
      const isOurs = (name: string) => /^dabook-/.test(name);
      t.ok(await until(() => readdirSync(folder).filter(isOurs).length === 0), 'no file');
      t.ok(await until(() => !existsSync(`/proc/${pid}`)), 'nor a connection on the host');
    });
  }
}
