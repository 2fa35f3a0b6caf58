import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { checkVars } from '../../lib/inventory/check-vars.ts';
import type { LoadOptions } from '../../lib/inventory/load-inventory.ts';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { reveal, Secret, secret } from '../../lib/secret.ts';
import { show } from '../../lib/show.ts';
import { Installation, Node } from '../../playbooks/digital-access/installation.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { checkBothWays } from './both-ways.ts';

/** Writes files into the test's own folder and loads sources from there. */
async function load(
  test: Test,
  files: Readonly<Record<string, string>>,
  sources: readonly string[] = ['hosts.yml'],
  options: Partial<LoadOptions> = {},
) {
  const cwd = options.cwd ?? test.testdir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
    if (/\.(ya?ml|json)$/.test(name)) checkBothWays(text);
  }
  const importModule = (path: string): Promise<unknown> => import(pathToFileURL(path).href);
  const loaded = await loadInventory(sources, { importModule, ...options, cwd });
  const host = (name: string) => {
    const found = loaded.inventory.hosts.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  const at = (name: string, path: readonly PropertyKey[]) => {
    const position = host(name).origin(path);
    return position && `${position.file}:${position.line}:${position.column} ${position.text.trim()}`;
  };
  return { ...loaded, host, at, names: loaded.inventory.hosts.map(({ name }) => name) };
}

t.test('the layout: groups, children, ranges, a host in several groups, ungrouped', async (t) => {
  const { names, host, inventory, faults, warnings } = await load(t, {
    'hosts.yml': `
all:
  hosts:
    lone:
    web[01:03]:
      disk: ssd
  children:
    web:
      hosts:
        web[01:05:2]:
        rack-[a:c]:
    live: { children: { web: , db: } }
db:
  hosts: db1
dc:
  hosts:
    h[1:2]n[1:2]:2222:
    "2001:db8::1":
    "[2001:db8::2]:2200":
`,
  });
  t.strictSame(faults, []);
  t.strictSame(warnings, []);
  t.strictSame(names, [
    ...['lone', 'web01', 'web02', 'web03', 'web05', 'rack-a', 'rack-b', 'rack-c', 'db1'],
    ...['h1n1', 'h1n2', 'h2n1', 'h2n2', '2001:db8::1', '2001:db8::2'],
  ]);
  t.strictSame(host('web01').groups, ['all', 'live', 'web']);
  t.strictSame(host('web02').groups, ['all', 'ungrouped']);
  t.strictSame(host('web01').vars, { disk: 'ssd' });
  t.equal(host('h2n1').target.port, 2222);
  t.equal(host('2001:db8::1').target.port, undefined);
  t.equal(host('2001:db8::2').target.port, 2200);
  t.strictSame(inventory.groups.get('live')?.children, ['web', 'db']);
  t.strictSame(inventory.groups.get('live')?.hosts, [
    'web01',
    'web03',
    'web05',
    'rack-a',
    'rack-b',
    'rack-c',
    'db1',
  ]);
  t.strictSame(inventory.groups.get('all')?.children, ['ungrouped', 'web', 'live', 'dc']);
  t.strictSame(inventory.groups.get('ungrouped')?.hosts, ['lone', 'web02']);
});

t.test('precedence is that of Ansible, and each variable knows the line that won', async (t) => {
  const cwd = t.testdir({ play: {} });
  const { host, at, inventory, faults, warnings } = await load(
    t,
    {
      'inv/hosts.yml': `
all:
  vars: { a: all, b: all, c: all, d: all, e: all, f: all, g: all, list: [1, 2] }
  children:
    parent:
      vars: { b: parent, c: parent }
      children:
        child:
          vars: { c: child, d: child }
          hosts:
            h1: { g: host }
    beta: { vars: { d: beta, p: beta }, hosts: { h1: } }
    zeta: { vars: { p: zeta, ansible_group_priority: 0 }, hosts: { h1: } }
`,
      'inv/group_vars/all.yml': 'c: file-all\n',
      'inv/group_vars/child/1.yml': 'e: file-child\n',
      'inv/group_vars/child/2.json': '{"f": "file-child"}',
      'inv/group_vars/child/notes.txt': 'not: read',
      'inv/group_vars/child.yml': 'e: never',
      'inv/group_vars/chidl.yml': 'e: never',
      'inv/host_vars/h1': 'h: {deep: [1, {x: 2}]}\n',
      'inv/host_vars/h9.yml': 'x: 1',
      'play/group_vars/parent.yaml': 'e: play-parent\nq: play-parent',
      'play/host_vars/h1.yml': '',
    },
    ['inv/hosts.yml'],
    { cwd, playbookDir: join(cwd, 'play') },
  );
  t.strictSame(faults, []);
  t.strictSame(host('h1').vars, {
    ...{ a: 'all', b: 'parent', c: 'file-all', d: 'child', e: 'play-parent', f: 'file-child', g: 'host' },
    ...{ list: [1, 2], p: 'beta', q: 'play-parent', h: { deep: [1, { x: 2 }] } },
  });
  t.equal(at('h1', ['c']), 'inv/group_vars/all.yml:1:4 c: file-all');
  t.equal(at('h1', ['h', 'deep', 1, 'x']), 'inv/host_vars/h1:1:19 h: {deep: [1, {x: 2}]}');
  t.equal(
    at('h1', ['h', 'deep', 1, 'y']),
    'inv/host_vars/h1:1:15 h: {deep: [1, {x: 2}]}',
    'the last part there is',
  );
  t.equal(
    at('h1', ['missing']),
    'inv/hosts.yml:11:13 h1: { g: host }',
    'the host, where the variable is missing',
  );
  t.equal(
    at('h1', ['list', 1]),
    'inv/hosts.yml:3:77 vars: { a: all, b: all, c: all, d: all, e: all, f: all, g: all, list: [1, 2] }',
  );
  t.strictSame(inventory.groups.get('child')?.vars, {
    c: 'child',
    d: 'child',
    e: 'file-child',
    f: 'file-child',
  });
  t.equal(inventory.groups.get('zeta')?.origin(['nothing'])?.line, 13);
  t.strictSame(warnings, [
    'inv/group_vars/chidl.yml is not used: the inventory has no group "chidl"; did you mean child?',
    'inv/group_vars/child.yml is not used: child stands beside it',
    'inv/host_vars/h9.yml is not used: the inventory has no host "h9"; did you mean h1?',
  ]);
});

t.test('of an inventory that cannot be read, nobody says what it has not', async (t) => {
  const { faults, warnings } = await load(
    t,
    { 'inv/hosts.yml': 'web: { hosts: { web1: }', 'inv/group_vars/web.yml': 'c: 2' },
    ['inv/hosts.yml'],
  );
  t.equal(faults.length, 1, JSON.stringify(faults));
  t.strictSame(warnings, []);
});

t.test('several sources: a folder, a list, a module; later ones win', async (t) => {
  const { names, host, at, faults, warnings } = await load(
    t,
    {
      'inv/10.yml': 'web: { hosts: { web1: { a: 1, b: 1 } } }',
      'inv/20.json': '{"web": {"hosts": {"web1": {"b": 2}}, "vars": {"c": 1}}}',
      'inv/sub/30.yaml': 'web: { hosts: { web2: } }',
      'inv/group_vars/web.yml': 'c: 2',
      'inv/.hidden.yml': '- no',
      'inv/old.yml~': '- no',
      'inv/README.md': '- no',
      'inv/hosts': '[web]',
      'computed.mjs': `
const host = (n) => ({ ansible_host: '192.0.2.' + n, b: n, nothing: undefined })
export default async () => ({ web: { hosts: { web1: host(1), web3: host(3) } } })`,
    },
    ['inv', 'x1, x[2:3]:2222,', 'computed.mjs'],
  );
  t.strictSame(faults, []);
  t.match(warnings, [/^inv\/hosts is not read/]);
  t.equal(warnings.length, 1);
  t.strictSame(names, ['web1', 'web2', 'x1', 'x2', 'x3', 'web3']);
  t.strictSame(host('web1').vars, { a: 1, b: 1, c: 2, ansible_host: '192.0.2.1' });
  t.equal(host('x3').target.port, 2222);
  t.strictSame(host('x1').groups, ['all', 'ungrouped']);
  t.equal(at('x1', []), '-i:1:1 x1, x[2:3]:2222,');
  t.equal(
    at('web3', ['b']),
    'computed.mjs:3:1 export default async () => ({ web: { hosts: { web1: host(1), web3: host(3) } } })',
  );
});

t.test('how a host is reached: the inventory wins over the command line', async (t) => {
  const { host, faults, warnings } = await load(
    t,
    {
      'hosts.yml': `
all:
  vars: { ansible_ssh_executable: /opt/ssh, ansible_python_interpreter: /usr/bin/python3 }
  hosts:
    plain:
    full:
      ansible_host: 192.0.2.5
      ansible_port: "2222"
      ansible_user: root
      ansible_ssh_private_key_file: ~/.ssh/id
      ansible_become: yes
      ansible_become_user: root
      ansible_become_method: ansible.builtin.sudo
      ansible_connection: smart
      ansible_timeout: 30
    old: { ansible_ssh_host: 192.0.2.6, ansible_ssh_port: 22, ansible_ssh_user: me, ansible_become: 'off' }
    here: { ansible_connection: local }
`,
    },
    ['hosts.yml'],
    { overrides: { user: 'cli', privateKeyFile: 'cli-key', become: true } },
  );
  t.strictSame(faults, []);
  t.strictSame(warnings, ['hosts.yml:3:35: ansible_ssh_executable has no effect here']);
  t.match(host('plain').target, {
    name: 'plain',
    connection: 'ssh',
    address: 'plain',
    port: undefined,
    user: 'cli',
    privateKeyFile: 'cli-key',
  });
  t.equal(host('plain').become, true);
  t.match(host('full').target, {
    address: '192.0.2.5',
    port: 2222,
    user: 'root',
    privateKeyFile: '~/.ssh/id',
    connection: 'ssh',
    connectTimeout: 30,
  });
  t.equal(host('full').become, true);
  t.match(host('old').target, { address: '192.0.2.6', port: 22, user: 'me' });
  t.equal(host('old').become, false);
  t.equal(host('here').target.connection, 'local');
});

t.test('passwords become secrets at once, and are in nothing that can be shown', async (t) => {
  const [password, asked] = [canary('password'), canary('sudo password')];
  mayHold(password, /\/hosts\.yml$/);
  const becomePassword = secret('sudo password', asked);
  const { inventory, host, faults } = await load(
    t,
    {
      'hosts.yml': `
all:
  vars: { ansible_become_pass: 0123 }
  hosts:
    a: { ansible_password: ${password}, ansible_port: no }
    b: { ansible_become_password: ${password} }
    c: { ansible_become_pass: null }
`,
    },
    ['hosts.yml'],
    { becomePassword },
  );
  const a = host('a');
  const text = (value: unknown) => (value instanceof Secret ? reveal(value) : `not a secret: ${value}`);
  t.equal(text(a.vars.ansible_password), password);
  t.equal(text(a.target.password), password);
  t.equal(show(a.target.password), '<password of a>');
  t.equal(text(a.target.becomePassword), '0123', 'as it is written');
  t.equal(show(host('b').target.becomePassword), '<become password of b>');
  t.equal(text(host('c').target.becomePassword), asked);
  t.equal(text(host('c').target.password), 'not a secret: undefined');
  const shown = JSON.stringify([
    inventory.hosts,
    [...inventory.groups.values()],
    faults,
    a.origin(['ansible_password']),
  ]);
  t.notMatch(shown, password);
  t.notMatch(shown, '0123');
  t.match(faults, [
    {
      message: 'ansible_port must be a whole number from 1 to 65535, not "no"',
      position: { line: 5, text: '    a: { ansible_password: <hidden>' },
    },
  ]);
  t.equal(faults.length, 1);
});

t.test('-e wins over everything, connection variables included', async (t) => {
  const hosts = `
all:
  vars: { ansible_user: group, ansible_become_password: !vault "$ANSIBLE_VAULT;1.1;AES256 31" }
  hosts:
    a: { ansible_ssh_user: host, ansible_port: 22, tier: a }
`;
  const given = {
    ansible_user: 'given',
    ansible_port: '2222',
    ansible_host: '192.0.2.9',
    ansible_become: 'yes',
    ansible_become_password: '0123',
    tier: 'b',
  };
  const { host, faults, warnings } = await load(t, { 'hosts.yml': hosts }, ['hosts.yml'], {
    extraVars: given,
    overrides: { user: 'cli' },
  });
  t.strictSame([faults, warnings], [[], []]);
  const { target, become, vars } = host('a');
  t.match(target, { port: 2222, address: '192.0.2.9' });
  t.equal(become, true);
  t.equal(vars.tier, 'b');
  t.equal(target.becomePassword && reveal(target.becomePassword), '0123');
  t.notMatch(JSON.stringify(host('a')), '0123');

  const wrong = await load(t, { 'hosts.yml': hosts }, ['hosts.yml'], {
    extraVars: { ...given, ansible_port: 'ssh', ansible_become_password: '{{ pw }}' },
  });
  t.match(wrong.faults, [
    { message: /^ansible_port must be/, position: { file: '-e', column: 14, text: 'ansible_port=ssh' } },
    { message: /^ansible_become_password holds a template/, position: { file: '-e', text: /<hidden>$/ } },
  ]);
});

t.test('YAML: anchors and merges, odd keys, numbers that do not fit, templates', async (t) => {
  const { host, at, faults, warnings } = await load(t, {
    'hosts.yml': `\uFEFFall:
  vars:
    base: &base { x: 1, y: 1 }
    more: { <<: *base, y: 2 }
    big: 12345678901234567890
    port: 22:22
    greeting: "{{ hello }}"
    raw: !unsafe "{{ hello }}"
    __proto__: harmless
  hosts:
    0010: { <<: [*base, { x: 9, z: 3 }], y: 5 }
    yes:
`,
  });
  t.strictSame(faults, []);
  const { vars } = host('0010');
  t.strictSame(vars.more, { x: 1, y: 2 });
  t.match(vars, { x: 1, y: 5, z: 3, big: '12345678901234567890', port: '22:22', greeting: '{{ hello }}' });
  t.ok(Object.hasOwn(vars, '__proto__'));
  t.equal(at('0010', ['x']), 'hosts.yml:3:22 base: &base { x: 1, y: 1 }', 'where the anchor has it');
  t.equal(host('yes').name, 'yes');
  t.strictSame(warnings, [
    'hosts.yml:7:15: "greeting" holds a template, and templates are not evaluated, in all of hosts.yml',
  ]);
});

t.test('the examples load, and agree', async (t) => {
  const cwd = join(import.meta.dirname, '../../inventory');
  for (const source of ['hosts.yml', 'hosts.ts']) {
    const { inventory, host, faults, warnings } = await load(t, {}, [source], { cwd });
    t.strictSame([faults, warnings], [[], []], source);
    t.strictSame(inventory.groups.get('manager')?.hosts, ['da1']);
    for (const { name, vars, origin } of inventory.hosts) {
      t.match(await checkVars(Node, vars, origin, name), { value: { ip: vars.ip } }, 'it fits the playbook');
    }
    const all = inventory.groups.get('all');
    t.match(await checkVars(Installation, all?.vars, () => undefined, 'all'), { value: { stack: 'da' } });
    t.strictSame(inventory.groups.get('workers')?.hosts, ['da2', 'da3']);
    t.match(host('da2'), {
      vars: { ip: '192.0.2.12' },
      target: { address: '192.0.2.12', user: 'deploy' },
      become: true,
    });
  }
});

t.test('ten thousand hosts', async (t) => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `        h${index}: { ansible_host: 192.0.2.1, n: ${index} }`,
  );
  const { inventory, host, faults } = await load(t, {
    'hosts.yml': `all:\n  children:\n    web:\n      vars: { a: 1 }\n      hosts:\n${lines.join('\n')}\n`,
  });
  t.strictSame(faults, []);
  t.equal(inventory.groups.get('web')?.hosts.length, 10_000);
  t.match(host('h9999').vars, { a: 1, n: 9999 });
});
