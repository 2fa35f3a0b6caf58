import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import t, { type Test } from 'tap';
import { betweenMarkers } from './between-markers.ts';
import { defineCase } from './define-case.ts';
import { createCountingProxy } from './fleet/counting-proxy.ts';
import { createRoundTripCounter } from './fleet/round-trip-counter.ts';
import { renderResults } from './render-results.ts';
import type { CaseResult } from './result.ts';
import { runCase } from './run-case.ts';
import { spreadOf } from './statistics.ts';
import { verdictsOf } from './verdict.ts';

t.test('statistics', async (t) => {
  t.equal(spreadOf([]), undefined);
  t.same(spreadOf([3]), { median: 3, min: 3, max: 3 });
  t.same(spreadOf([10, 9, 100]), { median: 10, min: 9, max: 100 });
  t.same(spreadOf([4, 1, 2, 100]), { median: 3, min: 1, max: 100 });
});

const measuredCase: CaseResult = {
  name: 'example',
  title: 'An example',
  wanted: [
    { against: 'slow', atLeast: 10 },
    { against: 'slow', atLeast: 10.1 },
    { against: 'fast', atMost: 2 },
    { against: 'fast', atMost: 1.9 },
    { against: 'fast', atMostPlus: 1 },
    { against: 'fast', atMostPlus: 0.5 },
    { measure: 'memory', atMost: 100 },
    { measure: 'memory', atMost: 99 },
    { measure: 'roundTrips', against: 'slow', atLeast: 5 },
    { of: 'fast', against: 'dabook', atMost: 0.5 },
    { against: 'broken', atLeast: 1 },
    { against: 'nobody', atLeast: 1 },
  ],
  tools: [
    {
      name: 'dabook',
      samples: [{ seconds: 2, memory: 100 }, { seconds: 1 }, { seconds: 9 }],
      counts: { roundTrips: 4 },
    },
    { name: 'slow', samples: [{ seconds: 20 }], counts: { roundTrips: 20, bytes: 12_345 } },
    { name: 'fast', samples: [{ seconds: 1 }], counts: {} },
    { name: 'broken', samples: [{ seconds: 100 }], counts: {}, fault: 'no\nit broke' },
  ],
};

t.test('verdicts compare medians, and tell of a tool that failed nothing', async (t) => {
  t.same(
    verdictsOf(measuredCase).map(({ got, verdict }) => [got, verdict]),
    [
      ['10.0x', 'reached'],
      ['10.0x', 'missed'],
      ['2.00x', 'reached'],
      ['2.00x', 'missed'],
      ['1.00', 'reached'],
      ['1.00', 'missed'],
      ['100.0', 'reached'],
      ['100.0', 'missed'],
      ['5.00x', 'reached'],
      ['0.50x', 'reached'],
      ['-', 'not measured'],
      ['-', 'not measured'],
    ],
  );
});

t.test('the results as a page shows them', async (t) => {
  const machine = {
    ...{ date: '2020-01-02', processor: 'A processor', cores: 2, memory: 4, system: 'Debian', kernel: '6' },
    ...{ node: 'v20', dabook: '1', ansible: '2', mitogen: '3', ssh: '4' },
  };
  const text = renderResults({ machine, command: 'npm run bench', cases: [measuredCase] });
  const row = (name: string) => text.split('\n').find((line) => line.startsWith(`| ${name} `));
  t.match(row('dabook'), /^\| dabook +\| 3 +\| 2\.000 \(1\.000-9\.000\) +\| 100 +\| 4 +\| +\|$/);
  t.match(row('slow'), /\| 20 +\| 12 +\|$/, 'bytes as KB');
  t.match(text, 'broken failed: `it broke`');
  t.match(text, /\| slow \/ dabook, seconds +\| at least 10x +\| 10\.0x +\| reached +\|/);

  const begin = '<!-- results: written by npm run bench -->';
  const page = `# P\n\n${begin}\n\nold\n\n<!-- end of results -->\n\nrest\n`;
  const written = betweenMarkers(page, 'new');
  t.equal(written, page.replace('old', 'new'));
  t.equal(betweenMarkers(written, 'new'), written);
  t.throws(() => betweenMarkers('# P\n', 'new'), /no lines/);
});

t.test('a round trip is what waits for an answer', async (t) => {
  const counter = createRoundTripCounter();
  const send = () => {
    const number = counter.sent();
    return () => counter.arrived(number);
  };
  const answer = () => {
    const number = counter.answered();
    return () => counter.seen(number);
  };
  // A greeting that nobody asked for.
  answer()();
  t.equal(counter.roundTrips, 0);
  const first = send();
  const second = send();
  first();
  const one = answer();
  second();
  one();
  t.equal(counter.roundTrips, 1);
  answer()();
  t.equal(counter.roundTrips, 1, 'what was sent in one go is one, however often it is answered');
  const third = send();
  const fourth = send();
  third();
  answer()();
  fourth();
  answer()();
  t.equal(counter.roundTrips, 2, 'and so is what left before the answer came');
});

t.test('the proxy carries everything, and counts it for each address', async (t) => {
  const echo = await echoServer(t);
  const proxy = await createCountingProxy({ address: '0.0.0.0', port: 0, target: echo, roundTrip: 0 });
  t.teardown(() => proxy.close());
  t.same(proxy.traffic(), { connections: 0, bytes: 0, roundTrips: 0 });

  const one = await client('127.0.0.1', proxy.port);
  for (const text of ['a', 'bc', 'def']) t.equal(await one.ask(text), text);
  t.same(proxy.traffic(), { connections: 1, bytes: 12, roundTrips: 4 }, 'with that of TCP itself');
  const other = await client('127.0.0.2', proxy.port);
  t.equal(await other.ask('x'), 'x');
  t.same(proxy.traffic(), { connections: 2, bytes: 14, roundTrips: 4 }, 'the most of any address');

  const large = 'y'.repeat(3_000_000);
  t.equal(await other.ask(large), large);
  t.equal(proxy.traffic().bytes, 14 + 2 * large.length);
  t.equal(await one.finish(), '', 'an end is passed on, and comes back');
  t.equal(await other.finish(), '');
});

t.test('the proxy holds back what it carries, and keeps its order', async (t) => {
  const echo = await echoServer(t);
  const proxy = await createCountingProxy({ address: '127.0.0.1', port: 0, target: echo, roundTrip: 0.04 });
  t.teardown(() => proxy.close());
  const one = await client('127.0.0.1', proxy.port);
  // Timers count whole milliseconds, and each way has one.
  const least = 0.04 - 0.003;
  const lasts = async (text: string) => {
    const started = performance.now();
    t.equal(await one.ask(text), text);
    return (performance.now() - started) / 1000;
  };
  t.ok((await lasts('first')) >= 2 * least, 'the connection itself costs one');
  t.ok((await lasts('second')) >= least);
  t.same(proxy.traffic(), { connections: 1, bytes: 22, roundTrips: 3 });

  const words = Array.from({ length: 200 }, (_, index) => `${index} `);
  t.equal(await one.ask(...words), words.join(''));
  t.equal(proxy.traffic().roundTrips, 4, 'many writes at once are one round trip');
  t.equal(await one.finish(), '');
});

t.test('a case: rehearsal, interleaved rounds, a tool that fails, and the end', async (t) => {
  const folder = await mkdtemp(`${tmpdir()}/dabook-bench-test-`);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const done: string[] = [];
  const tool = (name: string) => ({
    name,
    prepare: async () => void done.push(`prepare ${name}`),
    run: async () => {
      done.push(name);
      return { cpu: done.length };
    },
    verify: async () => {
      if (name === 'c' && done.filter((text) => text === 'c').length === 2) throw new Error('wrong file');
    },
  });
  const definition = defineCase({
    name: 'example',
    title: 'An example',
    wanted: [],
    setUp: async (place) => ({ place }),
    counted: async ({ place }, run) => {
      await run();
      return { roundTrips: place.length };
    },
    tools: [tool('a'), { ...tool('b'), runs: 1, rehearsed: false }, tool('c')],
    tearDown: async () => void done.push('end'),
  });
  const result = await runCase(definition, { folder, runs: 3, environment: {}, tell: () => undefined });
  t.equal(
    done.filter((text) => !text.startsWith('prepare')).join(' '),
    'a b c a c a a end',
    'b runs once, and c not again after it failed',
  );
  t.equal(done.filter((text) => text.startsWith('prepare')).length, 7);
  t.match(result.tools, [
    { name: 'a', samples: { length: 3 }, counts: { roundTrips: folder.length } },
    { name: 'b', samples: [{ cpu: 4, seconds: Number }] },
    { name: 'c', samples: { length: 0 }, fault: 'wrong file' },
  ]);
});

async function echoServer(t: Test): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.teardown(() => closed(server));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A client that asks an echo and waits until all of it has come back. */
async function client(host: string, port: number) {
  const socket: Socket = connect({ host, port });
  let text = '';
  let came: () => void = () => undefined;
  socket.on('data', (chunk) => {
    text += chunk.toString();
    came();
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return {
    async ask(...parts: readonly string[]): Promise<string> {
      const wanted = parts.join('').length;
      for (const part of parts) socket.write(part);
      await new Promise<void>((resolve) => {
        came = () => {
          if (text.length >= wanted) resolve();
        };
        came();
      });
      const answer = text;
      text = '';
      return answer;
    },
    async finish(): Promise<string> {
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.end();
      await ended;
      return text;
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
