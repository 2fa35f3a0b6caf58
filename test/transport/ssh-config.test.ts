import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { createSshConfig } from '../../lib/transport/ssh-config.ts';
import { cannotRun } from './sshd.ts';

/** Looks hosts up by the real ssh program, and counts how often it was started. */
function rig(t: Test, config: string) {
  const folder = t.testdir({ config, calls: '' });
  const ssh = join(folder, 'ssh');
  const path = process.env.PATH ?? '';
  writeFileSync(ssh, `#!/bin/sh\necho "$*" >>'${folder}/calls'\nPATH='${path}' exec ssh "$@"\n`);
  chmodSync(ssh, 0o755);
  process.env.PATH = `${folder}${delimiter}${path}`;
  t.teardown(() => {
    process.env.PATH = path;
  });
  const ask = createSshConfig({ home: folder, configFile: join(folder, 'config') });
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').split('\n').length - 1;
  return { ask, calls };
}

const names = Array.from({ length: 50 }, (_, index) => `web${index}`);

t.test('hosts of which the files say the same', { skip: cannotRun }, async (t) => {
  const config = [
    'Host web1',
    '  HostName 10.9.9.9',
    'Host web* !web2?',
    '  ProxyJump bastion',
    '  ControlPath ~/%r@%h:%p',
    'Host=*',
    '  User=da',
    '  Port 2222',
  ];
  const { ask, calls } = rig(t, `${config.join('\n')}\n`);
  const all = await Promise.all(names.map((name) => ask(name)));
  const seen = (setting: string) => all.map((one) => one.get(setting)?.[0]);
  t.strictSame(new Set(seen('user')), new Set(['da']));
  t.strictSame(new Set(seen('port')), new Set(['2222']));
  t.strictSame(
    names.filter((_, index) => seen('proxyjump')[index] === undefined),
    ['web20', 'web21', 'web22', 'web23', 'web24', 'web25', 'web26', 'web27', 'web28', 'web29'],
  );
  t.strictSame(
    names.filter((_, index) => seen('hostname')[index] === '10.9.9.9'),
    ['web1'],
  );
  t.ok(
    all.every((one, index) => [undefined, names[index], '10.9.9.9'].includes(one.get('hostname')?.[0])),
    'none has the name of another',
  );
  t.equal(calls(), 3, 'the one with lines of its own, those with a jump host, those without');
  t.equal((await ask('web3', 'root', 22, ['-o', 'User=other'])).get('user')?.[0], 'other');
  t.equal(calls(), 4, 'options make a difference');
});

t.test('hosts that may differ in what the patterns do not tell', { skip: cannotRun }, async (t) => {
  for (const [what, config, hosts, setting, expected] of [
    [
      'a token',
      'Host *\n  HostName %h.example',
      ['web1', 'web2'],
      'hostname',
      ['web1.example', 'web2.example'],
    ],
    ['Match', 'Match originalhost web2\n  User da\n', ['web1', 'web2'], 'user', [undefined, 'da']],
    ['a quoted pattern', 'Host "web2"\n  User da\n', ['web1', 'web2'], 'user', [undefined, 'da']],
    [
      'a shared HostName',
      'Host *\n  HostName web2\n',
      ['web1', 'web2', 'web3'],
      'hostname',
      ['web2', 'web2', 'web2'],
    ],
    ['capitals', 'Host Web*\n  User da\n', ['web1', 'Web2'], 'user', [undefined, 'da']],
  ] as const) {
    await t.test(what, async (t) => {
      const { ask } = rig(t, config);
      const all = await Promise.all(hosts.map((host) => ask(host)));
      const values = all.map((one) => one.get(setting)?.[0]);
      t.strictSame(
        values.map((value, index) => (expected[index] === undefined ? undefined : value)),
        [...expected],
      );
      if (setting === 'user') t.not(values[0], 'da');
    });
  }
});

t.test('files that say nothing that matters', { skip: cannotRun }, async (t) => {
  const { ask, calls } = rig(t, 'Host *\n  HashKnownHosts yes\n  ForwardAgent no\n');
  t.equal((await ask('web1')).size, 0);
  t.equal(calls(), 0);
});
