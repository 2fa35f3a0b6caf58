import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of dabook's own code; its frames are not the playbook's. */
const own = fileURLToPath(new URL('.', import.meta.url));

/**
 * The playbook's own line in a stack trace: the first frame that is neither dabook's, nor Node's, nor a
 * library's. Relative to `cwd`; `undefined` where there is none.
 * @example whereIn(error.stack, '/srv') // 'ha.ts:12'
 */
export function whereIn(stack: string | undefined, cwd: string): string | undefined {
  for (const line of (stack ?? '').split('\n')) {
    const match = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*):(\d+):\d+\)?$/.exec(line.trim());
    if (!match?.[1]) continue;
    const file = match[1].startsWith('file://') ? fileURLToPath(match[1]) : match[1];
    if (file.startsWith(own) || file.includes('/node_modules/')) continue;
    const near = relative(cwd, file);
    // Without the column: a playbook's lines stand where they stood, its columns are of the compiled code.
    return `${near.startsWith('../..') ? file : near}:${match[2]}`;
  }
  return undefined;
}
