import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Io } from './io.ts';

/** Who runs dabook. */
export interface Operator {
  readonly name: string;
  /** Home folder; none for a user that the system does not know, as in some containers. */
  readonly home: string | undefined;
}

/** Who runs dabook: a HOME that is empty or no whole path counts as unset. */
export function operator({ env }: Io): Operator {
  const known = knownUser();
  const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : known?.homedir;
  return { name: known?.username ?? (env.USER || env.LOGNAME || String(process.getuid?.())), home };
}

function knownUser() {
  try {
    return userInfo();
  } catch {
    return undefined;
  }
}
