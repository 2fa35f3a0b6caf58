import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Event } from '../../lib/events.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';
import { copyFile } from '../../lib/tasks/files/copy-file.ts';
import type { MemoryAnswer, MemoryExecOptions, MemoryHost } from '../../lib/transport/memory.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { realShell } from '../transport/real-shell.ts';
import { noise } from './noise.ts';
import { told } from './told.ts';

const aMegabyte = 2 ** 20;

t.test('large and many secrets', async (t) => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `    key${index}: ${noise(40, `${index}`)}`);
  const large = lines.join('\n');
  const redactor = createRedactor();
  redactor.learn([
    secret('large', large),
    secret('long', noise(4 * aMegabyte)),
    secret('x', 'x'.repeat(aMegabyte)),
  ]);
  for (let index = 0; index < 2000; index += 1) {
    redactor.learn(secret(`token ${index}`, `SWMTKN-1-${noise(60, `token ${index}`)}`));
  }
  t.equal(
    redactor.text(`a ${large} b ${noise(4 * aMegabyte)} c ${lines[7]}`),
    'a <large> b <long> c <large>',
  );
  t.equal(redactor.text(`join ${`SWMTKN-1-${noise(60, 'token 1999')}`}`), 'join <token 1999>');
  t.equal(redactor.text(`    key: x ${'x'.repeat(200)}`), `    key: x ${'x'.repeat(200)}`);

  t.test('a part that begins as a secret does is one that was cut off', async (t) => {
    t.equal(redactor.text(`it says ${noise(300)}`), 'it says <long>');
    t.equal(redactor.text(`it says ${noise(255)}`), `it says ${noise(255)}`, 'too little to be sure');
    t.equal(redactor.text(`it says ${large.slice(0, -1)}!`), 'it says <large>!');
    // Each place of this one begins as the secret does: it must not take a second a place.
    const parts = ['x'.repeat(aMegabyte - 1), 'x'.repeat(aMegabyte - 2)];
    t.equal(redactor.text(parts.join('y')), '<x>y<x>');
    t.equal(redactor.text('x'.repeat(3 * aMegabyte)), '<x>', 'it stands at each place of this one');

    const continues = noise(301).slice(-1) + noise(60, 'another');
    redactor.learn(secret('continues', continues));
    t.equal(
      redactor.text(noise(300) + continues),
      '<long><continues>',
      'the secret behind it is hidden whole, also where its first character is the next of the cut one',
    );
  });
});

/** A host whose commands are run by a real sh. */
function realHost(
  after: (answer: Exclude<MemoryAnswer, string>, options: MemoryExecOptions) => MemoryAnswer,
): MemoryHost {
  return {
    exec: async (command, options) => after(await realShell(command, options.stdin), options),
  };
}

t.test('a file of a megabyte that is secret', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'dabook-redact-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const dest = join(dir, 'large');
  const line = (index: number) => (index % 64 === 0 ? canary('large file') : noise(63, `line ${index}`));
  const text = Array.from({ length: aMegabyte / 64 }, (_, index) => line(index)).join('\n');
  mayHold(text, /\/(large|other)$/);
  const content = secret('large file', text);

  const copied = await told({ a: realHost((answer) => answer) }, async ([a]) =>
    a.run(copyFile({ dest, content })),
  );
  t.same(copied.statuses, ['changed']);
  t.ok(readFileSync(dest, 'utf8') === text, 'every byte of it is there');
  t.match(copied.changes.at(-2), { path: 'sha256', to: '<checksum of large file>' });
  t.notMatch(copied.text, noise(16, 'line 1'));

  // A host that says what it was given, which no part of dabook would.
  const quoting = realHost((answer, { stdin }) =>
    stdin === undefined ? answer : { status: 1, stderr: `no: ${Buffer.from(stdin).subarray(0, 700_000)}` },
  );
  const other = { dest: join(dir, 'other'), content };
  const failed = await told({ a: quoting }, async ([a]) => a.run(copyFile(other)));
  t.match(failed.error, { code: 'command' });
  const { fault } =
    failed.events.find((event): event is Event & { type: 'task.ended' } => event.type === 'task.ended') ?? {};
  t.match(fault?.command?.stderr, /^(<large file>\n)+/);
  t.notMatch(failed.text, noise(16, 'line 1'));
});
