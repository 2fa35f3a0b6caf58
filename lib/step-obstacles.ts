import { stat } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { codeOf } from './errors.ts';
import type { Ask } from './fact.ts';
import { refuse } from './refuse.ts';
import { isRead, reveal } from './secret.ts';
import { sh } from './sh.ts';
import type { Content, Step } from './step.ts';

/** Something that a step needs of its host, beyond what its task's fact tells. */
interface Need {
  /** The folder that is written to, or the file of which mode and owner are set. */
  readonly path: string;
  readonly kind: 'write' | 'own';
  /** Bytes that are written. */
  readonly size: number;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/**
 * Looks in check mode whether files could be written as steps mean to: with the rights of the user, and the room on
 * the file system. What earlier steps of the same check would have made is not looked at.
 * @throws DabookError `refused` for the first that could not
 */
export async function refuseImpossible(steps: readonly Step[], ask: Ask): Promise<void> {
  const needs = (await Promise.all(steps.map(needOf))).flat();
  if (needs.length === 0) return;
  const words = needs.flatMap(({ path, kind, owner = '', group = '' }) => [kind, path, owner, group]);
  const answers = await ask.sh(look(words)).then(
    ({ stdout }) => stdout.split('\n'),
    (error: unknown) => {
      // Where it cannot be looked there is nothing to be said against it.
      if (codeOf(error) === 'command') return [];
      throw error;
    },
  );
  for (const [index, need] of needs.entries()) refuseWhere(need, answers[index] ?? '', ask);
}

function refuseWhere({ path, kind, size, owner, group }: Need, answer: string, { become }: Ask): void {
  const hint = become ? 'root itself may not do it there' : 'run as root: become: true, or -b';
  const [word, blocks, blockSize] = answer.split(' ');
  switch (word) {
    case 'denied':
      throw kind === 'write'
        ? refuse(`the user may not write to the folder ${path}`, hint)
        : refuse(`${path} belongs to another user: mode and owner cannot be set`, hint);
    case 'owner':
      throw refuse(`only root gives files to others: ${path} to ${owner ?? group}`, hint);
    case 'group':
      throw refuse(`the user is not in the group ${group}, which a file in ${path} is to have`, hint);
    case 'room': {
      const room = Number(blocks) * Number(blockSize);
      // Some file systems do not say.
      if (!(Number(blocks) >= 0) || size === 0 || room >= size) return;
      throw refuse(
        `there is room for ${room} bytes at ${path}, and ${size} are to be written`,
        'make room there first',
      );
    }
  }
}

async function needOf(step: Step): Promise<readonly Need[]> {
  switch (step.kind) {
    case 'put': {
      const { path, content, owner, group } = step;
      return [{ path: dirname(path), kind: 'write', size: await sizeOf(content), owner, group }];
    }
    case 'ask':
      return [{ path: dirname(step.keep.path), kind: 'write', size: 0 }];
    case 'attributes':
      return [{ path: step.path, kind: 'own', size: 0, owner: step.owner, group: step.group }];
    case 'tree': {
      const size = step.files.reduce((sum, file) => sum + (file.isSent ? file.size : 0), 0);
      return [{ path: dirname(step.path), kind: 'write', size }];
    }
    default:
      return [];
  }
}

/** Bytes; 0 where they are known to another host only. */
async function sizeOf(content: Content): Promise<number> {
  switch (content.from) {
    case 'text':
      // One that only an apply can know is no text yet.
      return typeof content.text === 'string' ? Buffer.byteLength(content.text) : 0;
    case 'secret':
      return isRead(content.secret) ? Buffer.byteLength(reveal(content.secret)) : 0;
    case 'control':
      return (await stat(content.path)).size;
    case 'host':
      return 0;
  }
}

/** Says of each path, kind, owner and group what stands in the way; of what could be written, how much room there is. */
const look = (words: readonly string[]) => sh`LC_ALL=C; export LC_ALL
u=$(id -u) n=$(id -un) g=" $(id -G) $(id -Gn) "
set -- ${words}
while [ $# -ge 4 ]; do
  k=$1 p=$2 o=$3 h=$4; shift 4
  if [ "$k" = write ]; then
    if [ ! -d "$p" ]; then echo missing
    elif [ ! -w "$p" ] || [ ! -x "$p" ]; then echo denied
    elif [ "$u" != 0 ] && [ -n "$o" ] && [ "$o" != "$u" ] && [ "$o" != "$n" ]; then echo owner
    elif [ "$u" != 0 ] && [ -n "$h" ] && case $g in *" $h "*) false ;; esac; then echo group
    elif [ "$u" = 0 ]; then stat -f -c 'room %f %S' "$p" 2>/dev/null || echo fine
    else stat -f -c 'room %a %S' "$p" 2>/dev/null || echo fine
    fi
  elif [ ! -e "$p" ]; then echo missing
  elif [ "$u" != 0 ] && [ ! -O "$p" ]; then echo denied
  elif [ "$u" != 0 ] && [ -n "$o$h" ]; then echo owner
  else echo fine
  fi
done`;
