import { codeOf, DabookError } from '../../errors.ts';
import { refuse } from '../../refuse.ts';
import { put } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { editYaml, type YamlEdit } from '../../yaml/edit-yaml.ts';
import { absolutePath } from './absolute-path.ts';
import { fileState } from './file-state.ts';
import { foreseePaths } from './foreseen-paths.ts';
import { asFileState, plainText, type TextFile, textFile, withText } from './text-file.ts';
import { textToEdit } from './text-to-edit.ts';
import { unknownFile } from './unknown-file.ts';

export interface YamlFileArgs {
  readonly path: string;
  /** In order; or a function that says which, given the text of the file. */
  readonly edits: readonly YamlEdit[] | ((text: string) => readonly YamlEdit[]);
  /** The text to begin with where the file is missing, such as `version: "3.7"\n`. Refused by default. */
  readonly create?: string;
}

/**
 * A YAML file has these values, blocks and gaps. Every other byte of it stays, and so do its mode and owner;
 * what must not be done is refused as by `editYaml`. The text is shown by `--diff` where everybody may read it.
 * @throws DabookError `refused` for a missing file, unless `create`, and for a link or a folder in its place;
 * with path, line and column for a file that is no YAML of one document, and for a path in it that leads nowhere
 * @example
 * yamlFile({
 *   path: '/opt/nexus/docker-compose/versiontag.yml',
 *   edits: [{ at: ['services', 'policy1', 'image'], set: 'registry.example/da/policy-service:6.0.5.60259' }],
 * })
 */
export function yamlFile(args: YamlFileArgs): Task<Later<TextFile>> {
  return edit({ ...args, path: absolutePath(args.path) });
}

const edit = task('yamlFile', {
  rights: 'play',
  title: ({ path }: YamlFileArgs) => `edit ${path}`,
  fact: ({ path }) => textFile(path),
  want: (now, { path, edits, create }): Later<TextFile> => {
    if (!isKnown(now)) return now;
    const isNew = now.type === 'missing' && now.parent.exists && create !== undefined;
    const text = isNew ? create : textToEdit(now, path);
    return withText(now, path, settled(path, text, edits));
  },
  steps: (_now, want, { path }) => {
    if (!isKnown(want)) return [];
    const { mode = '', owner, group } = want;
    return [put(path, { content: { from: 'text', text: plainText(want) ?? '' }, mode, owner, group })];
  },
  foresees: (_now, want, { path }) =>
    isKnown(want) ? [{ fact: fileState(path), state: asFileState(want) }, foreseePaths([path])] : [],
  obscures: ({ path }) => unknownFile(path),
});

/**
 * The edited text. Edits that would change it once more, such as one that removes the first item of a list,
 * would never come to an end.
 */
function settled(path: string, text: string, edits: YamlFileArgs['edits']): string {
  const once = edited(path, text, edits);
  if (edited(path, once, edits) === once) return once;
  throw new DabookError('playbook', `yamlFile: the edits of ${path} change it anew each time they are made`, {
    hint: 'remove an item of a list by a function that looks for it: edits: (text) => …',
  });
}

/** A refusal about the text begins with line and column: the path before them makes it a place. */
function edited(path: string, text: string, edits: YamlFileArgs['edits']): string {
  const chosen = typeof edits === 'function' ? edits(text) : edits;
  try {
    return editYaml(text, chosen);
  } catch (error) {
    if (!(error instanceof DabookError) || codeOf(error) !== 'refused') throw error;
    throw refuse(`${path}:${error.message}`, error.hint);
  }
}
