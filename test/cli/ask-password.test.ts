import { PassThrough } from 'node:stream';
import t from 'tap';
import { askPassword } from '../../lib/cli/ask-password.ts';
import type { Io } from '../../lib/cli/io.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { reveal } from '../../lib/secret.ts';

/** What comes of it when these chunks are typed; `null` is the end of the input. */
async function typed(terminal: boolean, ...chunks: readonly (string | Buffer | null)[]) {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: terminal,
    setRawMode: (mode: boolean) => raw.push(mode),
  });
  let shown = '';
  const stderr = new PassThrough().on('data', (text) => {
    shown += text;
  });
  const io = { stdin, stderr } as unknown as Io;
  const asking = askPassword(io, {
    question: 'sudo password: ',
    label: 'sudo password',
    hint: 'leave it out',
  });
  for (const chunk of chunks) chunk === null ? stdin.end() : stdin.write(chunk);
  const answer = await asking.then(reveal, (error: unknown) => `${codeOf(error)}: ${messageOf(error)}`);
  return { answer, raw, shown };
}

t.test('a terminal shows the question and nothing of what is typed', async (t) => {
  t.same(await typed(true, 'opn', '\u007f', 'en\r'), {
    answer: 'open',
    raw: [true, false],
    shown: 'sudo password: \n',
  });
});

t.test('nothing is echoed any more when the question is shown', async (t) => {
  const order: string[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => order.push(mode ? 'raw' : 'cooked'),
  });
  const io = { stdin, stderr: { write: (text: string) => order.push(text) } } as unknown as Io;
  stdin.write('open\r');
  await askPassword(io, { question: 'password: ', label: 'password', hint: '' });
  t.same(order, ['raw', 'password: ', 'cooked', '\n']);
});

t.test('the keys of a terminal do what they do elsewhere', async (t) => {
  const cases: readonly (readonly [what: string, keys: string, answer: string])[] = [
    ['Ctrl-U clears the line', 'wrong\u0015right\n', 'right'],
    ['Ctrl-D ends a line', 'open\u0004', 'open'],
    ['Ctrl-D alone ends the input', '\u0004', 'usage: no password was given'],
    ['an empty password is refused', '\r', 'usage: the password given is empty'],
    ['Ctrl-C interrupts', 'op\u0003en\n', 'interrupted: interrupted'],
    ['other keys type nothing', 'o\u001b[Ap\u0001e\tn\n', 'open'],
    ['backspace takes a whole character', 'open😀\b\n', 'open'],
  ];
  for (const [what, keys, answer] of cases) t.equal((await typed(true, keys)).answer, answer, what);
});

t.test('without a terminal the first line is the password', async (t) => {
  const euro = Buffer.from('€');
  t.same(await typed(false, 'op', 'en\nmore'), { answer: 'open', raw: [], shown: '' });
  t.equal((await typed(false, 'open', null)).answer, 'open', 'an end without a newline');
  t.equal((await typed(false, euro.subarray(0, 1), euro.subarray(1), null)).answer, '€');
  t.equal((await typed(false, null)).answer, 'usage: no password was given');
  const stdin = Object.assign(new PassThrough(), { isTTY: false });
  const io = { stdin, stderr: new PassThrough() } as unknown as Io;
  stdin.end('first\nsecond\n');
  const ask = async () => reveal(await askPassword(io, { question: '', label: 'password', hint: '' }));
  t.same([await ask(), await ask()], ['first', 'second'], 'the next line answers the next question');
  t.equal((await typed(false, '\n')).answer, 'usage: the password given is empty');
});
