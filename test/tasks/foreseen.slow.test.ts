import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { collectPlan } from '../../lib/plan/collect-plan.ts';
import { withinPlan } from '../../lib/plan/within-plan.ts';
import { sh } from '../../lib/sh.ts';
import type { Task } from '../../lib/task.ts';
import { command } from '../../lib/tasks/command/command.ts';
import {
  copyFile,
  copyKeys,
  copyTree,
  fileAbsent,
  type KeySource,
  ownedTree,
  xmlFile,
  yamlFile,
} from '../../lib/tasks/files/index.ts';
import { folderOf, rig } from './here.ts';
import { onHosts } from './rig.ts';

/** Tasks in a folder of which each works on what those before it leave, and how a check has to end them. */
interface Case {
  /** What there is at first, by path: a text, or `→` and where a link leads. Folders come with what is in them. */
  readonly files?: Readonly<Record<string, string>>;
  readonly tasks: (dir: string) => readonly Task<unknown>[];
  readonly told: readonly ('ok' | 'would-change' | 'unknown')[];
}

const me = { owner: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0 };
const file = (dest: string, content: string, more: object = {}) => copyFile({ dest, content, ...more });

/** Of files whose names are what is in them. */
const keysIn = (dir: string, names: string): KeySource => ({
  host: 'here',
  become: false,
  files: [...names].map((name) => ({
    name,
    path: `${dir}/${name}`,
    sha256: createHash('sha256').update(name).digest('hex'),
  })),
});

const cases: Readonly<Record<string, Case>> = {
  'a folder is made, and a file in it': {
    tasks: (dir) => [copyTree({ src: sources, dest: `${dir}/new` }), file(`${dir}/new/x`, 'x')],
    told: ['would-change', 'would-change'],
  },
  'a folder is made by a command, and a file in it': {
    tasks: (dir) => [
      command({ run: sh`mkdir ${dir}/new`, creates: `${dir}/new` }),
      file(`${dir}/new/x`, 'x'),
      yamlFile({ path: `${dir}/new/y`, edits: [{ at: ['a'], set: 1 }], create: 'a: 0\n' }),
    ],
    told: ['would-change', 'unknown', 'unknown'],
  },
  'a file is written into a folder that is then given away': {
    files: { 'tree/old': '' },
    tasks: (dir) => [
      file(`${dir}/tree/new`, 'x'),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
    ],
    told: ['would-change', 'unknown'],
  },
  'a file is written into a folder whose it is': {
    files: { 'tree/old': '' },
    tasks: (dir) => [file(`${dir}/tree/new`, 'x', me), ownedTree({ dir: `${dir}/tree`, ...me })],
    told: ['would-change', 'ok'],
  },
  'a file is edited in a folder that is then given away': {
    files: { 'tree/a': 'a: 0\n', 'tree/b': '' },
    tasks: (dir) => [
      yamlFile({ path: `${dir}/tree/a`, edits: [{ at: ['a'], set: 1 }] }),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
    ],
    told: ['would-change', 'would-change'],
  },
  'a file is removed from a folder that is then given away': {
    files: { 'tree/a': '', 'tree/b': '' },
    tasks: (dir) => [
      fileAbsent({ path: `${dir}/tree/a` }),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
    ],
    told: ['would-change', 'would-change'],
  },
  'a folder is given away, and keys are copied into it': {
    files: { 'from/a': 'a', 'from/b': 'b', 'from/c': 'c', 'tree/keys/a': 'a', 'tree/keys/b': 'other' },
    tasks: (dir) => [
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      copyKeys({ from: keysIn(`${dir}/from`, 'abc'), dir: `${dir}/tree/keys`, owner: 1003, group: 1003 }),
    ],
    told: ['would-change', 'would-change'],
  },
  'a folder is given to others than its keys belong to': {
    files: { 'from/a': 'a', 'tree/keys/a': 'a' },
    tasks: (dir) => [
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      copyKeys({ from: keysIn(`${dir}/from`, 'a'), dir: `${dir}/tree/keys`, ...me }),
    ],
    told: ['would-change', 'would-change'],
  },
  'a folder is given away, and files in it are worked on': {
    files: { 'tree/a': 'a', 'tree/b': 'b', 'tree/c': 'c', 'tree/d': 'd: 0\n', 'tree/e': 'e' },
    tasks: (dir) => [
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      file(`${dir}/tree/a`, 'a', { owner: 1003, group: 1003 }),
      file(`${dir}/tree/b`, 'b', me),
      file(`${dir}/tree/c`, 'other'),
      yamlFile({ path: `${dir}/tree/d`, edits: [{ at: ['d'], set: 1 }] }),
      fileAbsent({ path: `${dir}/tree/e` }),
    ],
    told: ['would-change', 'ok', 'would-change', 'would-change', 'would-change', 'would-change'],
  },
  'a file is edited, given away with its folder, and written': {
    files: { 'tree/a': 'a: 0\n', 'tree/b': 'b: 0\n' },
    tasks: (dir) => [
      yamlFile({ path: `${dir}/tree/a`, edits: [{ at: ['a'], set: 1 }] }),
      yamlFile({ path: `${dir}/tree/b`, edits: [{ at: ['b'], set: 1 }] }),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      file(`${dir}/tree/a`, 'a: 1\n', { owner: 1003, group: 1003 }),
      file(`${dir}/tree/b`, 'b: 1\n', me),
    ],
    told: ['would-change', 'would-change', 'would-change', 'ok', 'would-change'],
  },
  'behind a folder of which nobody knows to whom it is given': {
    files: { 'tree/old': '', 'tree/a': 'a', 'tree/y': 'y: 0\n', 'tree/x': '<x/>', outside: '' },
    tasks: (dir) => [
      file(`${dir}/tree/new`, 'x'),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      file(`${dir}/tree/a`, 'a', { owner: 1003, group: 1003 }),
      yamlFile({ path: `${dir}/tree/y`, edits: [{ at: ['y'], set: 1 }] }),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      file(`${dir}/outside`, 'x'),
    ],
    told: ['would-change', 'unknown', 'unknown', 'unknown', 'unknown', 'would-change'],
  },
  'files are written, their folder is given away, nobody knows whether, and they are written again': {
    files: { 'tree/a': 'a', 'tree/x': '<x><y>0</y></x>' },
    tasks: (dir) => [
      file(`${dir}/tree/a`, 'b', me),
      xmlFile({ path: `${dir}/tree/x`, set: [{ at: 'x/y', value: 1 }] }),
      file(`${dir}/tree/new`, 'x'),
      ownedTree({ dir: `${dir}/tree`, owner: 1003, group: 1003 }),
      file(`${dir}/tree/a`, 'b', me),
      xmlFile({ path: `${dir}/tree/x`, set: [{ at: 'x/y', value: 1 }] }),
      fileAbsent({ path: `${dir}/tree/new` }),
    ],
    told: ['would-change', 'would-change', 'would-change', 'unknown', 'unknown', 'unknown', 'unknown'],
  },
  'a command that may run makes a folder, and a file is written into it': {
    files: { conf: 'old' },
    tasks: (dir) => [
      file(`${dir}/conf`, 'new'),
      command({ run: sh`mkdir made`, unless: sh`[ -d made ]`, cwd: dir }),
      file(`${dir}/made/x`, 'x'),
    ],
    told: ['would-change', 'unknown', 'unknown'],
  },
  'a file of a tree is removed, and the tree is copied': {
    files: { 'tree/a': 'a\n' },
    tasks: (dir) => [fileAbsent({ path: `${dir}/tree/a` }), copyTree({ src: sources, dest: `${dir}/tree` })],
    told: ['would-change', 'unknown'],
  },
  'a link is removed, and a tree is copied to its place': {
    files: { link: '→ .' },
    tasks: (dir) => [fileAbsent({ path: `${dir}/link` }), copyTree({ src: sources, dest: `${dir}/link` })],
    told: ['would-change', 'unknown'],
  },
  'a command whose condition is about a file that changes': {
    files: { conf: 'old', applied: 'old' },
    tasks: (dir) => [
      file(`${dir}/conf`, 'new'),
      command({ run: sh`cp conf applied`, unless: sh`cmp -s conf applied`, cwd: dir }),
    ],
    told: ['would-change', 'unknown'],
  },
  'a command in a folder that is made': {
    tasks: (dir) => [
      copyTree({ src: sources, dest: `${dir}/new` }),
      command({ run: sh`touch done`, unless: sh`[ -e done ]`, cwd: `${dir}/new` }),
      command({ run: sh`exit 1`, creates: 'a', cwd: `${dir}/new` }),
      command({ run: sh`exit 1`, creates: `${dir}/new` }),
    ],
    told: ['would-change', 'unknown', 'ok', 'ok'],
  },
  'a command that an earlier one may have done': {
    tasks: (dir) => [
      command({ run: sh`touch one two`, creates: 'one', cwd: dir }),
      command({ run: sh`exit 1`, creates: 'two', cwd: dir }),
    ],
    told: ['would-change', 'unknown'],
  },
  'a file is written twice': {
    tasks: (dir) => [file(`${dir}/x`, 'x'), file(`${dir}/x`, 'x', { owner: 'nobody' })],
    told: ['would-change', 'would-change'],
  },
  'a file is written and removed, and again': {
    tasks: (dir) => [
      file(`${dir}/x`, 'x'),
      fileAbsent({ path: `${dir}/x` }),
      file(`${dir}/x`, 'y'),
      fileAbsent({ path: `${dir}//x` }),
    ],
    told: ['would-change', 'would-change', 'would-change', 'would-change'],
  },
  'one file by several spellings': {
    tasks: (dir) => [
      file(`${dir}/x.yml`, 'a: 1\n'),
      yamlFile({ path: `${dir}//x.yml`, edits: [{ at: ['a'], set: 2 }] }),
      file(`${dir}/./x.yml`, 'a: 2\n'),
    ],
    told: ['would-change', 'would-change', 'ok'],
  },
};

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'changing owners takes root' };
let sources = '';

t.test('a check foresees what each task finds that those before it leave', asRoot, async (t) => {
  sources = made(t, { a: 'a\n', 'b/c': 'c\n' });
  for (const [name, { files = {}, tasks, told }] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const dir = made(t, files);
      const plan = collectPlan();
      const check = await onHosts(rig, ([here]) => here.run(tasks(dir)), { check: true });
      check.events.forEach(plan.handle);
      t.same([check.error, check.statuses], [undefined, told]);

      const ran = await onHosts(rig, ([here]) => here.run(tasks(dir)));
      t.equal(ran.error, undefined);
      const isPlanned = withinPlan(plan.tasks);
      const titles = new Map(
        ran.events.flatMap((event) => (event.type === 'task.started' ? [[event.task, event] as const] : [])),
      );
      for (const planned of ran.events) {
        if (planned.type !== 'task.planned') continue;
        const { name = '', title = '' } = titles.get(planned.task) ?? {};
        t.ok(isPlanned({ name, title, planned }), `${title} is as it was planned`);
      }
      const changed = ran.statuses.map((status) => status === 'changed');
      told.forEach((status, index) => {
        if (status !== 'unknown') t.equal(changed[index], status === 'would-change', `${status}: ${index}`);
      });
    });
  }
});

function made(t: Test, files: Readonly<Record<string, string>>): string {
  const dir = folderOf(t, 'dabook foreseen ', 0o755);
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text.startsWith('→ ')) symlinkSync(text.slice(2), path);
    else writeFileSync(path, text);
  }
  return dir;
}
