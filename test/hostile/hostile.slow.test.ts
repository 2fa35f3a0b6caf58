import t from 'tap';
import { sha256Of } from '../../lib/sha256.ts';
import type { Report } from '../faults/report.ts';
import { seededRandom } from '../seeded-random.ts';
import { framing } from './framing.ts';
import { inputs } from './inputs.ts';
import { mutated } from './mutate.ts';
import { quoting } from './quoting.ts';
import { outputFaults, placeFaults } from './told.ts';
import { createWorkPlace } from './work-place.ts';

const nothing = { seed: 1, times: undefined, only: undefined, number: undefined };

/** A report that the test looks at. */
function told() {
  const cases: { name: string; faults: readonly string[] }[] = [];
  const report: Report = {
    told: (name, faults) => void cases.push({ name, faults }),
    note() {},
    passed: 0,
    failed: 0,
  };
  return { report, cases };
}

t.test('inputs that are made of sound ones', async (t) => {
  const { report, cases } = told();
  await inputs({ ...nothing, report, times: 15, only: ['inventory', 'playbooks', 'compose'] });
  for (const { name, faults } of cases) t.same(faults, [], name);
  t.equal(cases.length, 3);
});

t.test('values through the quotes, and commands that are in the way of the next', async (t) => {
  const { report, cases } = told();
  await quoting({ ...nothing, report, times: 100 });
  await framing({ ...nothing, report, only: ['dash'] });
  for (const { name, faults } of cases) t.same(faults, [], name);
  t.ok(cases.length > 0);
});

t.test('what would be wrong is seen', async (t) => {
  const well = { status: 2, stdout: '', stderr: 'hosts.yml:3:1: no' };
  const input = Buffer.from('a');
  t.same([...outputFaults(well), ...placeFaults(well, 'hosts.yml', input)], []);
  t.match(outputFaults({ ...well, stdout: '\x1b[2J' }), [/U\+1b is passed on/]);
  t.match(outputFaults({ ...well, stdout: '\u202e' }), [/U\+202e is passed on/]);
  t.match(outputFaults({ ...well, stderr: 'TypeError: x\n    at f (/a.ts:1:2)' }), [/a stack trace/]);
  t.match(outputFaults({ ...well, stderr: 'this is a fault of dabook itself' }), [/a crash/]);
  t.match(outputFaults({ ...well, status: 134 }), [/exit status 134/]);
  t.match(placeFaults({ ...well, stderr: 'no' }, 'hosts.yml', input), [/does not name hosts.yml/]);
  t.match(placeFaults({ ...well, stderr: 'hosts.yml: no' }, 'hosts.yml', input), [/names no line/]);

  // What throws, and a kind that is not there, are faults of the input as well.
  const place = createWorkPlace();
  t.teardown(() => place.close());
  t.match((await place.tries('no-such-kind', input)).faults, [/it throws/]);
  t.same(
    (await place.tries('compose', Buffer.from('services: {}\n'))).faults,
    [],
    'and the next one is served',
  );
});

t.test('the same seed makes the same inputs', async (t) => {
  const corpus = [Buffer.from('a: 1\nb: [x, y]\n')];
  const some = (seed: number) =>
    Array.from({ length: 50 }, (_, at) => sha256Of(mutated(corpus, seededRandom(seed + at))));
  t.same(some(1), some(1));
  t.notSame(some(1), some(100));
  t.ok(new Set(some(1)).size > 40, 'they differ');
});
