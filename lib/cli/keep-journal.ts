import type { ExtraVars } from '../bind.ts';
import { type Beginning, createJournal, type Journal } from '../journal/create-journal.ts';
import { withoutLogins } from '../looks-secret.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';
import { runsKept, runsPlace } from './runs-place.ts';
import { version } from './version.ts';
import { warn } from './warn.ts';

/** What a journal tells of how a run was started. */
export interface Started {
  /** The run's id. */
  readonly run: string;
  readonly playbook: { readonly name: string; readonly file: string };
  readonly extraVars: ExtraVars;
  readonly flags: {
    readonly inventory: readonly string[];
    readonly check?: true;
    readonly limit?: string;
    readonly forks: number;
    readonly user?: string;
    readonly privateKey?: string;
    readonly become?: true;
  };
}

/** The journal of what none is kept of. */
export const noJournal: Journal = { handle: () => {}, synced: async () => {}, end: async () => {} };

/**
 * Keeps the journal of a run, unless the operator wants none. It begins with the first event: what does not begin has
 * none. What goes wrong is told on stderr.
 * @throws DabookError `usage` where what the environment says of journals is wrong
 */
export function keepJournal(io: Io, started: Started): Journal {
  const keep = runsKept(io);
  const place = runsPlace(io);
  let journal: Journal | undefined;
  return {
    handle(event) {
      if (place === undefined) return;
      const onFault = (message: string) => warn(io, message);
      journal ??= createJournal({ place, keep, beginning: beginningOf(io, started), env: io.env, onFault });
      journal.handle(event);
    },
    synced: async () => journal?.synced(),
    end: async () => journal?.end(),
  };
}

function beginningOf(io: Io, { run, playbook, extraVars, flags }: Started): Beginning {
  const { inventory, check = false, limit, forks, user, privateKey, become } = flags;
  const { name } = operator(io);
  const sudoUser = io.env.SUDO_USER;
  const shown = (text: string) => withoutLogins(text, '<hidden>');
  return {
    dabook: version(),
    run,
    by: { user: name, ...(sudoUser && sudoUser !== name ? { sudoUser } : {}) },
    cwd: io.cwd(),
    playbook,
    inventory: inventory.map(shown),
    options: {
      check,
      ...(limit === undefined ? {} : { limit: shown(limit) }),
      extraVars: Object.keys(extraVars.vars),
      forks,
      ...(user === undefined ? {} : { user }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(become === undefined ? {} : { become }),
    },
  };
}
