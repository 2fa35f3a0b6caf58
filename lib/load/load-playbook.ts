import { basename } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { isPlaybook, type Playbook } from '../playbook.ts';
import { whereIn } from '../where.ts';
import type { ImportModule } from './import-module.ts';

/**
 * Loads a playbook from its file.
 * @throws DabookError `playbook` when the file cannot be loaded or exports no playbook
 */
export async function loadPlaybook(path: string, importModule: ImportModule, cwd: string): Promise<Playbook> {
  const module = await importModule(path).catch((error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    const where = whereIn(stack, cwd);
    throw new DabookError('playbook', `${where ?? basename(path)}: ${firstLine(messageOf(error))}`, {
      cause: error,
      hint: 'the playbook could not be loaded; nothing was connected to',
    });
  });
  const exported =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
  if (isPlaybook(exported)) return exported;
  throw new DabookError('playbook', `${basename(path)} exports no playbook`, {
    hint: 'end it with: export default playbook({ name, groups }, async ({ groups, play }) => { … })',
  });
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
