import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { renderFaults } from '../../lib/inventory/render-faults.ts';
import { checkBothWays } from './both-ways.ts';

/** Loads sources and gives their faults and warnings as a person sees them. */
async function faultsOf(
  test: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  sources: readonly string[] = ['hosts.yml'],
  importModule: (path: string) => Promise<unknown> = () => Promise.reject(new Error('not asked for')),
) {
  const cwd = test.testdir({});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
    if (/\.(ya?ml|json)$/.test(name) && typeof text === 'string') checkBothWays(text);
  }
  const { faults, warnings, inventory } = await loadInventory(sources, { cwd, importModule });
  const brief = faults.map(({ message, position }) => {
    return position ? `${position.file}:${position.line}:${position.column}: ${message}` : message;
  });
  return { faults, warnings, inventory, brief, text: renderFaults(faults) };
}

t.test('all faults of all files are told at once, each with its line', async (t) => {
  const { text, inventory } = await faultsOf(
    t,
    {
      'hosts.yml': `all:
  vars:
    ansible_port: ssh
  hosts:
    web[1-3]:
    web1: 192.0.2.1
    db1:
      ansible_connection: winrm
\t\t# a comment after tabs
  children:
    a: { children: { b: { children: { a: } } } }
    list:
      hosts: [one, two]
`,
      'group_vars/all.yml': 'key: [1, 2\nother: 3\n',
    },
    ['hosts.yml', 'nowhere.yml'],
  );
  t.equal(
    text,
    `there is no inventory nowhere.yml
  a single host, rather than a file, is written with a comma: -i nowhere.yml,

group_vars/all.yml:2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
  2 | other: 3
    | ^
  keys of one mapping start in the same column

hosts.yml:3:19: ansible_port must be a whole number from 1 to 65535, not "ssh"
  3 |     ansible_port: ssh
    |                   ^

hosts.yml:5:5: the host "web[1-3]" cannot be read: the range [1-3] is not begin:end or begin:end:step
  5 |     web[1-3]:
    |     ^
  ranges are written as web[01:20], web[1:9:2] or rack-[a:f]

hosts.yml:6:11: the variables of the host "web1" are a single value ("192.0.2.1")
  6 |     web1: 192.0.2.1
    |           ^
  they are a mapping:
  web1:
    ansible_host: 192.0.2.1

hosts.yml:8:27: ansible_connection must be ssh or openssh or local or smart or paramiko or paramiko_ssh, not "winrm"
  8 |       ansible_connection: winrm
    |                           ^
  nothing else is understood by dabook

hosts.yml:11:39: the group "a" is its own ancestor: a > b > a
  11 |     a: { children: { b: { children: { a: } } } }
     |                                       ^
  take "a" out of the children of "b"

hosts.yml:13:14: hosts of the group "list" is a list
  13 |       hosts: [one, two]
     |              ^
  each is a key that ends with a colon:
  hosts:
    one:
    two:

8 faults in the input`,
  );
  t.ok(inventory.groups.has('b'), 'what could be read is there all the same');
});

t.test('YAML that cannot be read, each with what to do', async (t) => {
  const cases: readonly [yaml: string, fault: string | RegExp][] = [
    ['', 'hosts.yml:1:1: the inventory hosts.yml is empty'],
    ['# only\n---\n', 'hosts.yml:1:1: the inventory hosts.yml is empty'],
    ['all:\n  hosts:\n', 'hosts.yml:1:1: the inventory has no hosts'],
    ['all:\n\thosts:\n', /^hosts.yml:2:1: not valid YAML: Tabs/],
    ['a: 1\n---\nb: 2\n', /^hosts.yml:2:1: not valid YAML: .*multiple documents/],
    ['all: { hosts: { a: , b: , a: } }', 'hosts.yml:1:27: "a" is given twice: first in line 1'],
    ['- a', 'hosts.yml:1:1: an inventory is a mapping of groups, not a list'],
    ['hosts: { a: }', 'hosts.yml:1:1: "hosts" stands outside of any group'],
    [
      'plugin: aws_ec2\nregions: []',
      'hosts.yml:1:1: this is the configuration of an Ansible inventory plugin, which is not run',
    ],
    ['web: [a, b]', 'hosts.yml:1:6: the group "web" is a list'],
    ['web: { vars: [a], hosts: { a: } }', 'hosts.yml:1:14: vars of the group "web" is a list'],
    [
      'web: { children: { all: }, hosts: { a: } }',
      'hosts.yml:1:20: "all" is a child of "web": it is the parent of every group',
    ],
    [
      '# inventory\n[web]\nweb1 ansible_port=2\n',
      "hosts.yml:2:1: this is an inventory in Ansible's INI format, which is not read",
    ],
    ['#!/bin/sh\necho {}', 'hosts.yml:1:1: an inventory script is not run'],
    [
      '$ANSIBLE_VAULT;1.1;AES256\n3132\n',
      'the inventory hosts.yml is encrypted, and only dabook run opens it',
    ],
    [
      'all: { hosts: { a: { x: !vault "31" } } }',
      'hosts.yml:1:32: !vault holds nothing that ansible-vault encrypted: that begins with $ANSIBLE_VAULT;',
    ],
    ['all: { hosts: { a: { x: !date 1 } } }', 'hosts.yml:1:31: the tag !date is not understood'],
    ['all: { hosts: { a: *b } }', 'hosts.yml:1:20: *b has no anchor &b that ends before it'],
    ['all: { hosts: { a: &b { c: *b } } }', 'hosts.yml:1:28: *b has no anchor &b that ends before it'],
    ['all: { hosts: { a: { <<: 1 } } }', 'hosts.yml:1:26: << takes a mapping, or a list of mappings'],
    ['all: { hosts: { {{ name }}: } }', /^hosts.yml:1:17: a key must be a plain word here$/],
    [`${'{ a: '.repeat(20_000)}`, /nested too deeply|not valid YAML/],
  ];
  for (const [yaml, fault] of cases) {
    const { brief } = await faultsOf(t, { 'hosts.yml': yaml });
    if (typeof fault === 'string') t.strictSame(brief, [fault]);
    else t.match(brief[0], fault);
  }
});

t.test('a small file whose aliases unfold to billions is refused', async (t) => {
  const level = (name: string, below: string) =>
    `${name}: &${name} [${Array(10).fill(`*${below}`).join(', ')}]\n`;
  const lists = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map(
    (name, index) => `    ${level(name, 'abcdefghi'.charAt(index))}`,
  );
  const bomb = `all:\n  hosts: { one: }\n  vars:\n    a: &a [1, 2]\n${lists.join('')}`;
  t.match((await faultsOf(t, { 'hosts.yml': bomb })).brief, [
    /^hosts.yml:1:1: the aliases of this file would unfold to \d{10} values$/,
  ]);
  const wide = Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join(', ');
  const merges = Array.from({ length: 1500 }, (_, index) => `    h${index}: { <<: *w }\n`).join('');
  const copies = `all:\n  vars: { w: &w { ${wide} } }\n  hosts:\n${merges}`;
  t.match((await faultsOf(t, { 'hosts.yml': copies })).brief, [/merges .* copy more than/]);
});

t.test('settings that cannot be used', async (t) => {
  const cases: readonly [vars: string, fault: string][] = [
    ['ansible_port: 0', 'ansible_port must be a whole number from 1 to 65535, not "0"'],
    ['ansible_port: 70000', 'ansible_port must be a whole number from 1 to 65535, not "70000"'],
    ['ansible_port: 22.5', 'ansible_port must be a whole number from 1 to 65535, not "22.5"'],
    ['ansible_port: [22]', 'ansible_port is a list where a single value is expected'],
    [
      'ansible_host: -oProxyCommand=x',
      'ansible_host must be one word that does not start with "-", not "-oProxyCommand=x"',
    ],
    ['ansible_user: "a b"', 'ansible_user must be one word that does not start with "-", not "a b"'],
    ['ansible_user: "{{ me }}"', 'ansible_user holds a template, and templates are not evaluated'],
    [
      'ansible_become_password: "{{ vault }}"',
      'ansible_become_password holds a template, and templates are not evaluated',
    ],
    ['ansible_become: maybe', 'ansible_become must be true or false, not "maybe"'],
    ['ansible_become_user: postgres', 'ansible_become_user must be root, not "postgres"'],
    ['ansible_become_method: su', 'ansible_become_method must be sudo, not "su"'],
    [
      'ansible_connection: constructor',
      'ansible_connection must be ssh or openssh or local or smart or paramiko or paramiko_ssh, not "constructor"',
    ],
  ];
  for (const [vars, fault] of cases) {
    const { faults } = await faultsOf(t, { 'hosts.yml': `all:\n  hosts:\n    a:\n      ${vars}\n` });
    t.strictSame(
      faults.map(({ message }) => message),
      [fault],
    );
    t.match(faults[0]?.position, { line: 4, column: vars.indexOf(':') + 9 });
  }
  const group = await faultsOf(t, {
    'hosts.yml': 'all: { hosts: { "a[1:500]": }, vars: { ansible_port: x } }',
  });
  t.equal(group.faults.length, 1, 'a wrong variable of a group is told once, not once a host');
  t.match((await faultsOf(t, { 'hosts.yml': 'all: { hosts: { "two words": } }' })).brief, [
    /1:17: the host "two words" has no address/,
  ]);
});

t.test('ranges that cannot be read', async (t) => {
  const cases: readonly [name: string, wrong: RegExp][] = [
    ['a[1:]', /has no end/],
    ['a[5:1]', /ends before it begins/],
    ['a[01:100]', /must have 2 digits too/],
    ['a[a:9]', /neither of two numbers nor of two single letters/],
    ['a[1:9:0]', /the step "0"/],
    ['a[1:2:3:4]', /is not begin:end/],
    ['a[1:2', /a bracket is not closed/],
    ['a]', /a bracket is not closed/],
    ['a[1:999999999]', /more than 100000 hosts/],
    ['a[1:99999]-[1:99999]', /more than 100000 hosts/],
  ];
  for (const [name, wrong] of cases) {
    const { brief } = await faultsOf(t, { 'hosts.yml': `all: { hosts: { ok: , "${name}": } }` });
    t.match(brief, [wrong], name);
    t.equal(brief.length, 1);
  }
});

t.test('files and modules that cannot be read', async (t) => {
  const large = Buffer.alloc(16 * 1024 * 1024 + 1, '#');
  t.match((await faultsOf(t, { 'hosts.yml': large })).brief, [/^hosts.yml has more than 16 MiB$/]);
  t.match((await faultsOf(t, { 'hosts.yml': Buffer.from([0x61, 0xff, 0xfe]) })).brief, [
    /^hosts.yml is not a text in UTF-8$/,
  ]);
  t.match((await faultsOf(t, { 'inv/readme.md': '' }, ['inv'])).brief, [
    'the folder inv has no .yml, .yaml or .json file',
  ]);
  t.match((await faultsOf(t, {}, [','])).brief, ['the inventory has no hosts']);
  const stray = { 'hosts.yml': 'all: { hosts: { a: } }' };
  t.match((await faultsOf(t, stray, [''])).brief, ['the name of the inventory is empty: -i ""']);
  t.equal((await faultsOf(t, stray, ['hosts.yml', ' '])).brief.length, 1, 'not the current folder');

  const files = { 'hosts.ts': 'const x = 1\nexport default {}\n' };
  const module = (loaded: unknown) => faultsOf(t, files, ['hosts.ts'], async () => loaded);
  t.strictSame((await module({})).brief, ['hosts.ts:2:1: an inventory module needs a default export']);
  t.strictSame((await module({ default: [] })).brief, [
    'hosts.ts:2:1: an inventory is a mapping of groups, not a list',
  ]);
  t.strictSame((await module({ default: { all: { hosts: { a: { f: () => 1 } } } } })).brief, [
    'hosts.ts:2:1: all.hosts.a.f is a function, which is no inventory value',
  ]);
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  t.strictSame((await module({ default: { all: { hosts: { a: loop } } } })).brief, [
    'hosts.ts:2:1: all.hosts.a.self contains itself',
  ]);
  t.strictSame((await module({ default: { all: { hosts: { a: { ansible_port: 'x' } } } } })).brief, [
    'hosts.ts:2:1: ansible_port must be a whole number from 1 to 65535, not "x"',
  ]);
  const fails = () => Promise.reject(new Error('no such region'));
  t.strictSame((await module({ default: fails })).brief, [
    'hosts.ts:2:1: the inventory module failed: no such region',
  ]);
  t.strictSame((await faultsOf(t, files, ['hosts.ts'], fails)).brief, [
    'hosts.ts:2:1: the inventory module failed: no such region',
  ]);
});

t.test('what only deserves a warning', async (t) => {
  const { warnings, faults } = await faultsOf(t, {
    'hosts.yml': `web:
  hosts: { web: , a: { ansible_become_flags: -H, ansible_ssh_args: '' } }
  childen: { db: }
`,
  });
  t.strictSame(faults, []);
  t.strictSame(warnings, [
    'hosts.yml:3:3: "childen" in the group "web" is ignored: did you mean children?',
    'hosts.yml:2:12: a host and a group are both named "web"',
    'hosts.yml:2:46: ansible_become_flags has no effect here',
  ]);
});

t.test('a hint can be copied, and what steers a terminal is made visible', async (t) => {
  t.match(
    (await faultsOf(t, { 'hosts.yml': 'db: [a, b]' })).text,
    '  a group has hosts, children and vars:\n  db:\n    hosts:\n      a:\n      b:\n',
  );
  const steering = 'all: { hosts: { "a\u001b[2J": , "b\x9b": 1 } }';
  const { text, warnings } = await faultsOf(t, { 'hosts.yml': steering, 'host_vars/\x1b[1mx.yml': 'a: 1' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  t.notMatch(text + warnings.join(), /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  t.match(text, 'the host "a␛[2J" cannot be read');
  t.match(warnings, [/host_vars\/␛\[1mx\.yml/]);
  const lines = text.split('\n');
  const quoted = lines.findIndex((line) => line.startsWith('  1 | '));
  const caret = lines.slice(quoted, quoted + 2);
  t.equal(caret[0]?.charAt(caret[1]?.indexOf('^') ?? -1), '"', 'the caret stands under the column');
});

t.test('rendering: many faults at one place, long lines, tabs, none', (t) => {
  const position = { file: 'h.yml', line: 7, column: 200, text: `${'x'.repeat(199)}HERE${'y'.repeat(300)}` };
  const faults = Array.from({ length: 500 }, (_, index) => ({
    message: `host h${index}: ip: wrong`,
    position,
  }));
  const lines = renderFaults(faults).split('\n');
  t.equal(lines.length, 8);
  t.match(lines[3], /^h.yml:7:200: … and 497 more here$/);
  t.ok(lines.every((line) => line.length < 140));
  t.equal(lines[4]?.charAt(lines[5]?.indexOf('^') ?? -1), 'H', 'the caret stands under the column');
  t.equal(lines.at(-1), '500 faults in the input');
  const tab = renderFaults([{ message: 'm', position: { file: 'f', line: 1, column: 3, text: 'a\tb' } }]);
  t.match(tab, '  1 | a\tb\n    |  \t^\n');
  t.equal(
    renderFaults([{ message: 'first' }, { message: 'second', hint: 'do this' }]),
    'first\n\nsecond\n  do this\n\n2 faults in the input',
  );
  t.end();
});
