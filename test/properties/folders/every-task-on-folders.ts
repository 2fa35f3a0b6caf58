import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { secret } from '../../../lib/secret.ts';
import { sh } from '../../../lib/sh.ts';
import type { Task } from '../../../lib/task.ts';
import { backup, restore } from '../../../lib/tasks/backup/index.ts';
import { command } from '../../../lib/tasks/command/index.ts';
import {
  copyFile,
  copyKeys,
  copyTree,
  fileAbsent,
  keyFiles,
  ownedTree,
  xmlFile,
  yamlFile,
} from '../../../lib/tasks/files/index.ts';
import { gate } from '../../../lib/tasks/gate/index.ts';
import { portAnswers } from '../../../lib/tasks/system/index.ts';
import type { Place } from '../../tasks/prefix/place.ts';
import { file, folder, isRoot, other } from '../../tasks/prefix/starting-state.ts';
import { xmlText, xmlValues, yamlEdits, yamlText } from '../documents.ts';
import { given, maybe } from '../words.ts';
import { archived } from './archived.ts';
import { entries, furnish, mode, name, owner, put, type There, text, there } from './entries.ts';
import { portThat } from './port-that.ts';
import { inFolders, type TruthInFolder } from './truthful-in-folder.ts';

const saved = ({ host }: Place) => [`${host}/config`, `${host}/one`];

/** The tasks of files on real folders, odd names and half of it there included. */
export const onFolders: Readonly<Record<string, TruthInFolder>> = {
  copyFile: inFolders(
    fc.record({ name, text, mode: maybe(mode), owner, group: owner, isSecret: fc.boolean(), it: there }),
    ({ name, text, isSecret, it, mode, ...owners }) => ({
      prepare: ({ host }) => put(host, `sub/${name}`, it),
      task: ({ host }) => {
        const digits = isSecret && /[4-7]$/.test(mode ?? '') ? undefined : mode;
        const content = isSecret ? secret('pin', text) : text;
        return copyFile(
          given({ dest: `${host}/sub/${name}`, content, mode: digits, ...owners }) as never,
        ) as Task<unknown>;
      },
    }),
  ),

  fileAbsent: inFolders(fc.record({ name, it: there }), ({ name, it }) => ({
    prepare: ({ host }) => put(host, `sub/${name}`, it),
    task: ({ host }) => fileAbsent({ path: `${host}/sub/${name}` }) as Task<unknown>,
  })),

  copyKeys: inFolders(
    fc.record({
      keys: fc.array(there, { minLength: 2, maxLength: 2 }),
      owner,
      group: owner,
      mode: maybe(fc.constantFrom('0600', '0400')),
      parents: maybe(fc.boolean()),
      folderMode: fc.constantFrom(0o700, 0o755, 0o777, 0o1777),
    }),
    ({ keys, folderMode, ...args }) => ({
      prepare: ({ host }) => {
        file(host, 'from/internal.key', 'internal', 0o600);
        file(host, 'from/größe shared.key', 'shared', 0o600);
        put(host, 'to/internal.key', keys[0] as There);
        put(host, 'to/größe shared.key', keys[1] as There);
        if (existsSync(join(host, 'to'))) chmodSync(join(host, 'to'), folderMode);
      },
      task: async ({ host }, on) => {
        const from = await on.read(keyFiles({ dir: `${host}/from`, match: ['*internal*', '*shared*'] }));
        return copyKeys(given({ ...args, from, dir: `${host}/to` }) as never) as Task<unknown>;
      },
    }),
  ),

  copyTree: inFolders(
    fc.record({
      from: entries,
      to: entries,
      owner,
      group: owner,
      dirMode: maybe(fc.constantFrom('0755', '0700')),
    }),
    ({ from, to, ...args }) => ({
      prepare: ({ host, control }) => {
        mkdirSync(join(control, 'src'));
        mkdirSync(join(host, 'tree'));
        furnish(
          join(control, 'src'),
          from.filter(({ it }) => it.kind === 'file' || it.kind === 'folder'),
        );
        furnish(join(host, 'tree'), to);
        // Of some files there is the same on the host.
        furnish(join(host, 'tree'), from.slice(1));
      },
      task: ({ host, control }) =>
        copyTree(
          given({ ...args, src: join(control, 'src'), dest: `${host}/tree` }) as never,
        ) as Task<unknown>,
      // What differed is told with what it is to become; then nothing differs.
      beyond: /^paths/,
    }),
  ),

  ownedTree: inFolders(
    fc.record({ all: entries, owner: fc.constantFrom(other, isRoot ? 1004 : other), isThere: fc.nat(5) }),
    ({ all, owner, isThere }) => ({
      prepare: ({ host }) => {
        if (isThere === 0) return;
        folder(host, 'tree');
        furnish(join(host, 'tree'), all);
      },
      task: ({ host }) => ownedTree({ dir: `${host}/tree`, owner, group: owner }) as Task<unknown>,
    }),
  ),

  yamlFile: inFolders(
    fc.record({
      text: yamlText,
      mode,
      edits: yamlEdits,
      isThere: fc.nat(5),
      create: maybe(fc.constant('a: 1\n')),
    }),
    ({ text, mode, isThere, ...args }) => ({
      prepare: ({ host }) => {
        if (isThere > 0) file(host, 'x.yml', text, Number.parseInt(mode, 8), [other, other]);
      },
      task: ({ host }) => yamlFile(given({ ...args, path: `${host}/x.yml` }) as never) as Task<unknown>,
    }),
  ),

  xmlFile: inFolders(fc.record({ text: xmlText, mode, set: xmlValues }), ({ text, mode, set }) => ({
    prepare: ({ host }) => file(host, 'x.xml', text, Number.parseInt(mode, 8), [other, other]),
    task: ({ host }) => xmlFile({ path: `${host}/x.xml`, set } as never) as Task<unknown>,
  })),

  command: inFolders(
    fc.record({ name, isThere: fc.boolean(), isConcerned: maybe(fc.boolean()), isOpaque: fc.nat(4) }),
    ({ name, isThere, isConcerned, isOpaque }) => ({
      prepare: ({ host }) => {
        if (isThere) file(host, name, 'x');
      },
      task: ({ host }) =>
        command(
          given({
            run: sh`touch -- ${`./${name}`}`,
            cwd: host,
            creates: isOpaque === 0 ? undefined : `${host}/${name}`,
            onlyIf:
              isConcerned === undefined || isOpaque === 0 ? undefined : isConcerned ? sh`true` : sh`false`,
          }) as never,
        ) as Task<unknown>,
    }),
  ),

  gate: inFolders(
    fc.record({
      kept: fc.constantFrom(
        undefined,
        '',
        'id: 6\n',
        'id: "6"\ndone: true\n',
        'other: 1\n',
        '- no\n',
        'id: x\n',
      ),
      stated: fc.constantFrom(
        { id: 6, done: true },
        { id: 7, done: true },
        { id: '8', done: 'yes' },
        { id: 'x', done: true },
      ),
      mode: maybe(fc.constantFrom('0600', '0644')),
    }),
    ({ kept, stated, mode }) => ({
      prepare: ({ host }) => {
        if (kept !== undefined) file(host, 'answers.yml', kept);
      },
      task: ({ host }) =>
        gate({
          title: 'By hand',
          checklist: [],
          questions: [
            { name: 'id', text: 'its number', kind: 'integer' },
            { name: 'done', text: 'is it done?', kind: 'confirm' },
          ],
          variable: 'answers',
          given: stated,
          keep: { path: `${host}/answers.yml`, mode },
        }) as Task<unknown>,
    }),
  ),

  backup: inFolders(
    fc.record({ all: entries, one: there, hasNotes: fc.boolean() }),
    ({ all, one, hasNotes }) => ({
      prepare: ({ host }) => {
        furnish(join(host, 'config'), all);
        put(host, 'one', one);
      },
      task: (at) =>
        backup({
          to: join(at.control, 'backups'),
          paths: saved(at),
          ...(hasNotes ? { notes: { a: 1 } } : {}),
        }) as Task<unknown>,
    }),
  ),

  restore: inFolders(
    fc.record({ kept: entries, since: entries, isAllGone: fc.boolean(), isChosen: fc.boolean() }),
    ({ kept, since, isAllGone, isChosen }) => {
      let archive = '';
      return {
        prepare: async (at, on) => {
          furnish(join(at.host, 'config'), kept);
          file(at.host, 'one', 'one\n', 0o640, [other, other]);
          archive = await archived(on, saved(on.at));
          if (isAllGone) rmSync(join(at.host, 'config'), { recursive: true, force: true });
          furnish(join(at.host, 'config'), since);
          file(at.host, 'one', 'changed\n');
        },
        task: (at) =>
          restore(
            given({ archive, paths: isChosen ? [`${at.host}/one`] : undefined }) as never,
          ) as Task<unknown>,
      };
    },
  ),

  portAnswers: inFolders(fc.boolean(), (isOpen) => {
    let port = 1;
    return {
      prepare: async () => {
        port = await portThat(isOpen);
      },
      task: () => ({
        ...(portAnswers({ address: '127.0.0.1', port }) as Task<unknown>),
        settle: { timeout: 0 },
      }),
      mayFail: 'not-converged',
    };
  }),
};
