import { DabookError } from '../../errors.ts';
import { fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { sh } from '../../sh.ts';
import { exec } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { absolutePath } from './absolute-path.ts';
import { type FileState, fileState } from './file-state.ts';
import { textFile } from './text-file.ts';

export interface FileAbsentArgs {
  readonly path: string;
}

/**
 * There is no file and no link at a path. Of a link, what it points to stays.
 * @throws DabookError `refused` for a folder, and for what is neither a file nor a link
 * @example fileAbsent({ path: '/opt/nexus/config/access-point/keys/internal.key' })
 */
export function fileAbsent({ path }: FileAbsentArgs): Task<FileState> {
  if (path.endsWith('/')) {
    throw new DabookError('playbook', `fileAbsent: ${path} is the path of a folder`, {
      hint: 'give the path of a file, without "/" at its end',
    });
  }
  return absent({ path: absolutePath(path) });
}

const absent = task('fileAbsent', {
  title: ({ path }: FileAbsentArgs) => `remove ${path}`,
  fact: ({ path }) =>
    fact<FileState>({
      key: ['file', path],
      read: async (ask) => {
        // What was in it is nobody's business any more, nor its checksum.
        const { sha256: _sha256, ...state } = await fileState(path).read(ask);
        return state;
      },
    }),
  want: (now, { path }): FileState => {
    if (now.type === 'directory') throw refuse(`${path} is a folder`, 'give the path of a file or a link');
    if (now.type === 'other') {
      throw refuse(`${path} is neither a file nor a link`, 'give the path of a file or a link');
    }
    return { type: 'missing', parent: now.parent };
  },
  steps: (_now, _want, { path }) => [exec(sh`rm -f -- ${path}`)],
  foresees: (_now, want, { path }) => [{ fact: textFile(path), state: want }],
});
