import t from 'tap';
import { z } from 'zod';
import { exec, fact, type Host, type Obstacle, playbook, sh, task } from '../../lib/index.ts';
import { fakeHost, only, runWith, set, setting } from './settings.ts';

const obstacle = (more: Partial<Obstacle> = {}): Obstacle => ({
  why: 'the way is blocked',
  hint: 'clear it',
  isCertain: true,
  ...more,
});

/** A setting, and what is in the way of setting it: a setting of its own says whether it is. */
const guarded = task('guarded', {
  title: (a: { found: readonly Obstacle[] }) => `guarded by ${a.found.length}`,
  fact: () => setting('gate'),
  want: () => 'open',
  steps: () => [exec(sh`set gate open`)],
  foresees: () => [{ fact: setting('gate'), state: 'open' }],
  obstacles: (_now, _want, a) =>
    fact({
      key: ['in the way'],
      read: async (ask) => ((await ask.sh(sh`get mended`)).stdout.trim() === '' ? a.found : []),
    }),
});

const on = (work: (host: Host) => Promise<unknown>) =>
  playbook({ name: 'obstacles', groups: { all: z.object({}) } }, async ({ groups, play }) => {
    await play('all', groups.all, work);
  });

const runOn = async (
  work: (host: Host) => Promise<unknown>,
  { check = false, settings = {} }: { check?: boolean; settings?: Record<string, string> } = {},
) => {
  const a = fakeHost(settings);
  const { events } = await runWith(on(work), { a, b: fakeHost() }, { all: ['a'] }, { check });
  return { asked: a.asked, ended: only(events, 'task.ended'), planned: only(events, 'task.planned') };
};

t.test('what is in the way is refused by a check and by an apply, in the same words', async (t) => {
  const found = [obstacle(), obstacle({ why: 'so is the other one', hint: 'and that' })];
  for (const check of [true, false]) {
    const { asked, ended, planned } = await runOn((host) => host.run(guarded({ found })), { check });
    t.match(ended, [
      {
        status: 'failed',
        fault: {
          code: 'refused',
          message: 'the way is blocked; so is the other one',
          hint: 'clear it; and that',
        },
      },
    ]);
    t.same(planned, [], 'nothing is planned');
    t.same(asked, ["get 'gate'", 'get mended'], 'nothing is done');
  }
});

t.test('it is not looked for where there is nothing to do', async (t) => {
  const settings = { gate: 'open' };
  for (const check of [true, false]) {
    const work = (host: Host) => host.run(guarded({ found: [obstacle()] }));
    const { asked, ended } = await runOn(work, { check, settings });
    t.match(ended, [{ status: 'ok' }]);
    t.same(asked, ["get 'gate'"]);
  }
});

t.test('what may be in the way is told by a check and refused by nobody', async (t) => {
  const found = [obstacle({ isCertain: false })];
  const check = await runOn((host) => host.run(guarded({ found })), { check: true });
  t.match(check.ended, [{ status: 'would-change', note: 'may not work: the way is blocked' }]);
  const { ended, asked } = await runOn((host) => host.run(guarded({ found })));
  t.match(ended, [{ status: 'changed', note: undefined }]);
  t.ok(asked.includes('set gate open'));
});

t.test('a check that foresees a command before it cannot be certain', async (t) => {
  const found = [obstacle()];
  const mend = task('mend', {
    title: () => 'mend',
    fact: () => setting('mended'),
    want: () => 'yes',
    steps: () => [exec(sh`set mended yes`)],
  });
  const work = async (host: Host) => {
    await host.run(mend({}));
    await host.run(guarded({ found }));
  };
  const check = await runOn(work, { check: true });
  t.match(check.ended, [
    { status: 'would-change' },
    {
      status: 'would-change',
      note: 'may not work: the way is blocked, unless what comes before changes that',
    },
  ]);
  t.match((await runOn(work)).ended, [{ status: 'changed' }, { status: 'changed' }], 'as it turns out');
  const known = async (host: Host) => {
    await host.run(set({ name: 'other', value: 'x' }));
    await host.run(guarded({ found }));
  };
  const settings = { other: 'x' };
  t.match((await runOn(known, { check: true, settings })).ended, [{ status: 'ok' }, { status: 'failed' }]);
});
