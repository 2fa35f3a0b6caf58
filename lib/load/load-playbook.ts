import { basename } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import type { InputFault } from '../input-fault.ts';
import { isPlaybook, type Playbook } from '../playbook.ts';
import { whereIn } from '../where.ts';
import type { ImportModule } from './import-module.ts';
import { positionIn } from './position-in.ts';

/**
 * Loads a playbook from its file.
 * @throws DabookError `playbook` when the file cannot be loaded or exports no playbook
 */
export async function loadPlaybook(path: string, importModule: ImportModule, cwd: string): Promise<Playbook> {
  const module = await importModule(path).catch(async (error: unknown) => {
    throw new DabookError('playbook', 'the playbook could not be loaded; nothing was connected to', {
      cause: error,
      faults: [await faultOf(error, path, cwd)],
    });
  });
  const exported =
    typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
  if (isPlaybook(exported)) return exported;
  throw new DabookError('playbook', `${basename(path)} exports no playbook`, {
    hint: 'end it with: export default playbook({ name, groups }, async ({ groups, play }) => { … })',
  });
}

/** Where the loader could not read on is in the second line of its message. */
const SYNTAX = /^(?:ParseError: )?([^\n]*)\n\s*(\/[^\n]*):(\d+):(\d+)/;

async function faultOf(error: unknown, path: string, cwd: string): Promise<InputFault> {
  const [, message = '', file = '', line, column] = SYNTAX.exec(messageOf(error)) ?? [];
  if (line !== undefined) {
    // Its columns count from 0.
    return {
      message: message.trim(),
      position: await positionIn(file, Number(line), Number(column) + 1, cwd),
    };
  }
  const where = whereIn(error instanceof Error ? error.stack : undefined, cwd) ?? basename(path);
  return { message: `${where}: ${messageOf(error).split('\n')[0]}` };
}
