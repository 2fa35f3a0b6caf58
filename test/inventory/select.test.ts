import t, { type Test } from 'tap';
import { loadInventory } from '../../lib/inventory/load-inventory.ts';
import { selectHosts } from '../../lib/inventory/select-hosts.ts';
import { showGraph } from '../../lib/inventory/show-graph.ts';
import { showHost } from '../../lib/inventory/show-host.ts';
import { showList } from '../../lib/inventory/show-list.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';

const password = canary('password');
mayHold(password, /\/hosts\.yml$/);
const FILE = `
all:
  hosts:
    lone:
    .dotted:
    "2001:db8::1":
  vars: { z: 1 }
  children:
    web:
      hosts:
        web[1:4]:
        db1: { ansible_password: ${password}, b: [1, {y: 2, x: 1}], ansible_host: 192.0.2.1 }
      children: { canary: { hosts: { web4: , web9.example.com: } } }
    live: { hosts: { web2: , web3: , db2: } }
    empty:
`;

async function inventoryOf(test: Test) {
  const cwd = test.testdir({ 'hosts.yml': FILE });
  const { inventory, faults } = await loadInventory(['hosts.yml'], { cwd, importModule: async () => ({}) });
  test.strictSame(faults, []);
  return inventory;
}

t.test('patterns', async (t) => {
  const inventory = await inventoryOf(t);
  const all = inventory.hosts.map(({ name }) => name);
  const web = ['web1', 'web2', 'web3', 'web4', 'db1', 'web9.example.com'];
  const cases: readonly [pattern: string, hosts: readonly string[]][] = [
    ['all', all],
    ['*', all],
    ['web', web],
    ['canary', ['web4', 'web9.example.com']],
    ['web3,web1', ['web1', 'web3']],
    ['web3:web1', ['web1', 'web3']],
    ['web1, db2 ,', ['web1', 'db2']],
    ['web,&live', ['web2', 'web3']],
    ['&live:web', ['web2', 'web3']],
    ['web:!canary', ['web1', 'web2', 'web3', 'db1']],
    ['web:&live:!web2', ['web3']],
    ['!web', ['lone', '.dotted', '2001:db8::1', 'db2']],
    ['db?', ['db1', 'db2']],
    ['*.example.com', ['web9.example.com']],
    ['web[1-2]', ['web1', 'web2']],
    ['web[!1-3]', ['web4']],
    ['*d*', ['.dotted', '2001:db8::1', 'db1', 'db2']],
    ['liv*', ['web2', 'web3', 'db2']],
    ['~web[12]$', ['web1', 'web2']],
    ['~db', ['db1', 'db2']],
    ['~(lone|web1)', ['lone', 'web1']],
    ['web[0]', ['web1']],
    ['web[-1]', ['web9.example.com']],
    ['web[0:2]', ['web1', 'web2', 'web3']],
    ['web[4:]', ['db1', 'web9.example.com']],
    ['web[1:2]:lone', ['lone', 'web2', 'web3']],
    ['2001:db8::1', ['2001:db8::1']],
    ['all:!2001*', all.filter((name) => !name.startsWith('2001'))],
    ['ungrouped', ['lone', '.dotted', '2001:db8::1']],
  ];
  for (const [pattern, hosts] of cases) {
    const found = selectHosts(inventory, pattern).map(({ name }) => name);
    t.strictSame(
      found,
      all.filter((name) => hosts.includes(name)),
      pattern,
    );
    t.equal(found.length, hosts.length, pattern);
  }
});

t.test('a pattern that stands for nothing, wholly or in part, is refused', async (t) => {
  const inventory = await inventoryOf(t);
  const cases: readonly [pattern: string, message: RegExp, hint?: RegExp][] = [
    ['wbe1', /"wbe1" is no host and no group/, /did you mean web1/],
    ['web1,lvie', /"lvie" is no host and no group/, /did you mean live/],
    ['web:!cannary', /"cannary" is no host/, /canary/],
    ['nothing-like-it', /is no host/, /inventory -i <inventory> --graph/],
    ['x*', /"x\*" is no host/],
    ['~x', /"~x" is no host/],
    ['~(', /not a regular expression/],
    ['web[9]', /past the end: "web" has 6 hosts/],
    ['web[3:1]', /past the end/],
    ['live[0]:!web[1]', /no host fits/],
    ['canary:&live', /no host fits the pattern "canary:&live"/],
    ['empty', /no host fits/],
    ['', /empty/],
    [' , ', /empty/],
    ['@retry.txt', /file of hosts/],
  ];
  for (const [pattern, message, hint] of cases) {
    t.throws(
      () => selectHosts(inventory, pattern),
      { code: 'usage', message, ...(hint && { hint }) },
      pattern,
    );
  }
});

t.test('the inventory as ansible-inventory shows it', async (t) => {
  const inventory = await inventoryOf(t);
  t.equal(
    showGraph(inventory),
    `@all:
  |--@ungrouped:
  |  |--lone
  |  |--.dotted
  |  |--2001:db8::1
  |--@web:
  |  |--@canary:
  |  |  |--web4
  |  |  |--web9.example.com
  |  |--web1
  |  |--web2
  |  |--web3
  |  |--db1
  |--@live:
  |  |--web2
  |  |--web3
  |  |--db2
  |--@empty:`,
  );
  t.equal(showGraph(inventory, 'canary'), '@canary:\n  |--web4\n  |--web9.example.com');
  t.throws(() => showGraph(inventory, 'canray'), { code: 'usage', hint: /canary/ });
  t.equal(
    showHost(inventory, 'db1'),
    `{
    "ansible_host": "192.0.2.1",
    "ansible_password": "<password of db1>",
    "b": [
        1,
        {
            "x": 1,
            "y": 2
        }
    ],
    "z": 1
}`,
  );
  t.throws(() => showHost(inventory, 'db3'), { code: 'usage', message: /no host "db3"/, hint: /db1/ });
  const list: unknown = JSON.parse(showList(inventory));
  t.match(list, {
    _meta: { hostvars: { lone: { z: 1 }, db1: { ansible_password: '<password of db1>' } } },
    all: { children: ['ungrouped', 'web', 'live', 'empty'] },
    canary: { hosts: ['web4', 'web9.example.com'] },
    web: { children: ['canary'], hosts: ['web1', 'web2', 'web3', 'db1'] },
  });
  t.notHas(list, { empty: {} });
  t.notMatch(showList(inventory), password);
});

t.test('what is shown of variables has no password in it, at any depth', async (t) => {
  const cwd = t.testdir({
    'hosts.yml': `secrets:
  hosts:
    one:
      db_password: hunter2
      passwords: { root: hunter2, list: [hunter2, { a: 12345 }], none: null }
      url: [ 'postgres://u:hunter2@h/x' ]
      users: [ &user { name: a, password: hunter2 }, *user ]
      token: !env TOKEN
      key_file: /etc/key
      'https://u:hunter2@h': 1
    two: { plain: [ 1, { x: y } ] }
`,
  });
  const importModule = () => Promise.reject(new Error('not asked for'));
  const { inventory } = await loadInventory(['hosts.yml'], { cwd, importModule });
  const user = { name: 'a', password: '<hidden>' };
  const one = {
    db_password: '<hidden>',
    passwords: { root: '<hidden>', list: ['<hidden>', { a: '<hidden>' }], none: null },
    url: ['postgres://u:<hidden>@h/x'],
    users: [user, user],
    token: '<env TOKEN>',
    key_file: '/etc/key',
    'https://u:<hidden>@h': 1,
  };
  t.strictSame(JSON.parse(showHost(inventory, 'one')), one);
  t.match(JSON.parse(showList(inventory)), {
    secrets: { hosts: ['one', 'two'] },
    _meta: { hostvars: { one, two: { plain: [1, { x: 'y' }] } } },
  });
  t.equal(inventory.hosts[0]?.vars.db_password, 'hunter2', 'a run has it as it was');
});
