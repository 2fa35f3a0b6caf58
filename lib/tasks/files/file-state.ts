import { dirname } from 'node:path/posix';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { commandForeseen } from '../../foreseen-anything.ts';
import type { Owners } from '../../ownership.ts';
import type { Secret } from '../../secret.ts';
import { laterState } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import type { Attributes } from './attributes.ts';
import { givenAt, isObscured } from './foreseen-paths.ts';
import type { Found } from './found.ts';
import { type LookOptions, lookAt } from './look-at.ts';
import { asWritten, spelling } from './spelling.ts';

/** A path of a host, and what is there. */
export interface FileState extends Attributes {
  readonly type: Found['type'];
  /** SHA-256 of a file's content in hexadecimal digits; itself a secret where the content is one. */
  readonly sha256?: string | Secret;
  /** A file's text, only where it differs from what a task wants and may be shown. */
  readonly content?: string | undefined;
  /** The folder that it is in, symbolic links followed. */
  readonly parent: { readonly exists: boolean; readonly mode?: string };
}

/**
 * What is at a path of a host: type, content's checksum, mode, owner. Links are not followed.
 * @param wanted how a playbook writes the owner and the group it wants; by name otherwise
 * @throws DabookError `command` for a path that the user may not look at; `refused` for a wanted owner
 * or group that the host does not have
 * @example const { type } = await host.read(fileState('/etc/docker/daemon.json'))
 */
export function fileState(path: string, wanted: Owners = {}): Fact<FileState> {
  const place = absolutePath(path);
  return fact<FileState>({
    key: ['file', place],
    read: async (ask) => {
      const state = await readFileState(ask, place, wanted);
      return (await isObscured(ask, place)) ? laterState(`what is at ${place}`) : state;
    },
  });
}

/** What `fileState` gives, with the text where that was asked for. */
export async function readFileState(
  ask: Ask,
  path: string,
  wanted: Owners,
  options?: LookOptions,
): Promise<FileState> {
  const [{ found, folder, text }, spell, given] = await Promise.all([
    lookAt(ask, path, options),
    spelling(ask, wanted),
    givenAt(ask, path),
  ]);
  const parent = folder.type === 'directory' ? folder : await foreseenFolder(ask, dirname(path));
  const { mode } = parent ?? folder;
  return {
    type: found.type,
    ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }),
    mode: found.mode,
    ...(given === undefined || found.type === 'missing' ? spell(found) : await asWritten(ask, given, wanted)),
    ...(text === undefined ? {} : { content: text }),
    parent: { exists: parent !== undefined, ...(mode === undefined ? {} : { mode }) },
  };
}

/**
 * Whether something else may be at a path by then: an earlier task of this check may have changed it, or the folder
 * of a missing file may be made by a command of which nobody says what it does.
 */
export async function isUnknownThen(
  ask: Ask,
  path: string,
  { type, parent }: Pick<FileState, 'type' | 'parent'>,
): Promise<boolean> {
  if (await isObscured(ask, path)) return true;
  return type === 'missing' && !parent.exists && (await ask.fact(commandForeseen));
}

/** A folder that an earlier task of this check would make. */
export async function foreseenFolder(ask: Ask, path: string): Promise<FileState | undefined> {
  const folder = fileState(path);
  if (!ask.foreseen(folder)) return undefined;
  const state = await ask.fact(folder);
  return state.type === 'directory' ? state : undefined;
}
