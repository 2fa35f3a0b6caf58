import t from 'tap';
import { createConsent, type Intent } from '../../lib/consent.ts';
import { DabookError } from '../../lib/errors.ts';

const { signal } = new AbortController();
const intent: Intent = {
  name: 'note',
  title: 'write a note',
  planned: { type: 'task.planned', host: 'a', task: 1, changes: [], steps: [] },
};

t.test('approval is sought once, however many tasks want to change something', async (t) => {
  let sought = 0;
  let allowed = 0;
  const approval = {
    seek: async () => {
      sought += 1;
    },
    allow: async () => {
      allowed += 1;
    },
  };
  const consent = createConsent(approval, () => t.fail('nothing ends the run'), signal);
  t.equal(consent.soughtAt, 0);
  const before = performance.now();
  await Promise.all([consent.sought(), consent.sought()]);
  await consent.to(intent);
  await consent.to(intent);
  t.ok(consent.soughtAt >= before, 'what was read before is to be read again');
  t.same([sought, allowed], [1, 2]);
});

t.test('what nobody agrees to ends the run, for all who wait', async (t) => {
  const refusal = new DabookError('unapproved', 'nobody wants that');
  const ended: unknown[] = [];
  const approval = {
    seek: async () => {
      throw refusal;
    },
    allow: async () => {},
  };
  const consent = createConsent(approval, (error) => ended.push(error), signal);
  const waiting = [consent.sought(), consent.sought()];
  for (const each of waiting) await t.rejects(each, { code: 'unapproved' });
  t.same(new Set(ended), new Set([refusal]));
  t.equal(consent.soughtAt, 0);
});

t.test('any other error is one of the task that asked', async (t) => {
  const approval = {
    seek: async () => {},
    allow: async () => {
      throw new Error('a bug');
    },
  };
  const consent = createConsent(approval, () => t.fail('it does not end the run'), signal);
  await t.rejects(consent.to(intent), { message: 'a bug' });
});

t.test('without an approval all is agreed to', async (t) => {
  const consent = createConsent(undefined, () => t.fail('nothing ends the run'), signal);
  await consent.sought();
  await consent.to(intent);
  t.equal(consent.soughtAt, 0);
});
