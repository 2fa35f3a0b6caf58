import fc from 'fast-check';
import type { Json } from '../../lib/events.ts';
import { sh } from '../../lib/sh.ts';
import type { Task } from '../../lib/task.ts';
import { backup } from '../../lib/tasks/backup/index.ts';
import { command } from '../../lib/tasks/command/index.ts';
import { gate } from '../../lib/tasks/gate/index.ts';
import { portAnswers } from '../../lib/tasks/system/index.ts';
import { unknown } from '../../lib/unknown.ts';
import { digestOf } from './file-states.ts';
import { type Lawful, lawfulIn } from './lawful-in.ts';
import { given, maybe, oddName, oddText } from './words.ts';

const answer = fc.oneof(oddText, fc.integer(), fc.boolean());
const questionNames = ['id', 'host', 'done', 'constructor'] as const;
const kinds = { id: 'integer', host: 'text', done: 'confirm', constructor: 'text' } as const;
const answers = fc.dictionary(fc.constantFrom(...questionNames, 'other'), answer, { noNullPrototype: true });

/** What holds for the tasks that are neither of files nor of swarms. */
export const otherLaws: Readonly<Record<string, Lawful>> = {
  command: lawfulIn(
    fc.record({
      creates: fc.constantFrom(undefined, '/srv/done'),
      unless: fc.constantFrom(undefined, sh`true`),
      onlyIf: fc.constantFrom(undefined, sh`test -e x`),
      stdin: maybe(oddText),
      cwd: maybe(fc.constant('/srv/größe')),
      detached: maybe(fc.boolean()),
      done: fc.boolean(),
      runs: maybe(fc.nat(3)),
    }),
    ({ done, runs, ...args }) => {
      const task = command(given({ ...args, run: sh`make it` }) as never) as Task<unknown>;
      const isOpaque = task.opaque;
      const now = given({ done: isOpaque ? false : done, ...(isOpaque ? { runs } : {}) });
      return { task, now };
    },
  ),

  gate: lawfulIn(
    fc.record({
      asked: fc.uniqueArray(fc.constantFrom(...questionNames), { minLength: 1 }),
      given: fc.dictionary(fc.constantFrom(...questionNames, 'other'), fc.oneof(answer, fc.constant(null)), {
        noNullPrototype: true,
      }),
      notYet: fc.array(fc.constantFrom(...questionNames), { maxLength: 1 }),
      accepts: fc.constantFrom('all', 'none', 'no host'),
      kept: answers,
    }),
    ({ asked, given: stated, notYet, accepts, kept }) => {
      const questions = asked.map((name) => ({ name, kind: kinds[name], text: `the ${name}` }));
      const accept = (all: Readonly<Record<string, unknown>>) => {
        if (accepts === 'none') return Object.keys(all).length === 0 ? undefined : 'nothing fits';
        return accepts === 'no host' && Object.hasOwn(all, 'host') ? 'no host fits' : undefined;
      };
      const later = notYet.map((name) => [name, unknown(name)] as const);
      const args = { ...stated, ...Object.fromEntries(later) };
      return {
        task: gate({
          title: 'By hand',
          checklist: [],
          questions,
          variable: 'answers',
          given: args,
          accept,
          keep: { path: '/etc/answers.yml' },
        }) as Task<unknown>,
        now: { answers: kept },
        args,
      };
    },
  ),

  backup: lawfulIn(
    fc.record({
      name: maybe(oddName.filter((name) => name !== '')),
      notes: maybe(fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>),
      files: fc.nat(3),
      missing: fc.subarray(['/opt/a', '/opt/b']),
      links: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.constant(['/opt/a'])),
      archive: maybe(
        fc.record({
          isOwn: fc.boolean(),
          mode: fc.constantFrom('0600', '0644'),
          damage: maybe(fc.constantFrom('it ends early', '')),
          later: maybe(fc.constant('/backups/ha1-2.tar.gz')),
        }),
      ),
    }),
    ({ name, notes, archive, ...found }) => {
      const args = given({ to: '/backups', paths: ['/opt/a', '/opt/b'], name, notes });
      const task = backup(args as never) as Task<unknown>;
      const digest = digestOf('state');
      const bare = { ...found, host: 'ha1', digest, listing: digestOf('listing') };
      return { task, now: given({ ...bare, archive: archive && archiveOf(task, bare, archive) }) };
    },
  ),

  portAnswers: lawfulIn(
    fc.oneof(
      fc.constant({ accepts: true }),
      maybe(oddText).map((why) => given({ accepts: false, why })),
    ),
    (now) => ({ task: portAnswers({ address: '10.0.0.1', port: 8443 }) as Task<unknown>, now }),
  ),
};

/** The archive of a state as the fact tells of it: at the place where the task wants it. */
function archiveOf(
  task: Task<unknown>,
  bare: { readonly files: number; readonly links: readonly string[] },
  { isOwn, ...archive }: { readonly isOwn: boolean },
): object {
  if (bare.links.length > 0) return { path: '/backups/x', ...archive };
  try {
    const want = task.want(bare) as { readonly archive: { readonly path: string } };
    return given({
      ...archive,
      path: want.archive.path,
      ...(isOwn ? { damage: undefined, later: undefined } : {}),
    });
  } catch {
    return { path: '/backups/x', ...archive };
  }
}
