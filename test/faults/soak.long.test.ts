import t from 'tap';
import { cannotRun } from '../transport/sshd.ts';
import { type SoakOptions, soak } from './soak.ts';

t.test('a short soak', { skip: cannotRun }, async (t) => {
  const told: Parameters<SoakOptions['onCase']>[0][] = [];
  // What prints too much has a test of its own, in the transport's.
  const parts = ['library-runs', 'many-hosts', 'own-trouble'];
  await soak({ short: true, parts, onCase: (one) => told.push(one) });
  for (const { title, passed, told: figures } of told) t.ok(passed, `${title}: ${figures}`);
  t.ok(told.length > 9, `${told.length} cases`);
});
