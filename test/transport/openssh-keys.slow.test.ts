import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { clients, clientTools } from './both-clients.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from './sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const others = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const { options, target, file, known, fingerprint, works, refusal } = clientTools(keys, sshd.port);
  const make = clients.openssh;
  const name = `[127.0.0.1]:${sshd.port}`;

  t.test('keys that are known, and others', async (t) => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const)
      await works(t, make(options(known('known', `${name} ${hostKey(keys, type)}\n`))), target(), type);
    const unknown = make(options(known('unknown', `elsewhere ${hostKey(keys, 'ed25519')}\n`)));
    t.match(await refusal(unknown, target()), {
      code: 'unreachable',
      message: `the host key of ha1 (root@127.0.0.1:${sshd.port}) is not known: it showed ED25519 ${fingerprint('ed25519')}`,
      hint: /compare it on the host: ssh-keygen -lf \/etc\/ssh\/ssh_host_ed25519_key.pub\nthen trust it: dabook trust -i <inventory>/,
    });
    const { knownHostsFiles } = known('changed', `# one\n${name} ${hostKey(others, 'ed25519')}\n`);
    const changed = make(options({ knownHostsFiles }));
    const before = sshd.log().split('Accepted publickey').length;
    const refused = await refusal(changed, target());
    t.match(refused, {
      code: 'unreachable',
      message: /has changed: it showed ED25519 SHA256:\S+; known is another ED25519 by \S+changed:2$/,
      hint: /another machine/,
    });
    t.match(refused.message, fingerprint('ed25519'));
    const revoked = `${name} ${hostKey(keys, 'ed25519')}\n@revoked * ${hostKey(keys, 'ed25519')}\n`;
    t.match(await refusal(make(options(known('revoked', revoked))), target()), {
      message: /is revoked: it showed ED25519/,
    });
    t.equal(sshd.log().split('Accepted publickey').length, before, 'nobody logged in');
  });

  t.test('nothing switches the check off', async (t) => {
    const loose = ['StrictHostKeyChecking', 'NoHostAuthenticationForLocalhost', 'VerifyHostKeyDNS'];
    const values = ['no', 'yes', 'yes'];
    const { knownHostsFiles } = known('loose', '');
    const configFile = file('loose-config', loose.map((one, i) => `${one} ${values[i]}\n`).join(''));
    t.match(await refusal(make(options({ knownHostsFiles, configFile })), target()), {
      message: /is not known/,
    });
    const sshOptions = loose.flatMap((one, i) => ['-o', `${one}=${values[i]}`]);
    t.match(await refusal(make(options({ knownHostsFiles })), target({ sshOptions })), {
      message: /is not known/,
    });
    t.equal(readFileSync(join(keys.dir, 'loose'), 'utf8'), '', 'nothing is learnt');

    for (const sshOptions of [
      ['-o', 'KnownHostsCommand=/bin/echo * %t %K'],
      ['-Coknown"hostscommand" /bin/echo * %t %K'],
      ['-o', ' = "KnownHostsCommand" /bin/echo * %t %K'],
      ['-o', 'RevokedHostKeys=none'],
    ]) {
      for (const make of Object.values(clients))
        t.match(
          await refusal(make(options({ knownHostsFiles })), target({ sshOptions })),
          { message: /^ha1: (KnownHostsCommand|RevokedHostKeys) is not taken from an inventory/ },
          sshOptions.join(' '),
        );
    }
  });

  t.test('certificates of hosts', async (t) => {
    const ca = join(others.dir, 'user_ed25519');
    const sign = (principal: string, validity: string) => {
      execFileSync(
        'ssh-keygen',
        [
          '-q',
          '-s',
          ca,
          '-I',
          'ha1',
          '-h',
          '-n',
          principal,
          '-V',
          validity,
          join(keys.dir, 'host_ed25519.pub'),
        ],
        { stdio: 'pipe' },
      );
      const own = join(keys.dir, `cert-${principal}-${validity.slice(0, 3)}.pub`);
      copyFileSync(join(keys.dir, 'host_ed25519-cert.pub'), own);
      return own;
    };
    const certified = (certificate: string) => startSshd(t, keys, [`HostCertificate ${certificate}`]);
    const good = await certified(sign('127.0.0.1', '-1d:+1d'));
    const authority = known('authority', `@cert-authority * ${publicHalf(`${ca}.pub`)}\n`);
    const connect = make(options(authority));
    const to = target({ port: good.port });
    await works(t, connect, to, 'one that an authority signed');
    t.match(await refusal(connect, target()), { message: /is not known/ }, 'a host without a certificate');
    const late = await certified(sign('127.0.0.1', '-2d:-1d'));
    t.match(await refusal(connect, target({ port: late.port })), {
      code: 'unreachable',
      message: /is not known: it showed ED25519.*; Certificate invalid: expired/,
    });
    const other = await certified(sign('elsewhere', '-1d:+1d'));
    t.match(await refusal(connect, target({ port: other.port })), { message: /not a listed principal/ });
    t.match(
      await refusal(clients.ssh(options(authority)), to),
      { hint: /ansible_connection: openssh/ },
      "dabook's own client says what to do instead",
    );
  });

  t.test('a host with nothing but a certificate', async (t) => {
    const certificate = join(keys.dir, 'cert-127.0.0.1--1d.pub');
    t.ok(existsSync(certificate));
    const bare = await startSshd(t, keys, [
      `HostCertificate ${certificate}`,
      'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com',
    ]);
    t.match(await refusal(clients.ssh(options(known('any', ''))), target({ port: bare.port })), {
      message: /has no algorithm in common with dabook/,
      hint: /ansible_connection: openssh/,
    });
  });

  t.test('an agent', async (t) => {
    const socket = join(keys.dir, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    t.teardown(() => agent.kill());
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10));
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    for (let index = 0; index < 7; index++) {
      const other = join(keys.dir, `other${index}`);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
      execFileSync('ssh-add', [other], { stdio: 'pipe', env });
    }
    execFileSync('ssh-keygen', ['-q', '-p', '-P', 'secret', '-N', '', '-f', keys.encrypted]);
    execFileSync('ssh-add', [keys.encrypted], { stdio: 'pipe', env });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', keys.encrypted]);
    const connect = make(options({ ...known('any', `* ${hostKey(keys, 'ed25519')}\n`), env }));
    await works(t, connect, target({ privateKeyFile: keys.encrypted }), 'has the key that is encrypted here');
    t.match(await refusal(connect, target({ privateKeyFile: undefined })), {
      message: /Too many authentication failures/,
      hint: /IdentitiesOnly/,
    });
  });

  t.test('certificates of users', async (t) => {
    const ca = join(others.dir, 'user_ed25519');
    const user = join(others.dir, 'user_rsa');
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'me', '-n', 'root', '-V', '-1d:+1d', `${user}.pub`], {
      stdio: 'pipe',
    });
    t.ok(existsSync(`${user}-cert.pub`));
    const trusting = await startSshd(t, keys, [`TrustedUserCAKeys ${ca}.pub`]);
    const any = known('any', `* ${hostKey(keys, 'ed25519')}\n`);
    const to = target({ port: trusting.port, privateKeyFile: user });
    await works(t, make(options(any)), to, 'logs in by a certificate');
    t.match(await refusal(clients.ssh(options(any)), to), {
      message: /refused the login/,
      hint: /the certificate \S+user_rsa-cert.pub is not used: ansible_connection: openssh does/,
    });
  });

  t.test("what dabook's own client cannot do is told with what can", async (t) => {
    const configFile = file('command', 'Host *\n  ProxyCommand nc %h %p\n');
    t.match(await refusal(clients.ssh(options({ configFile })), target({ connection: 'ssh' })), {
      message: /ProxyCommand, which is not supported/,
      hint: /ansible_connection: openssh/,
    });
    const security = file(
      'id_sk',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAASgAAABpzay1z\n-----END OPENSSH PRIVATE KEY-----\n',
    );
    t.match(await refusal(clients.ssh(options()), target({ privateKeyFile: security })), {
      hint: /security keys by ansible_connection: openssh/,
    });
  });
}

function publicHalf(file: string): string {
  return readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ');
}
