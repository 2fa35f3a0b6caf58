import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Event, Happening } from '../../lib/events.ts';
import { createPaint } from '../../lib/views/paint.ts';
import type { Span } from '../../lib/views/profile-span.ts';
import { createSpans } from '../../lib/views/profile-spans.ts';
import type { StartUp } from '../../lib/views/profile-start.ts';
import { createTotals } from '../../lib/views/profile-totals.ts';
import { createProfileView } from '../../lib/views/profile-view.ts';
import { createOutput } from './output.ts';
import { barsOf } from './trace-bars.ts';

const zero = Date.parse('2026-01-01T00:00:00.000Z');

/** Events, each so many milliseconds after the process began. */
const timed = (script: readonly (readonly [ms: number, happening: Happening])[]): Event[] =>
  script.map(([ms, happening]) => ({ ...happening, at: new Date(zero + ms).toISOString() }) as Event);

async function profiled(events: readonly Event[], startUp: StartUp, columns = 80) {
  const out = createOutput({ columns });
  let trace = '';
  const view = createProfileView({
    startUp,
    table: { out, paint: createPaint(false) },
    trace: (text) => {
      trace += text;
    },
  });
  for (const event of events) view.handle(event);
  await view.end();
  return { table: out.text(), trace };
}

const startUp: StartUp = {
  start: zero,
  phases: [
    { name: 'playbook', start: zero + 150, end: zero + 390 },
    { name: 'loading dabook', start: zero + 50, end: zero + 150 },
    { name: 'starting node', start: zero, end: zero + 50 },
    { name: 'type check', start: zero + 150.25, end: zero + 350.25 },
  ],
};

const about = (host: string, task: number, title: string, play?: string) => ({
  ...{ host, task, name: 'stackDeploy', title },
  ...(play === undefined ? {} : { play }),
});
const asks = (host: string, command: number, task?: number, purpose: 'fact' | 'step' = 'fact') => ({
  ...{ host, command, purpose, shown: purpose === 'step' ? 'docker stack deploy' : `GET /${command}\nmore` },
  ...(task === undefined ? {} : { task }),
});

/** Two hosts, one slot: what is asked ahead, a step that fails to settle at once, and one outside of any play. */
const twoHosts = timed([
  [400, { type: 'run.started', playbook: 'Two', check: false, hosts: ['ha1', 'ha2'] }],
  [400, { type: 'play.started', play: 'Deploy', hosts: ['ha1', 'ha2'] }],
  [400, { type: 'host.started', host: 'ha1', play: 'Deploy' }],
  [402, { type: 'command.started', ...asks('ha1', 1) }],
  [402, { type: 'command.started', ...asks('ha1', 2) }],
  [403, { type: 'task.started', ...about('ha1', 1, 'deploy the stack da', 'Deploy') }],
  [500, { type: 'host.connected', host: 'ha1', seconds: 0.097 }],
  [530, { type: 'command.ended', ...asks('ha1', 1), status: 200, seconds: 0.0305, trip: 1 }],
  [540, { type: 'command.ended', ...asks('ha1', 2), status: 200, seconds: 0.04, trip: 1 }],
  [542, { type: 'command.started', ...asks('ha1', 3, 1, 'step') }],
  [742, { type: 'command.ended', ...asks('ha1', 3, 1, 'step'), status: 0, seconds: 0.2, trip: 2 }],
  // One step after the other is no settling.
  [743, { type: 'command.started', ...asks('ha1', 4, 1, 'step') }],
  [753, { type: 'command.ended', ...asks('ha1', 4, 1, 'step'), status: 0, seconds: 0.01, trip: 3 }],
  [753, { type: 'command.started', ...asks('ha1', 5, 1) }],
  [760, { type: 'command.ended', ...asks('ha1', 5, 1), status: 200, seconds: 0.007, trip: 4 }],
  [1160, { type: 'command.started', ...asks('ha1', 6, 1) }],
  [1170, { type: 'command.ended', ...asks('ha1', 6, 1), status: 200, seconds: 0.01, trip: 5 }],
  [
    1173,
    {
      type: 'task.ended',
      ...about('ha1', 1, 'deploy the stack da', 'Deploy'),
      status: 'changed',
      seconds: 0.77,
    },
  ],
  [1180, { type: 'host.ended', host: 'ha1', play: 'Deploy', seconds: 0.78 }],
  [1180, { type: 'host.started', host: 'ha2', play: 'Deploy' }],
  [1180, { type: 'command.started', ...asks('ha2', 7) }],
  [1180, { type: 'task.started', ...about('ha2', 3, 'given up', 'Deploy') }],
  [1180, { type: 'command.started', ...asks('ha2', 9, 3) }],
  [1190, { type: 'task.ended', ...about('ha2', 3, 'given up', 'Deploy'), status: 'failed', seconds: 0.01 }],
  [
    1480,
    {
      type: 'host.unreachable',
      host: 'ha2',
      fault: { code: 'unreachable', message: 'ha2 does not answer' },
    },
  ],
  [1480, { type: 'host.ended', host: 'ha2', play: 'Deploy', seconds: 0.3 }],
  [
    1480,
    { type: 'play.ended', play: 'Deploy', failed: [], unreachable: ['ha2'], waiting: [], seconds: 1.08 },
  ],
  [1500, { type: 'task.started', ...about('ha1', 2, 'deploy \u001b[2J') }],
  [1501, { type: 'command.started', ...asks('ha1', 8, 2) }],
  [
    1590,
    {
      type: 'run.ended',
      ...{ check: false, outcome: 'interrupted', seconds: 1.19, hosts: {}, roundTrips: { ha1: 5 } },
    },
  ],
]);

t.test('a table tells where the time went', async (t) => {
  const { table } = await profiled(twoHosts, startUp);
  t.equal(
    table,
    `
== Profile: 1.590 s from dabook's start to the run's end
  before the run   0.400  starting node 0.050, loading dabook 0.100, playbook
                          0.240 beside type check 0.200
  the run itself   1.190

  hosts        waiting at work connect reading   steps  settle   other   trips
  all 2 hosts    0.780   1.170   0.397   0.129   0.210   0.420   0.014       5
                          100%     34%     11%     18%     36%      1%
  ha1            0.000   0.870   0.097   0.129   0.210   0.420   0.014       5
  ha2            0.780   0.300   0.300   0.000   0.000   0.000   0.000       0

  tasks                 times   total   steps  settle slowest  on
  deploy the stack da       1   0.770   0.210   0.420   0.770  ha1
  deploy ␛[2J               1   0.090   0.000   0.000   0.090  ha1
  given up                  1   0.010   0.000   0.000   0.010  ha2

  waiting: for a slot of a play (--forks, serial). At work: what follows, added
  up; what went on at one time counts once. reading: commands that ask. settle:
  from a step's end until what it led to was verified. other: dabook, and what
  the playbook itself awaited. The first task of a list waits for the facts of
  all of it.
`,
  );
});

t.test('a trace shows it', async (t) => {
  const bars = barsOf((await profiled(twoHosts, startUp)).trace);
  const drawn = (lane: string) =>
    bars
      .filter((bar) => bar.lane === lane)
      .map(({ ts, dur, name, parent }) => [ts / 1000, dur / 1000, name, ...(parent ? [parent.name] : [])]);
  t.same(drawn('dabook/start-up'), [
    [0, 50, 'starting node'],
    [50, 100, 'loading dabook'],
    [150, 240, 'playbook'],
  ]);
  t.same(drawn('dabook/start-up 2'), [[150.25, 200, 'type check']]);
  t.same(
    [...drawn('dabook/run'), ...drawn('dabook/plays')],
    [
      [400, 1190, 'Two'],
      [400, 1080, 'Deploy'],
    ],
  );
  t.same(drawn('ha1/tasks'), [
    [400, 780, 'Deploy'],
    [403, 770, 'deploy the stack da', 'Deploy'],
    [753, 420, 'settling', 'deploy the stack da'],
    [1500, 90, 'deploy \u001b[2J'],
  ]);
  t.same(drawn('ha1/round trips'), [
    [403, 97, 'connecting'],
    [500, 40, 'round trip 1'],
    [500, 30, 'GET /1', 'round trip 1'],
    [530, 10, 'GET /2', 'round trip 1'],
    [542, 200, 'round trip 2'],
    [542, 200, 'docker stack deploy', 'round trip 2'],
    [743, 10, 'round trip 3'],
    [743, 10, 'docker stack deploy', 'round trip 3'],
    [753, 7, 'round trip 4'],
    [753, 7, 'GET /5', 'round trip 4'],
    [1160, 10, 'round trip 5'],
    [1160, 10, 'GET /6', 'round trip 5'],
    [1501, 89, 'GET /8'],
  ]);
  t.same(drawn('ha2/tasks'), [
    [400, 1080, 'Deploy'],
    [400, 780, 'waiting for a slot', 'Deploy'],
    [1180, 10, 'given up', 'Deploy'],
  ]);
  t.same(drawn('ha2/round trips 2'), [[1180, 10, 'GET /9']]);
  t.same(drawn('ha2/round trips'), [[1180, 300, 'connecting, in vain']]);
  const asked = bars.find(({ name }) => name === 'GET /2');
  t.same(asked?.args, { command: 'GET /2\nmore', status: 200, ms: 40 });
});

/** What one number makes happen next, of what an engine could have happen then. */
function randomRun(choices: readonly number[]): Event[] {
  const script: [number, Happening][] = [];
  const hosts = ['a', 'b', 'c'].map((name) => ({
    name,
    connected: false,
    trip: 1,
    waits: [] as string[],
    slots: [] as string[],
    task: undefined as ReturnType<typeof about> | undefined,
    commands: [] as (ReturnType<typeof asks> & { readonly since: number })[],
  }));
  const names = hosts.map(({ name }) => name);
  const plays: string[] = [];
  let now = 500;
  let last = 0;
  const next = () => ++last;
  const tell = (happening: Happening) => script.push([now, happening]);
  tell({ type: 'run.started', playbook: 'random', check: false, hosts: names });
  for (const choice of choices) {
    const host = hosts[choice % hosts.length];
    if (host === undefined) continue;
    const { name, slots, commands, waits } = host;
    // Often nothing: much happens in one millisecond.
    now += Math.max(0, (choice % 13) - 6);
    const any = <T>(items: readonly T[]): T | undefined => items[choice % items.length];
    const acts: (() => void)[] = [
      () => {
        const play = `play ${next() % 3}`;
        plays.push(play);
        for (const each of hosts) each.waits.push(play);
        tell({ type: 'play.started', play, hosts: names });
      },
      ...waits.map((play) => () => {
        waits.splice(waits.indexOf(play), 1);
        slots.push(play);
        tell({ type: 'host.started', host: name, play });
      }),
      ...slots.map((play) => () => {
        slots.splice(slots.indexOf(play), 1);
        tell({ type: 'host.ended', host: name, play, seconds: 1 });
      }),
      ...plays.map((play) => () => {
        plays.splice(plays.indexOf(play), 1);
        for (const each of hosts)
          if (each.waits.includes(play)) each.waits.splice(each.waits.indexOf(play), 1);
        tell({ type: 'play.ended', play, failed: [], unreachable: [], waiting: [], seconds: 1 });
      }),
      () => {
        const { task } = host;
        host.task = task === undefined ? about(name, next(), `task ${last % 5}`, any(slots)) : undefined;
        if (task !== undefined) tell({ type: 'task.ended', ...task, status: 'ok', seconds: 0.001 });
        else if (host.task !== undefined) tell({ type: 'task.started', ...host.task });
      },
      () => {
        const task = choice % 2 === 0 ? host.task?.task : undefined;
        const asked = asks(name, next(), task, task !== undefined && choice % 4 === 0 ? 'step' : 'fact');
        commands.push({ ...asked, since: now });
        tell({ type: 'command.started', ...asked });
      },
      ...(commands.length === 0
        ? []
        : [
            () => {
              const seconds = ((choice % 7) / 6) * ((now - (commands[0]?.since ?? now)) / 1000);
              host.connected = true;
              tell({ type: 'host.connected', host: name, seconds });
            },
          ]),
      ...(host.connected
        ? commands.map((command) => () => {
            commands.splice(commands.indexOf(command), 1);
            const { since, ...asked } = command;
            const seconds = (choice % 5) * 0.25 * ((now - since) / 1000);
            if (choice % 3 > 0) host.trip += 1;
            tell({ type: 'command.ended', ...asked, status: 0, seconds, trip: host.trip });
          })
        : []),
      ...(choice % 17 === 0
        ? [
            () => {
              commands.length = 0;
              tell({ type: 'host.unreachable', host: name, fault: { code: 'unreachable', message: 'gone' } });
            },
          ]
        : []),
    ];
    acts[Math.floor(choice / hosts.length) % acts.length]?.();
  }
  const roundTrips = Object.fromEntries(hosts.map(({ name, trip }) => [name, trip]));
  tell({ type: 'run.ended', check: false, outcome: 'ok', seconds: 1, hosts: {}, roundTrips });
  return timed(script);
}

t.test('whatever happens, bars nest and parts add up', async (t) => {
  const choices = fc.array(fc.nat(1e6), { minLength: 20, maxLength: 250 });
  let drawn = 0;
  await fc.assert(
    fc.asyncProperty(choices, async (choices) => {
      const events = randomRun(choices);
      const spans: Span[] = [];
      const totals = createTotals();
      const handle = createSpans((span) => {
        spans.push(span);
        totals.add(span);
      });
      events.forEach(handle);
      const run = spans.at(-1);
      if (run?.kind !== 'run') throw new Error('the run has no end');

      const count = (type: Event['type']) => events.filter((event) => event.type === type).length;
      const ended = (kind: Span['kind']) => spans.filter((span) => span.kind === kind).length;
      assert.equal(ended('task'), count('task.started'));
      assert.equal(ended('play'), count('play.started'));
      assert.equal(ended('slot'), count('host.started'));
      spans.reduce((before, span) => {
        assert.ok(span.start <= span.end && before <= span.end, 'it has an end, and they come in order');
        return span.end;
      }, 0);

      for (const times of totals.totals(run).hosts) {
        const { host, waiting, atWork, connecting, reading, steps, settling, other } = times;
        const parts = [connecting, reading, steps, settling, other];
        assert.ok([waiting, ...parts].every((part) => part >= 0));
        assert.ok(Math.abs(parts.reduce((a, b) => a + b) - atWork) < 1e-6);
        const own = spans.filter((span) => 'host' in span && span.host === host);
        assert.ok(Math.abs(covered(own, () => true) - waiting - atWork) < 0.01, 'all of its time is in them');
        const kinds =
          (...wanted: Span['kind'][]) =>
          (span: Span) =>
            wanted.includes(span.kind);
        assert.ok(Math.abs(covered(own, kinds('connecting')) - connecting) < 0.01);
        const isStep = (span: Span) => span.kind === 'command' && span.purpose === 'step';
        const both = covered(own, (span) => isStep(span) || span.kind === 'connecting');
        assert.ok(Math.abs(both - connecting - steps) < 0.01);
      }

      const bars = barsOf((await profiled(events, startUp)).trace);
      const bar = (kind: string) => bars.filter(({ cat }) => cat === kind).length;
      assert.equal(bar('fact') + bar('step'), ended('command'));
      assert.equal(bar('task'), ended('task'));
      // What takes no time has nothing in it that a viewer could show.
      for (const { cat, parent } of bars.filter(({ dur }) => dur > 0)) {
        if (cat === 'settling') assert.equal(parent?.cat, 'task');
        if (cat === 'task' && parent !== undefined) assert.equal(parent.cat, 'play');
      }
      drawn += bars.length;
    }),
    { numRuns: 300 },
  );
  t.ok(drawn > 10_000, 'and something did');
});

/** How long some spans are together, reckoned the slow way. */
function covered(spans: readonly Span[], isMeant: (span: Span) => boolean): number {
  const meant = spans.filter(isMeant);
  const marks = [...new Set(meant.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  return marks.reduce((sum, mark, index) => {
    const next = marks[index + 1] ?? mark;
    const isIn = meant.some(({ start, end }) => start <= mark && end >= next);
    return isIn ? sum + next - mark : sum;
  }, 0);
}
