import { basename, dirname } from 'node:path/posix';
import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { reveal, Secret } from '../../secret.ts';
import { sh } from '../../sh.ts';
import { exec } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later, laterState } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { type FileState, fileState } from './file-state.ts';
import { type FolderFound, folderOnTheWay } from './folder-on-the-way.ts';
import { foreseePaths } from './foreseen-paths.ts';
import { digestAsSecret } from './secret-digest.ts';
import { textFile } from './text-file.ts';
import { unknownFile } from './unknown-file.ts';

export interface FileAbsentArgs {
  readonly path: string;
}

/** What is at a path, and where the folder is that it names. Foreseen states of other tasks do not tell that. */
export interface RemovedFile extends Pick<FileState, 'type' | 'parent'> {
  /** Of a file's content. A plan holds it against what it finds, and nobody else learns it. */
  readonly sha256?: Secret;
  readonly parent: FileState['parent'] & FolderFound;
}

/**
 * There is no file and no link at a path. Of a link, what it points to stays. The file is removed from the folder
 * that was seen, and from no other one that somebody has put in its place since.
 * @throws DabookError `refused` for a folder, for what is neither a file nor a link, and for a path that leads
 * through a symbolic link of somebody else than root and the user
 * @example fileAbsent({ path: '/opt/nexus/config/access-point/keys/internal.key' })
 */
export function fileAbsent({ path }: FileAbsentArgs): Task<RemovedFile> {
  if (path.endsWith('/')) {
    throw new DabookError('playbook', `fileAbsent: ${path} is the path of a folder`, {
      hint: 'give the path of a file, without "/" at its end',
    });
  }
  return absent({ path: absolutePath(path) });
}

const absent = task('fileAbsent', {
  rights: 'play',
  title: ({ path }: FileAbsentArgs) => `remove ${path}`,
  fact: ({ path }) => removedFile(path),
  want: (now, { path }): RemovedFile => {
    const { type, parent } = now;
    if (type === 'directory') throw refuse(`${path} is a folder`, 'give the path of a file or a link');
    if (type === 'other') {
      throw refuse(`${path} is neither a file nor a link`, 'give the path of a file or a link');
    }
    if (type !== 'missing' && parent.strangeLink !== undefined) {
      throw refuse(
        `${path} leads through the symbolic link ${parent.strangeLink} to ${parent.path}: whoever may put a link there decides what is removed`,
        `if it is meant, give the path that it leads to: ${inFolder(parent.path, path)}; else remove the link`,
      );
    }
    return { type: 'missing', parent };
  },
  steps: ({ parent }, _want, { path }) => {
    const { path: folder = dirname(path) } = parent;
    return [
      exec(
        sh`cd -P ${folder} && [ "$PWD" = ${folder} ] || { echo ${`another folder is in the place of ${folder}`} >&2; exit 1; }
rm -f -- ${`./${basename(path)}`}`,
        {
          title: `remove ${path}`,
          destroys: path,
          needs: [
            { kind: 'write', path: folder },
            { kind: 'replace', path: inFolder(folder, path) },
          ],
        },
      ),
    ];
  },
  foresees: (_now, { parent: { exists, mode } }, { path }) => {
    const state: FileState = { type: 'missing', parent: { exists, ...(mode === undefined ? {} : { mode }) } };
    return [
      { fact: fileState(path), state },
      { fact: textFile(path), state },
      foreseePaths([path]),
      // By then another task may have written one again.
      { fact: removedFile(path) },
    ];
  },
  obscures: ({ path }) => unknownFile(path),
  endangers: ({ path }) => path,
});

/** What is removed: as earlier tasks of a check foresaw it, but for where its folder is. */
function removedFile(path: string): Fact<RemovedFile> {
  return fact<RemovedFile>({
    key: ['file to be removed', path],
    read: async (ask) => {
      const [found, folder] = await Promise.all([
        ask.fact(fileState(path)) as Promise<Later<FileState>>,
        folderOnTheWay(ask, dirname(path)),
      ]);
      if (!isKnown(found)) return laterState(`what is at ${path}`);
      const { type, sha256, parent } = found;
      return {
        type,
        ...(sha256 === undefined ? {} : { sha256: checksumOf(path, sha256) }),
        parent: { ...parent, ...folder },
      };
    },
  });
}

function checksumOf(path: string, sha256: string | Secret): Secret {
  return digestAsSecret(path, sha256 instanceof Secret ? reveal(sha256) : sha256);
}

function inFolder(folder = '', path: string): string {
  return `${folder === '/' ? '' : folder}/${basename(path)}`;
}
