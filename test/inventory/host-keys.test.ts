import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';

const ed25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIPLzsr8KkcSgw0pFVB3qYwBlDKiJ5eOLvQ1qIZ/RWpJv';
const print = 'SHA256:qGNY3hQJ9jQWWSP9mUZJ7JXF5HKzVvxTmT1pkqu7vFM';

/** Loads an inventory; hosts and faults as a person sees them. */
async function load(test: Test, files: Readonly<Record<string, string>>) {
  const cwd = test.testdir({});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  const importModule = () => Promise.reject(new Error('not asked for'));
  const { inventory, faults } = await loadInventory(['hosts.yml'], { cwd, importModule });
  const brief = faults.map(
    ({ message, position }) => `${position?.file}:${position?.line}:${position?.column}: ${message}`,
  );
  const pinsOf = (name: string) => inventory.hosts.find((host) => host.name === name)?.target.hostKeys;
  return { inventory, faults, brief, pinsOf };
}

t.test('one key, several, a fingerprint, those of a group, and none', async (t) => {
  const { pinsOf, brief, inventory } = await load(t, {
    'hosts.yml': `all:
  hosts:
    one: { hostKey: ssh-ed25519 ${ed25519} root@one }
    two:
      hostKey:
        - ${print}=
        - ssh-ed25519 ${ed25519}
    three:
    four: { hostKey: null }
    five: { ansible_connection: openssh, hostKey: ${print} }
`,
    'group_vars/all.yml': `hostKey: ${print}\n`,
  });
  t.strictSame(brief, []);
  t.match(pinsOf('one'), [{ type: 'ssh-ed25519', key: ed25519, place: 'hosts.yml:3' }]);
  t.match(pinsOf('one')?.[0]?.fingerprint, /^SHA256:[\w+/]{43}$/);
  t.match(pinsOf('two'), [
    { type: undefined, key: undefined, fingerprint: print, place: 'hosts.yml:6' },
    { type: 'ssh-ed25519', place: 'hosts.yml:7' },
  ]);
  t.match(pinsOf('three'), [{ fingerprint: print, place: 'group_vars/all.yml:1' }]);
  t.equal(pinsOf('four'), undefined, 'a host may have none again');
  t.equal(inventory.hosts.at(-1)?.target.connection, 'openssh');
  t.equal(
    inventory.hosts[0]?.vars.hostKey,
    `ssh-ed25519 ${ed25519} root@one`,
    'it is a variable as others are',
  );
});

t.test('what is no host key is refused, with its line', async (t) => {
  const cases: readonly [value: string, fault: RegExp][] = [
    ['yes', /^hosts.yml:4:16: hostKey "yes" does not begin with a type of host keys, or SHA256:$/],
    ['7', /is no host key/],
    ['{ key: value }', /is no host key/],
    ['[]', /is an empty list: no key could ever match/],
    ['SHA256:short', /"SHA256:short" is no fingerprint: 43 characters/],
    ['MD5:00:11:22', /does not begin with a type/],
    [`"web1 ssh-ed25519 ${ed25519}"`, /"web1 ssh-ed25519 .*…" does not begin with a type/],
    ['ssh-ed25519', /is no whole ssh-ed25519 key/],
    [`ssh-ed25519 ${ed25519.slice(0, -8)}`, /is no whole ssh-ed25519 key/],
    [`ssh-ed25519 ${ed25519}AAAA`, /is no whole ssh-ed25519 key/],
    [`ssh-ed25519 ${ed25519.replace('/', '!')}`, /is no whole ssh-ed25519 key/],
    [`ssh-rsa ${ed25519}`, /is no whole ssh-rsa key/],
    [`ssh-dss ${ed25519}`, /not safe any more/],
    [`"@cert-authority ssh-ed25519 ${ed25519}"`, /takes no marker, and has @cert-authority/],
    [`"${print}\\n${print}"`, /is no fingerprint|several lines/],
    ['"{{ key }}"', /holds a template/],
    ['!env KEY', /takes no secret/],
  ];
  for (const [value, fault] of cases) {
    const { brief, faults } = await load(t, {
      'hosts.yml': `all:\n  hosts:\n    one:\n      hostKey: ${value}\n`,
    });
    t.match(brief, [fault], value);
    t.equal(brief.length, 1, value);
    t.equal(faults[0]?.position?.line, 4);
    t.ok(faults[0]?.hint || /dss/.test(value), 'what to do');
  }
  const { brief } = await load(t, {
    'hosts.yml': `all:\n  hosts:\n    one:\n      hostKey:\n        - ${print}\n        - nonsense\n`,
  });
  t.match(brief, [/^hosts.yml:6:11: hostKey "nonsense"/], 'the line of the one that is wrong');
});
