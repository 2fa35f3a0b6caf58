import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Target } from '../../lib/transport/session.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { sshTools } from './ssh-tools.ts';
import { cannotRun, freePort, hostKey, type Sshd, startSshd } from './sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const { keys, sshd, options, target, knownFile, login, text, refusal } = await sshTools(t);

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
    const foreign = readFileSync(`${keys.rsa}.pub`, 'utf8');
    await trusts(
      `@revoked ${name} ${foreign}127.0.0.1 ${hostKey(keys, 'rsa')}\n`,
      'known without a port, and no key of the port is',
    );
    for (const type of ['rsa', 'ed25519'] as const) {
      const both = knownFile('both', `127.0.0.1 ${hostKey(keys, type)}\n${name} ${foreign}`);
      t.match(
        await refusal(target(), options(both)),
        { message: /has changed: it showed RSA .*both:2/ },
        `a port with a key of its own, and ${type} without one`,
      );
      execFileSync('ssh-keygen', ['-q', '-H', '-f', join(keys.dir, 'both')], { stdio: 'pipe' });
      t.match(await refusal(target(), options(both)), { message: /has changed/ }, 'hashed');
    }

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
    t.match(
      first.hint,
      /compare it on the host: ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key.pub\nthen trust it: dabook trust -i <inventory>$/,
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
    t.match(
      second.hint,
      /this may be another machine; compare.*\nthen trust it: dabook trust -i <inventory> --replace$/,
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
    t.match(await refusal(alias('named'), from), { message: /the host key of named .* is not known/ });
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
}
