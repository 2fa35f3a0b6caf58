import { stat } from 'node:fs/promises';
import { dirname } from 'node:path/posix';
import { codeOf } from './errors.ts';
import type { Ask } from './fact.ts';
import { refuse } from './refuse.ts';
import { isRead, reveal } from './secret.ts';
import { sh } from './sh.ts';
import { sha256Of } from './sha256.ts';
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
 * Looks whether files can be written as steps mean to: with the rights of the user, and the room on the file system.
 * In check mode before they are performed, so what earlier steps of the same check would have made is not looked at;
 * by an apply when one has failed, which says why in the same words and costs those that succeed nothing.
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
  const [word, ...numbers] = answer.split(' ');
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
      const [blocks = Number.NaN, blockSize = 0, names = 0, mostNames = 0] = numbers.map(Number);
      if (mostNames > 0 && names === 0) {
        throw refuse(`no more files have room at ${path}: no inode is left`, 'remove some there first');
      }
      const room = blocks * blockSize;
      // Some file systems do not say.
      if (!(blocks >= 0) || room >= size) return;
      const told = room === 0 ? 'no room' : `room for ${room} bytes, and ${size} are to be written`;
      throw refuse(`at ${path} there is ${told}`, 'make room there first');
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

/** Bytes; at least as many as these where only another host knows them. */
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
      return content.sha256 === emptySha256 ? 0 : 1;
  }
}

const emptySha256 = sha256Of('');

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
    elif [ "$u" = 0 ]; then stat -f -c 'room %f %S %d %c' "$p" 2>/dev/null || echo fine
    else stat -f -c 'room %a %S %d %c' "$p" 2>/dev/null || echo fine
    fi
  elif [ ! -e "$p" ]; then echo missing
  elif [ "$u" != 0 ] && [ ! -O "$p" ]; then echo denied
  elif [ "$u" != 0 ] && [ -n "$o$h" ]; then echo owner
  else echo fine
  fi
done`;
