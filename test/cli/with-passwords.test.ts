import { PassThrough } from 'node:stream';
import t from 'tap';
import type { Io } from '../../lib/cli/io.ts';
import { type PasswordFlags, withPasswords } from '../../lib/cli/with-passwords.ts';
import type { Inventory } from '../../lib/inventory/inventory.ts';
import { reveal, secret } from '../../lib/secret.ts';

const origin = () => undefined;
const hostOf = (name: string, own: object = {}) => ({
  name,
  groups: [],
  vars: {},
  origin,
  become: false,
  target: { name, connection: 'ssh', address: name, ...own } as const,
});
const inventory: Inventory = {
  hosts: [
    hostOf('a'),
    hostOf('b', {
      password: secret('password of b', 'b-login'),
      becomePassword: secret('sudo of b', 'b-sudo'),
    }),
  ],
  groups: new Map(),
};

/** The passwords of each host, login and sudo, when these lines are given; or why there are none. */
async function given(flags: PasswordFlags, isTTY: boolean, input: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} });
  let shown = '';
  const stderr = new PassThrough().on('data', (text) => {
    shown += text;
  });
  if (isTTY) for (const line of input.split(/(?<=\r)/)) setTimeout(() => stdin.write(line));
  else stdin.end(input);
  const io = { stdin, stderr } as unknown as Io;
  const got = await withPasswords(io, inventory, flags).catch((error: unknown) => error);
  if (got instanceof Error) return { error: got, shown };
  const passwords = (got as Inventory).hosts.map(({ target: { password, becomePassword } }) =>
    [password, becomePassword].map((one) => one && reveal(one)),
  );
  return { passwords, shown };
}

const own = ['b-login', 'b-sudo'];

t.test('hosts get the passwords that the inventory does not name', async (t) => {
  const both = { askPass: true, askBecomePass: true } as const;
  t.same(await given({}, false, 'x\n'), { passwords: [[undefined, undefined], own], shown: '' });
  t.same(await given({ askPass: true }, false, 'log in\n'), {
    passwords: [['log in', undefined], own],
    shown: '',
  });
  t.same((await given({ askBecomePass: true }, false, 'be root\n')).passwords, [[undefined, 'be root'], own]);
  t.same(
    (await given(both, false, 'log in\nbe root\n')).passwords,
    [['log in', 'be root'], own],
    'SSH comes first',
  );
  t.same((await given(both, false, 'both\n\n')).passwords, [['both', 'both'], own], 'an empty line takes it');
});

t.test('on a terminal each is asked for, and nothing of it is shown', async (t) => {
  t.same(await given({ askPass: true, askBecomePass: true }, true, 'log in\r\r'), {
    passwords: [['log in', 'log in'], own],
    shown: 'SSH password: \nsudo password (empty: the SSH password): \n',
  });
});

t.test('what is not given is refused', async (t) => {
  t.match(await given({ askPass: true }, false, '\n'), {
    error: { code: 'usage', message: 'the password given is empty', hint: /leave out -k/ },
  });
  t.match(await given({ askBecomePass: true }, false, '\n'), {
    error: { code: 'usage', hint: /leave out -K/ },
  });
  t.match(await given({ askPass: true, askBecomePass: true }, false, 'one\n'), {
    error: { code: 'usage', message: 'no password was given', hint: /an empty line takes the SSH password/ },
  });
});
