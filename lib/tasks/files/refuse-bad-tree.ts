import { refuse } from '../../refuse.ts';
import type { DifferingTree } from './differing-tree.ts';

/**
 * Refuses what a tree cannot be put to: nothing there is replaced by something of another kind, and no link is followed.
 * @throws DabookError `refused`
 */
export function refuseBadTree({ top, blocked }: DifferingTree, dest: string): void {
  switch (top.found.type) {
    case 'directory':
      break;
    case 'missing':
      if (top.folder.type === 'directory') break;
      throw refuse(`the folder of ${dest} does not exist`, 'make it first, or check the path');
    case 'symlink':
      throw refuse(`${dest} is a symbolic link`, 'give the path that it points to');
    default:
      throw refuse(`${dest} is no folder`, 'check the path');
  }
  const [first, ...more] = blocked;
  if (first === undefined) return;
  const what = { symlink: 'a symbolic link', directory: 'a folder', file: 'a file', other: 'a special file' };
  const others = more.length === 0 ? '' : `, and ${more.length} more are in the way`;
  throw refuse(
    `${dest}/${first.path} is ${first.type === 'missing' ? 'missing' : what[first.type]}${others}`,
    'nothing was copied; remove it, or leave it out by exclude',
  );
}
