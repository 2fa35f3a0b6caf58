import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { jumpPins } from '../../lib/transport/jump-pins.ts';
import { clients, clientTools, fingerprintOf } from './both-clients.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from './sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const others = makeKeys(t);
  const sshd = await startSshd(t, keys);
  const { options, target, file, known, fingerprint, pin, works, refusal } = clientTools(keys, sshd.port);
  const elsewhere = clientTools(others, sshd.port);
  const name = `[127.0.0.1]:${sshd.port}`;

  for (const [client, make] of Object.entries(clients)) {
    t.test(`pinned host keys, by ${client}`, async (t) => {
      const connect = make(options(known('empty', '')));
      for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
        await works(t, connect, target({ hostKeys: [pin(type)] }), `the ${type} key`);
        const only = { fingerprint: fingerprint(type), place: 'hosts.yml:7' };
        await works(t, connect, target({ hostKeys: [only] }), `the fingerprint of the ${type} key`);
      }
      const two = [elsewhere.pin('ed25519'), pin('rsa')];
      await works(t, connect, target({ hostKeys: two }), 'one of several, of another type');

      const knowing = make(options(known('knows', `${name} ${hostKey(keys, 'ed25519')}\n`)));
      const before = sshd.log().split('Accepted publickey').length;
      const wrong = await refusal(knowing, target({ hostKeys: [elsewhere.pin('ed25519', 'hosts.yml:3')] }));
      t.match(wrong, {
        code: 'unreachable',
        hint: /another machine; compare it on the host: ssh-keygen -lf/,
      });
      t.match(
        wrong.message,
        `the host key of ha1 (root@127.0.0.1:${sshd.port}) is none of those that the inventory pins: it showed ED25519 ${fingerprint('ed25519')}; pinned: ED25519 ${elsewhere.fingerprint('ed25519')} (hosts.yml:3)`,
        'known_hosts does not count',
      );
      const print = { fingerprint: elsewhere.fingerprint('rsa'), place: 'group_vars/all.yml:1' };
      const none = await refusal(knowing, target({ hostKeys: [print] }));
      for (const type of ['ed25519', 'ecdsa', 'rsa'] as const)
        t.match(none.message, fingerprint(type), `its ${type} key was asked for`);
      t.match(none.message, `pinned: ${print.fingerprint} (group_vars/all.yml:1)`);
      t.equal(sshd.log().split('Accepted publickey').length, before, 'nobody logged in');
    });

    t.test(`revoked keys that are pinned, by ${client}`, async (t) => {
      const pinned = target({ hostKeys: [pin('ed25519')] });
      const marked = make(options(known('marked', `@revoked * ${hostKey(keys, 'ed25519')}\n`)));
      t.match(await refusal(marked, pinned), { message: /is revoked: it showed ED25519 .*; |is revoked/ });
      const list = file('revoked', readKey(keys.dir));
      const krl = join(keys.dir, 'krl');
      execFileSync('ssh-keygen', ['-q', '-k', '-f', krl, join(keys.dir, 'host_ed25519.pub')]);
      for (const revoked of [list, krl]) {
        const configFile = file(`config-${client}`, `RevokedHostKeys ${revoked}\n`);
        const connect = make(options({ ...known('empty', ''), configFile }));
        t.match(
          await refusal(connect, pinned),
          { code: 'unreachable', message: /is revoked: it showed ED25519 SHA256:\S+, revoked by / },
          revoked,
        );
        await works(t, connect, target({ hostKeys: [pin('ecdsa')] }), 'another key is not');
        const knowing = make(
          options({ ...known('knows', `${name} ${hostKey(keys, 'ed25519')}\n`), configFile }),
        );
        t.match(await refusal(knowing, target()), { message: /is revoked/ }, 'a host without pins');
      }
      const configFile = file(`gone-${client}`, `RevokedHostKeys ${keys.dir}/gone\n`);
      t.match(await refusal(make(options({ ...known('empty', ''), configFile })), pinned), {
        message: /which host keys are revoked cannot be read, and so none is trusted/,
      });
    });

    t.test(`jump hosts whose keys are pinned, by ${client}`, async (t) => {
      const jump = await startSshd(t, others);
      const configFile = file(
        `jumps-${client}`,
        `Host gate\n  HostName 127.0.0.1\n  Port ${jump.port}\n  StrictHostKeyChecking no\nHost far\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  ProxyJump gate\nHost *\n  User root\n  IdentityFile ${keys.ed25519}\n  IdentitiesOnly yes\n`,
      );
      writeFileSync(join(others.dir, 'authorized_keys'), execFileSync('cat', [`${keys.ed25519}.pub`]));
      const far = { name: 'far', connection: 'openssh', address: 'far', hostKeys: [pin('ed25519')] } as const;
      const gate = { name: 'gate', connection: 'openssh', address: '127.0.0.1', port: jump.port } as const;
      const empty = known('empty', '');
      const right = jumpPins([far, { ...gate, hostKeys: [elsewhere.pin('ed25519')] }]);
      await works(t, make(options({ ...empty, configFile, pinsOf: right })), far, 'the key that is pinned');
      const wrong = jumpPins([far, { ...gate, hostKeys: [pin('ed25519')] }]);
      const before = sshd.log().split('Connection from').length;
      t.match(await refusal(make(options({ ...empty, configFile, pinsOf: wrong })), far), {
        code: 'unreachable',
        message: /the host key of (a )?jump host/,
      });
      t.match(await refusal(make(options({ ...empty, configFile })), far), {
        message: /the host key of (a )?jump host/,
      });
      t.equal(sshd.log().split('Connection from').length, before, 'the host behind it was not reached');
    });
  }

  t.test('a host that is known by a security key alone', async (t) => {
    const hostKeys = [
      { type: 'sk-ssh-ed25519@openssh.com', key: 'AAAA', fingerprint: 'SHA256:x', place: 'a:1' },
    ];
    t.match(await refusal(clients.ssh(options(known('empty', ''))), target({ hostKeys })), {
      message: /are of types that dabook cannot use by itself/,
      hint: /ansible_connection: openssh/,
    });
  });

  t.test('fingerprints are those of ssh-keygen', async (t) => {
    t.equal(pin('rsa').fingerprint, fingerprintOf(join(keys.dir, 'host_rsa.pub')));
  });
}

function readKey(dir: string): string {
  return execFileSync('cat', [join(dir, 'host_ed25519.pub')]).toString();
}
