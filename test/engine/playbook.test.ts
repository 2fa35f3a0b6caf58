import t from 'tap';
import { z } from 'zod';
import { playbook } from '../../lib/playbook.ts';

t.test('a playbook that nothing has type checked', async (t) => {
  const whole = { name: 'a', groups: { all: z.looseObject({}) }, vars: z.object({}), review: () => {} };
  const work = async () => {};
  const made = (more: object, does: unknown = work) => playbook({ ...whole, ...more }, does as typeof work);
  t.match(made({}), { kind: 'dabook.playbook', name: 'a' });
  const cases: readonly (readonly [fault: object, said: RegExp])[] = [
    [{ name: undefined }, /has a name/],
    [{ groups: undefined }, /groups of the playbook "a"/],
    [{ groups: [z.object({})] }, /groups of the playbook "a"/],
    [{ groups: { all: {} } }, /group all of the playbook "a" has no schema/],
    [{ groups: { all: { '~standard': {} } } }, /group all/],
    [{ groups: { all: null } }, /group all/],
    [{ vars: { a: 1 } }, /vars of the playbook "a" are no schema/],
    [{ review: 'all' }, /review of the playbook "a" is no function/],
  ];
  for (const [fault, said] of cases) t.throws(() => made(fault), { name: 'TypeError', message: said });
  t.throws(() => made({}, null), /takes a function/);
  const callable = Object.assign(() => {}, { '~standard': z.looseObject({})['~standard'] });
  t.match(made({ groups: { all: callable } }), { groups: {} }, 'schemas of some libraries are functions');
});
