import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { secret } from '../../lib/secret.ts';
import type { Target } from '../../lib/transport/session.ts';
import { canary, canarySecret } from '../canary/canary.ts';
import { sshTools } from './ssh-tools.ts';
import { cannotRun, hostKey, makeUser, setSudo, startSshd } from './sshd.ts';

const root = { become: true };

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const { keys, options, target, knownFile, login, text, refusal } = await sshTools(t);

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

      const sudoLog = join(keys.dir, 'sudo.log');
      const logged = `Defaults:${name} logfile=${sudoLog}`;
      setSudo(name, [logged, `Defaults:${name} timestamp_timeout=0`, `${name} ALL=(ALL) ALL`]);
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
      const mistakes = readFileSync(sudoLog, 'utf8').match(/incorrect password attempt/g);
      t.equal(mistakes?.length, 1, 'it was tried once');
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
