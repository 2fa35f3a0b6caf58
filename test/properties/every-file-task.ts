import fc from 'fast-check';
import { secret } from '../../lib/secret.ts';
import type { Task } from '../../lib/task.ts';
import {
  copyFile,
  copyKeys,
  fileAbsent,
  ownedTree,
  type XmlFileArgs,
  xmlFile,
  yamlFile,
} from '../../lib/tasks/files/index.ts';
import { unknown } from '../../lib/unknown.ts';
import { askForeseeing } from './ask-foreseeing.ts';
import { xmlText, xmlValues, yamlEdits, yamlText } from './documents.ts';
import {
  digestOf,
  fileStateOf,
  fileText,
  keyFolderOf,
  mode,
  ownedTreeState,
  owner,
  textFileOf,
} from './file-states.ts';
import { type Lawful, lawfulIn } from './lawful-in.ts';
import { given, maybe } from './words.ts';

const path = '/srv/x/file';
const keyNames = ['internal.key', 'größe shared.key', 'constructor'];
const digests = ['a', 'b', 'c'].map(digestOf);

/** What holds for the tasks of files, in states as facts give them. Those of trees are tried on real ones. */
export const fileLaws: Readonly<Record<string, Lawful>> = {
  copyFile: lawfulIn(
    fc
      .record({
        text: fileText,
        isSecret: fc.boolean(),
        mode: maybe(mode),
        owner: maybe(owner),
        group: maybe(owner),
      })
      .chain(({ text, isSecret, mode, ...owners }) =>
        fc.record({
          args: fc.constant({
            ...owners,
            dest: path,
            mode: isSecret && /[4-7]$/.test(mode ?? '') ? undefined : mode,
          }),
          text: fc.constant(text),
          isSecret: fc.constant(isSecret),
          now: fileStateOf(fc.oneof(fc.constant(text), fileText)),
        }),
      ),
    ({ args, text, isSecret, now }) => {
      const content = isSecret ? secret('pin', text) : text;
      const { sha256, ...state } = now;
      const digest = isSecret && typeof sha256 === 'string' ? secret('checksum of pin', sha256) : sha256;
      return {
        task: copyFile(given({ ...args, content }) as never) as Task<unknown>,
        now: given({ ...state, ...(isSecret ? { content: undefined } : {}), sha256: digest }),
      };
    },
  ),

  copyKeys: lawfulIn(
    fc.record({
      owner: maybe(owner),
      group: maybe(owner),
      mode: maybe(fc.constantFrom('0600', '0400')),
      parents: maybe(fc.boolean()),
      now: keyFolderOf(
        '/srv/keys',
        keyNames,
        digests.map((digest) => digest.slice(0, 32)),
      ),
      digests: fc.array(fc.constantFrom(...digests), { minLength: 3, maxLength: 3 }),
    }),
    ({ now, digests, ...args }) => {
      const files = keyNames.map((name, index) => ({
        name,
        path: `/opt/${name}`,
        sha256: digests[index] ?? '',
      }));
      const from = { host: 'ha1', become: true, files };
      return { task: copyKeys(given({ ...args, from, dir: '/srv/keys' }) as never) as Task<unknown>, now };
    },
  ),

  fileAbsent: lawfulIn(
    fc.record({
      now: fileStateOf(fileText),
      folder: maybe(fc.constantFrom('/srv/x', '/elsewhere', '/')),
      strangeLink: maybe(fc.constant('/srv')),
    }),
    ({ now: { sha256: _, ...now }, folder, strangeLink }) => ({
      task: fileAbsent({ path }) as Task<unknown>,
      now: { ...now, parent: given({ ...now.parent, path: folder, strangeLink }) },
    }),
  ),

  ownedTree: lawfulIn(fc.record({ now: ownedTreeState, owner, group: owner }), ({ now, ...owners }) => ({
    task: ownedTree({ dir: '/srv/x', ...owners }) as Task<unknown>,
    now,
  })),

  yamlFile: lawfulIn(
    fc.record({ now: textFileOf(path, yamlText), edits: yamlEdits, create: maybe(yamlText) }),
    ({ now, ...args }) => ({ task: yamlFile(given({ ...args, path }) as never) as Task<unknown>, now }),
    { mayThrow: ['playbook'], usual: 40 },
  ),

  xmlFile: lawfulIn(
    fc.record({ file: textFileOf(path, xmlText), set: xmlValues, isKnown: fc.nat(5) }),
    async ({ file, set, isKnown }) => {
      const values = set.map((edit, index) =>
        isKnown === index ? { ...edit, value: unknown('number of the core') } : edit,
      );
      const task = xmlFile({ path, set: values } as XmlFileArgs);
      const now = await askForeseeing(path, file)
        .fact(task.fact)
        .catch(refusedAs(unknown('no such value')));
      return { task: task as Task<unknown>, now, args: values };
    },
  ),
};

/** What cannot be read has no state. */
function refusedAs<T>(state: T) {
  return (error: { readonly code?: string }): T => {
    if (error.code === 'refused') return state;
    throw error;
  };
}
