import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of one case. They keep their paths from one starting state to the next: archives are named by them. */
export interface Place {
  readonly root: string;
  /** What is on the host. */
  readonly host: string;
  /** What is on the control machine. */
  readonly control: string;
  /** Where scripts of the host make temporary folders. */
  readonly temporary: string;
  /** Programs that the host has in the place of its own. */
  readonly programs: string;
}

/** The place in a folder. */
export function placeAt(root: string): Place {
  const at = (name: string) => join(root, name);
  return {
    root,
    host: at('host'),
    control: at('control'),
    temporary: at('temporary'),
    programs: at('programs'),
  };
}

/** Empties it, but for its programs. */
export function clear({ root, host, control, temporary, programs }: Place): void {
  for (const name of readdirSync(root)) {
    if (join(root, name) !== programs) rmSync(join(root, name), { recursive: true });
  }
  for (const folder of [host, control, temporary]) mkdirSync(folder, { mode: 0o755 });
}

/** Whether a name is one of those that steps give to what they work in. */
export function isTemporary(name: string): boolean {
  return name.startsWith('.dabook');
}

/** Temporary files and folders that are left, by the paths of the outermost of them. */
export function leftIn(at: Place): readonly string[] {
  const found = readdirSync(at.temporary).map((name) => join(at.temporary, name));
  const look = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (isTemporary(name)) found.push(path);
      else if (lstatSync(path).isDirectory() && path !== at.temporary) look(path);
    }
  };
  look(at.root);
  return found;
}

/** Processes that were started by shells of this place. */
export function processesOf({
  temporary,
}: Place): readonly { readonly pid: number; readonly group: number }[] {
  const mark = `TMPDIR=${temporary}\0`;
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/environ`)) return [];
    try {
      if (!`${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(mark)) return [];
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? [] : [{ pid: Number(pid), group: Number(group) }];
    } catch {
      // It has ended meanwhile, or is nobody's business here.
      return [];
    }
  });
}
