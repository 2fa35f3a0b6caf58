import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Test } from 'tap';
import { codeOf } from '../../lib/errors.ts';
import { posixQuote } from '../../lib/posix-quote.ts';
import type { ExecDeadline, Session, StdinStream } from '../../lib/transport/session.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
const octal = [...everyByte].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
const user = { become: false };

/** What every transport keeps, whatever it reaches its hosts by. `connect` opens a new session. */
export async function contract(t: Test, connect: () => Promise<Session>): Promise<void> {
  const session = await connect();
  t.teardown(() => session.close());
  const run = (command: string, stdin?: Uint8Array) => session.exec(command, { ...user, stdin });
  const text = async (command: string, stdin?: Uint8Array) => (await run(command, stdin)).stdout.toString();

  await t.test('exit statuses from 0 to 255, asked at once', async (t) => {
    const all = await Promise.all(Array.from({ length: 256 }, (_, status) => run(`exit ${status}`)));
    t.strictSame(
      all.map(({ status }) => status),
      [...everyByte],
    );
    t.ok(all.every(({ stdout, stderr }) => stdout.length === 0 && stderr.length === 0));
  });

  await t.test('the status of a command that a signal killed', async (t) => {
    t.equal((await run("sh -c 'kill -TERM $$'")).status, 128 + 15);
    t.equal((await run("sh -c 'kill -KILL $$'")).status, 128 + 9);
  });

  await t.test('stdout and stderr apart and exact', async (t) => {
    const both = await run(`printf '${octal}'; printf 'no newline' >&2; printf '\\n\\n'; exit 7`);
    t.strictSame(both.stdout, Buffer.concat([everyByte, Buffer.from('\n\n')]));
    t.equal(both.stderr.toString(), 'no newline');
    t.equal(both.status, 7);
    const { trip, ...nothing } = await run(':');
    t.strictSame(nothing, { status: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
    t.ok(Number.isInteger(trip));
  });

  await t.test('5 MB of output, and what looks like the end of it', async (t) => {
    const big = await run("head -c 5000000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero >&2");
    t.equal(big.stdout.length, 5_000_000);
    t.ok(big.stdout.equals(Buffer.alloc(5_000_000, 'x')));
    t.equal(big.stderr.length, 300_000);
    t.equal(
      await text("printf '\\n%s 0\\n' 00112233445566778899aabbccddeeff"),
      '\n00112233445566778899aabbccddeeff 0\n',
    );
  });

  await t.test('stdin exact, and ignored', async (t) => {
    t.strictSame((await run('cat', everyByte)).stdout, everyByte);
    t.equal(await text('cat; echo end', Buffer.alloc(0)), 'end\n');
    t.equal(await text('cat; echo none'), 'none\n');
    const lines = Buffer.from('no newline at the end\nexit 3\n\nx');
    t.strictSame((await run('cat', lines)).stdout, lines);
    const big = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 3));
    const [ignored, kept, closed, after] = await Promise.all([
      run('exit 5', big),
      run('cat', big),
      run('exec <&-; echo closed', big),
      run('echo after'),
    ]);
    t.equal(ignored.status, 5);
    t.ok(kept.stdout.equals(big), '3 MB come back as they went');
    t.equal(closed.stdout.toString(), 'closed\n');
    t.equal(after.stdout.toString(), 'after\n');
    for (const size of [1, 2 ** 17 - 1, 2 ** 17, 2 ** 17 + 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1]) {
      t.ok((await run('cat', big.subarray(0, size))).stdout.equals(big.subarray(0, size)), `${size} bytes`);
    }
  });

  await t.test('stdin as a stream', async (t) => {
    const big = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 5));
    /** In chunks of many lengths, an empty one among them; `made` tells how much was asked for. */
    const streamOf = (bytes: Buffer, size = bytes.length, fault?: Error) => {
      const stream = {
        size,
        made: 0,
        async *chunks() {
          for (let length = 0; stream.made < bytes.length; length = (length * 3 + 1) % 250_000) {
            const chunk = bytes.subarray(stream.made, stream.made + length);
            stream.made += chunk.length;
            yield chunk;
          }
          if (fault) throw fault;
        },
      };
      return stream;
    };
    const told: number[] = [];
    const onProgress = (sent: number) => void told.push(sent);
    const [before, kept, after, ignored, none, last] = await Promise.all([
      run('echo before'),
      session.exec('cat', { ...user, stdin: streamOf(big), onProgress }),
      run('echo after'),
      session.exec('exit 5', { ...user, stdin: streamOf(big) }),
      session.exec('cat; echo empty', { ...user, stdin: streamOf(Buffer.alloc(0)) }),
      session.exec('cat', { ...user, stdin: streamOf(everyByte) }),
    ]);
    t.ok(kept.stdout.equals(big), '3 MB come back as they went');
    t.strictSame(
      [before, after, none].map(({ stdout }) => stdout.toString()),
      ['before\n', 'after\n', 'empty\n'],
    );
    t.equal(ignored.status, 5);
    t.strictSame(last.stdout, everyByte);
    t.equal(told.at(-1), big.length);
    t.strictSame(
      told,
      [...told].sort((a, b) => a - b),
    );
    told.length = 0;
    await session.exec('cat >/dev/null', { ...user, stdin: big, onProgress });
    t.equal(told.at(-1), big.length, 'progress of what is no stream');

    const folder = t.testdir({ kept: 'old' });
    const take = `cat >'${folder}/new' && mv '${folder}/new' '${folder}/kept'`;
    const broken = (stdin: StdinStream) => session.exec(take, { ...user, stdin });
    const half = big.subarray(0, 2_000_000);
    for (const [what, stdin, error] of [
      ['fails', streamOf(half, big.length, new Error('gone')), { message: 'gone' }],
      ['fails at its end', streamOf(half, half.length, new Error('late')), { message: 'late' }],
      [
        'gives less',
        streamOf(half, big.length),
        { code: 'command', message: /3000000 bytes, and had 2000000/ },
      ],
      ['gives more', streamOf(big, half.length), { code: 'command', message: /2000000 bytes, and had more/ }],
      ['gives some for none', streamOf(half, 0), { code: 'command', message: /had more/ }],
    ] as const) {
      const [first, guilty, behind] = await Promise.allSettled([
        run('echo first'),
        broken(stdin),
        run(`cat '${folder}/kept'`),
      ]);
      t.match(guilty, { status: 'rejected', reason: error }, `a stream that ${what}`);
      t.match(first, { status: 'fulfilled', value: { status: 0 } }, 'what was asked before it is answered');
      t.equal(
        behind.status === 'fulfilled' && behind.value.stdout.toString(),
        'old',
        'a part is not taken for the whole, and what was asked behind it is run',
      );
    }
  });

  await t.test('the numbers of the round trips', async (t) => {
    const tripOf = async (command: string) => (await run(command)).trip;
    const first = await Promise.all([tripOf('true'), tripOf('true'), tripOf('cat')]);
    t.strictSame(first, Array(3).fill(first[0]), 'what is asked in one tick has one');
    t.equal(await tripOf('true'), (first[0] ?? 0) + 1);
  });

  await t.test('commands with quotes, lines, heredocs and comments', async (t) => {
    t.equal(await text(`printf '%s|' "it's" 'say "hi"' '$HOME' '\\n' '!'`), `it's|say "hi"|$HOME|\\n|!|`);
    t.equal(await text('cat <<EOF\nfirst\n  $((1 + 1))\n\nEOF\necho last # done'), 'first\n  2\n\nlast\n');
    t.equal(await text('for i in 1 2\ndo\n\techo "$i"\ndone\n\n'), '1\n2\n');
    t.equal(await text('printf %s "Grüße, Áéψ€😀 \u0081\u0088"'), 'Grüße, Áéψ€😀 \u0081\u0088');
    t.equal(await text(`printf %s ${posixQuote('x'.repeat(100_000))}`), 'x'.repeat(100_000));
    t.equal(await text(''), '');
  });

  await t.test('any text goes through a shell word and back', async (t) => {
    t.throws(() => posixQuote('a\0b'), { code: 'usage' });
    const texts = fc.sample(
      fc.string({ unit: 'binary' }).filter((one) => !one.includes('\0')),
      100,
    );
    const back = await Promise.all(texts.map((one) => text(`printf %s ${posixQuote(one)}`)));
    t.strictSame(back, texts);
  });

  await t.test('a fault of syntax stays its own', async (t) => {
    const [broken, next] = await Promise.all([run('if then ('), run('echo fine')]);
    t.not(broken.status, 0);
    t.not(broken.stderr.length, 0);
    t.equal(next.stdout.toString(), 'fine\n');
    t.equal((await run('no-such-program')).status, 127);
  });

  await t.test('nothing leaks from one command into the next', async (t) => {
    const before = await text('pwd; umask; echo "$-"');
    await Promise.all([
      run('cd /; umask 0; x=leaked; set -u'),
      run('exec 2>&1; exec echo gone'),
      run('f() { :; }; trap "echo bye" EXIT; exit 3'),
    ]);
    t.equal(await text('pwd; umask; echo "$-"'), before);
    t.equal(await text('echo "<$x>"; command -v f'), '<>\n');
  });

  await t.test('a hundred commands in one tick are answered in order', async (t) => {
    const order: number[] = [];
    const all = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { stdout } = await run(
          i % 3 === 0 ? `cat; echo ${i}` : `echo ${i}`,
          i % 3 === 0 ? Buffer.from('in ') : undefined,
        );
        order.push(i);
        return stdout.toString();
      }),
    );
    t.strictSame(
      all,
      all.map((_, i) => `${i % 3 === 0 ? 'in ' : ''}${i}\n`),
    );
    t.strictSame(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  await t.test('output up to its limit, and beyond it', async (t) => {
    const zeros = (bytes: number) => `head -c ${bytes} /dev/zero`;
    const limited = (command: string, maxOutput: number) => session.exec(command, { ...user, maxOutput });
    const tooMuch = {
      code: 'command',
      message: /^a command wrote more than \d+ (bytes|MiB) and was cut off$/,
    };
    const mebibyte = 2 ** 20;
    t.equal((await limited(zeros(1000), 1000)).stdout.length, 1000, 'to the byte');
    await t.rejects(limited(zeros(1001), 1000), tooMuch);
    await t.rejects(limited(`${zeros(3_000_000)} >&2`, mebibyte), tooMuch, 'stderr too');
    t.equal(await text('echo next'), 'next\n', 'what comes after it is run as ever');
    await t.rejects(
      run(zeros(17 * mebibyte)),
      { code: 'command', message: /more than 16 MiB/ },
      'the usual limit',
    );
    const more = await limited(zeros(20 * mebibyte), 20 * mebibyte);
    t.ok(more.stdout.equals(Buffer.alloc(20 * mebibyte)), 'more than usual');
    const [before, guilty, behind] = await Promise.allSettled([
      limited('echo before', 10),
      limited(zeros(3_000_000), mebibyte),
      limited('echo behind', 1000),
    ]);
    t.match(before, { status: 'fulfilled', value: { status: 0 } });
    t.match(guilty, { status: 'rejected', reason: tooMuch });
    // One that travelled with it may never have been begun, but its host is not lost.
    if (behind.status === 'rejected') t.match(behind.reason, { code: 'command', message: /not heard out/ });
    t.equal(await text('cat; echo', Buffer.from('in')), 'in\n');
  });

  await t.test('closed twice, and asked after that', async (t) => {
    const other = await connect();
    t.equal((await other.exec('echo once', user)).stdout.toString(), 'once\n');
    const underWay = other.exec('sleep 0.2; echo late', user).then(
      () => 'done',
      (error) => codeOf(error),
    );
    const asked = new Promise((resolve) => setTimeout(resolve, 50));
    await asked;
    await Promise.all([other.close(), other.close()]);
    await other.close();
    t.equal(await underWay, 'unreachable', 'what was under way did not succeed');
    await t.rejects(other.exec('true', user), { code: 'unreachable', message: /closed/ });
    await t.rejects(other.docker({ method: 'GET', path: '/info' }, user), {
      code: 'unreachable',
      message: /closed/,
    });
    const unused = await connect();
    await unused.close();
  });
}

/** A stream is read no faster than its command reads it: what is on its way stays small. */
export async function backpressure(t: Test, session: Session): Promise<void> {
  const folder = t.testdir();
  const chunk = Buffer.alloc(2 ** 20);
  const size = 64 * chunk.length;
  let made = 0;
  const stdin = {
    size,
    async *chunks() {
      while (made < size) {
        made += chunk.length;
        yield chunk;
      }
    },
  };
  const counted = session.exec(`while ! [ -e '${folder}/go' ]; do sleep 0.02; done; wc -c`, {
    ...user,
    stdin,
  });
  const behind = session.exec('echo behind', user);
  for (let before = -1; made === 0 || before !== made; ) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  t.ok(made <= 16 * chunk.length, `${made} bytes are on their way while nobody reads them`);
  writeFileSync(`${folder}/go`, '');
  t.equal(Number((await counted).stdout), size);
  t.equal((await behind).stdout.toString(), 'behind\n');
}

/** Who takes too long, or falls silent, is told so, and hinders nobody after it. */
export async function deadlines(t: Test, connect: () => Promise<Session>): Promise<void> {
  // Not a testdir: that is removed before the teardown.
  const folder = mkdtempSync(join(tmpdir(), 'dabook-deadlines-'));
  const pids = join(folder, 'pids');
  const sessions: Session[] = [];
  t.teardown(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    for (const pid of existsSync(pids) ? readFileSync(pids, 'utf8').split('\n').filter(Boolean) : []) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended with its shell.
      }
    }
    // A shell that goes on when its command was killed may come to what was sent behind that.
    rmSync(folder, { recursive: true, maxRetries: 20 });
  });
  /** A command that the test ends if nothing else does. */
  const endless = (rest: string) => `sh -c ${posixQuote(`echo $$ >>'${pids}'; ${rest}`)}`;
  const open = async () => {
    const session = await connect();
    sessions.push(session);
    const run = (command: string, deadline?: ExecDeadline, stdin?: Uint8Array) =>
      session.exec(command, { ...user, deadline, stdin });
    const works = async () =>
      t.equal(
        (await run('cat; echo again', { total: 60 }, Buffer.from('in '))).stdout.toString(),
        'in again\n',
      );
    return { session, run, works };
  };
  const total = (seconds: number) => ({
    code: 'command',
    message: `a command did not end within ${seconds} s (total deadline)`,
  });
  const idle = (seconds: number) => ({
    code: 'command',
    message: `a command was silent for ${seconds} s (idle deadline)`,
  });

  /** On a connection each, at the same time: they wait most of theirs. */
  const cases: readonly ((on: Awaited<ReturnType<typeof open>>) => Promise<void>)[] = [
    async ({ run, works }) => {
      await t.rejects(run(endless('exec sleep 60'), { total: 0.3 }), total(0.3), 'silent for long');
      await works();
      await t.rejects(run(endless('exec sleep 60'), { total: 50, idle: 0.4 }), idle(0.4));
      await works();
    },
    async ({ run, works }) => {
      const later = endless('echo out; echo err >&2; exec sleep 60');
      await t.rejects(run(later, { idle: 0.4 }), idle(0.4), 'silent later');
      await works();
    },
    async ({ run, works }) => {
      const slow = endless('while sleep 0.1; do echo out; sleep 0.1; echo err >&2; done');
      await t.rejects(run(slow, { total: 2, idle: 40 }), total(2), 'prints for ever');
      await works();
    },
    async ({ run, works }) => {
      const closed = endless('exec >&- 2>&-; exec sleep 60');
      await t.rejects(run(closed, { total: 50, idle: 0.4 }), idle(0.4), 'closes its outputs');
      await works();
    },
    async ({ run, works }) => {
      const unread = Buffer.alloc(8 * 2 ** 20);
      await t.rejects(run(endless('exec sleep 60'), { idle: 0.4 }, unread), idle(0.4), 'takes no stdin');
      await works();
    },
    async ({ run }) => {
      const ticks = await run('for i in 1 2 3 4 5 6; do echo out; sleep 0.5; done', { idle: 2.5, total: 60 });
      t.equal(ticks.stdout.toString(), 'out\n'.repeat(6), 'one that is never silent for long');
    },
    async ({ run }) => {
      const [patient, behind] = await Promise.all([
        run('sleep 3; echo first'),
        run('echo second', { total: 2.5, idle: 2.5 }),
      ]);
      t.strictSame(
        [patient, behind].map(({ stdout }) => stdout.toString()),
        ['first\n', 'second\n'],
        'waiting in line does not count',
      );
    },
    async ({ run, works }) => {
      const [before, guilty, next, last] = await Promise.allSettled([
        run('echo before', { total: 60 }),
        run(endless('exec sleep 60'), { total: 0.3 }),
        run(`touch '${folder}/marker'`),
        run('echo last', { total: 60 }),
      ]);
      t.match(before, { status: 'fulfilled', value: { status: 0 } });
      t.match(guilty, { status: 'rejected', reason: total(0.3) });
      for (const one of [next, last])
        t.match(one, {
          status: 'rejected',
          reason: { code: 'command', message: /not heard out/, hint: /is not known/ },
        });
      await works();
    },
    async ({ session, run, works }) => {
      const broken = {
        size: 10,
        async *chunks() {
          yield Buffer.from('half');
          throw new Error('gone');
        },
      };
      const [stuck, apart] = await Promise.allSettled([
        run(endless('exec sleep 60'), { total: 1 }),
        session.exec('cat', { ...user, stdin: broken }),
      ]);
      t.match(
        stuck,
        { status: 'rejected', reason: total(1) },
        'nor does the wait for another that came apart',
      );
      t.match(apart, { status: 'rejected', reason: { message: 'gone' } }, 'which is told for what it is');
      await works();
    },
  ];
  // A fault of one is told once the others are over, as nobody would hear theirs then.
  const ends = await Promise.allSettled(cases.map(async (one) => one(await open())));
  const fault = ends.find((end) => end.status === 'rejected');
  if (fault) throw fault.reason;

  // By itself: what it costs would be counted as silence of the others.
  const { run } = await open();
  const many = await Promise.all(
    Array.from({ length: 2000 }, (_, i) => run(`echo ${i}`, { total: 60, idle: 60 })),
  );
  t.ok(
    many.every(({ stdout }, i) => stdout.toString() === `${i}\n`),
    'two thousand in line',
  );
}
