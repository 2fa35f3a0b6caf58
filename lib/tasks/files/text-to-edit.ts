import { refuse } from '../../refuse.ts';
import { plainText, type TextFile } from './text-file.ts';

/**
 * The text of a file that must be there.
 * @throws DabookError `refused` for a missing file, a link, a folder
 */
export function textToEdit(file: TextFile, path: string): string {
  const text = plainText(file);
  if (file.type === 'file' && text !== undefined) return text;
  switch (file.type) {
    case 'missing':
      throw refuse(`${path} does not exist`, 'check the path, and that what makes the file ran before');
    case 'symlink':
      throw refuse(`${path} is a symbolic link`, 'give the path that it points to');
    case 'directory':
      throw refuse(`${path} is a folder`, 'give the path of a file');
    default:
      throw refuse(`${path} is no regular file`, 'give the path of a file');
  }
}
