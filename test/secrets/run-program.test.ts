import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { runProgram } from '../../lib/secrets/run-program.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';

const env = { PATH: process.env.PATH, NAME: 'one name' };

const ran = (words: readonly string[], more: { seconds?: number } = {}) =>
  runProgram(words, { cwd: '/', env, ...more }).then(String, (error: unknown) => {
    return `${codeOf(error)}: ${messageOf(error)}`;
  });

t.test('what a program prints is all that it gives', async (t) => {
  t.equal(await ran(['printf', '%s', '$HOME *']), '$HOME *', 'there is no shell');
  t.equal(
    await ran(['sh', '-c', 'pwd; echo "$NAME"; echo note >&2; cat']),
    '/\none name\n',
    'its stdin is empty',
  );
});

t.test('a program that fails is told of by its stderr, never by its stdout', async (t) => {
  const unsaid = canary('unsaid');
  const file = join(t.testdir({ unsaid }), 'unsaid');
  mayHold(unsaid, /\/unsaid$/);
  const script = 'cat "$0"; echo "no such entry" >&2; exit 3';
  t.equal(
    await ran(['sh', '-c', script, file]),
    `inventory: sh -c ${script} ${file} ended with exit status 3: no such entry`,
  );
  t.match(
    await ran(['no-such-program-here']),
    /^inventory: no-such-program-here cannot be run: there is no such program$/,
  );
  t.equal(await ran(['echo', '\0']), 'inventory: echo \0 cannot be run: ERR_INVALID_ARG_VALUE');
  const halves = 'printf "\\303" >&2; sleep 0.3; printf "\\244" >&2; exit 1';
  t.match(await ran(['sh', '-c', halves]), /exit status 1: ä$/, 'a character that comes in two pieces');
  t.match(await ran(['sh', '-c', 'kill -9 $$']), /ended with SIGKILL$/);
});

t.test('neither time nor output is without an end', async (t) => {
  // What it has started itself stays, and holds its output open.
  const file = join(t.testdir(), 'started');
  t.match(
    await ran(['sh', '-c', 'sleep 5000 & echo $! >"$0"; echo half; exec sleep 5000', file], { seconds: 1 }),
    /took longer than 1 s/,
  );
  process.kill(Number(readFileSync(file, 'utf8')));
  t.match(await ran(['cat', '/dev/zero']), /wrote more than 1 MiB$/);
});
