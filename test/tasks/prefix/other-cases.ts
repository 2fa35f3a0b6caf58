import { join } from 'node:path';
import { sh } from '../../../lib/sh.ts';
import { command } from '../../../lib/tasks/command/index.ts';
import { copyFile, copyTree, ownedTree, yamlFile } from '../../../lib/tasks/files/index.ts';
import { gate } from '../../../lib/tasks/gate/index.ts';
import type { Case } from './case.ts';
import type { Place } from './place.ts';
import { file, other } from './starting-state.ts';

const licence = ({ host }: Place, given?: Readonly<Record<string, unknown>>) =>
  gate({
    title: 'Licence',
    checklist: [{ title: 'Licence server', lines: ['add this installation'] }],
    questions: [
      { name: 'id', text: 'its number', kind: 'integer' },
      { name: 'host', text: 'its host', kind: 'text' },
      { name: 'done', text: 'is it done?', kind: 'confirm' },
    ],
    variable: 'answers',
    given,
    keep: { path: `${host}/answers.yml`, mode: '0640', owner: other, group: other },
  });

/** A text for a command to make a file of: all of it or nothing. */
const whole = (text: string, path: string) =>
  sh`cat >${`${path}.new`} <${text} && mv ${`${path}.new`} ${path}`;

/** Gates and commands, and tasks of several kinds behind each other. */
export const otherCases: readonly Case[] = [
  {
    title: 'gate: answers that are given',
    prepare: () => {},
    work: (host, at) => host.run(licence(at, { id: 6, host: 'a', done: true })),
    within: 'few',
  },
  {
    title: 'gate: answers of the operator, beside those of another gate',
    prepare: ({ host }) => file(host, 'answers.yml', 'other: 7\nhost: kept\n', 0o600),
    work: (host, at) => host.run(licence(at)),
    answers: { id: 6, done: true },
    within: 'few',
  },
  {
    title: 'gate: one answer is another one, and confirmed anew',
    prepare: ({ host }) => file(host, 'answers.yml', 'id: 6\nhost: a\ndone: true\n'),
    work: (host, at) => host.run(licence(at, { id: 8, done: true })),
  },
  {
    title: 'command: creates',
    prepare: ({ host }) => file(host, 'text', 'text\n'),
    work: (host, { host: dir }) =>
      host.run(command({ run: whole('text', 'made'), cwd: dir, creates: 'made' })),
    within: 'many',
  },
  {
    title: 'command: unless and onlyIf, with stdin',
    prepare: ({ host }) => file(host, 'old', 'text\n'),
    work: (host, { host: dir }) =>
      host.run(
        command({
          run: sh`cat >made.new && mv made.new made`,
          stdin: 'given\n',
          cwd: dir,
          unless: sh`cmp -s made - <<'E'\ngiven\nE`,
          onlyIf: sh`[ -e old ]`,
        }),
      ),
    within: 'many',
  },
  {
    title: 'command: without a condition',
    prepare: () => {},
    work: (host, { host: dir }) => host.run(command({ run: sh`mkdir -p made && chmod 0700 made`, cwd: dir })),
    isOpaque: true,
    within: 'many',
  },
  {
    title: 'command: detached',
    prepare: ({ host }) => file(host, 'text', 'text\n'),
    work: (host, { host: dir }) =>
      host.run(command({ run: whole('text', 'made'), cwd: dir, creates: 'made', detached: true })),
  },
  {
    title: 'tasks of several kinds behind each other',
    prepare: ({ host, control }) => {
      for (const path of ['a', 'sub/b']) file(control, `src/${path}`, path);
      file(host, 'app.yml', 'image: x:1\n');
    },
    work: async (host, { host: dir, control }) => {
      await host.run(copyTree({ src: join(control, 'src'), dest: `${dir}/app` }));
      await host.run(copyFile({ dest: `${dir}/app/c`, content: 'c', mode: '0600' }));
      await host.run(yamlFile({ path: `${dir}/app.yml`, edits: [{ at: ['image'], set: 'x:2' }] }));
      await host.run(ownedTree({ dir: `${dir}/app`, owner: other, group: other }));
      await host.run(command({ run: sh`touch ${`${dir}/done`}`, creates: `${dir}/done` }));
    },
  },
];
