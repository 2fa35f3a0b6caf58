import { DabookError } from '../errors.ts';
import type { Session } from '../transport/session.ts';
import { type KeeperOptions, keeperScript, usualGrace } from './keeper-script.ts';

/** What a host's keeper does for a run, from the control machine's side. */
export interface Keeper {
  /** Its own process group. */
  readonly group: number;
  /** Has a process group watched over: it is ended when the run can do so no more. */
  watch(group: number): Promise<void>;
  /**
   * Settles once the host is known to hold the lock still: at once where it said so a moment ago.
   * @throws DabookError `lost` when the keeper is gone, or says nothing
   */
  confirm(): Promise<void>;
  /** Ends what is watched over, by process group. Never rejects. */
  stop(): Promise<void>;
  /** Gives the lock back, and ends the keeper. Never rejects. */
  end(): Promise<void>;
}

export interface Keeping extends Pick<KeeperOptions, 'run' | 'holder' | 'locks' | 'former' | 'grace'> {
  /** Names the host in messages. */
  readonly host: string;
  /** As root; what belongs to others it cannot end otherwise. */
  readonly become: boolean;
  /** Seconds without a word after which the host takes the run for gone. 30 by default. */
  readonly lease?: number | undefined;
}

/** Seconds within which a keeper answers: it does next to nothing. */
const patience = 15;
/** Seconds that ending former processes may take beside the grace: they are asked, waited for, and killed. */
const ending = 8;

/**
 * Starts a keeper on a host.
 * @returns what the holder of the lock wrote there, where it is another run
 * @throws DabookError `command` where a host can keep no lock; `lost` with the connection
 */
export async function startKeeper(
  session: Session,
  { host, become, lease = 30, grace = usualGrace, ...more }: Keeping,
): Promise<Keeper | { readonly busy: string }> {
  const answers: ((answer: string) => void)[] = [];
  const answer = () => new Promise<string>((resolve) => answers.push(resolve));
  const first = answer();
  const companion = await session.accompany(keeperScript({ ...more, lease, grace }).text, {
    become,
    onLine: (line) => answers.shift()?.(line),
  });
  let gone: string | undefined;
  let isEnding = false;
  const ended = companion.ended.then((how) => {
    gone = how;
    clearInterval(beating);
  });

  /** An answer, unless the keeper ends first or says nothing for too long. */
  async function heard(line: Promise<string>, seconds: number): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000).unref();
    });
    const told = await Promise.race([line, ended, late]);
    clearTimeout(timer);
    if (typeof told === 'string') return told;
    const why = gone === undefined ? `it said nothing for ${seconds} s` : gone;
    throw new DabookError('lost', `what watches over the run on ${host} is gone: ${why}`);
  }

  let confirmed = clocks();
  let asking: Promise<void> | undefined;
  async function say(line: string, seconds: number): Promise<void> {
    if (gone !== undefined) return void (await heard(new Promise(() => {}), 0));
    const said = clocks();
    const told = answer();
    companion.write(line);
    await heard(told, seconds);
    confirmed = said;
  }
  const beat = () => {
    asking ??= say('beat', patience).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const beating = setInterval(() => beat().catch(() => {}), (lease * 1000) / 3).unref();

  let group = 0;
  try {
    const told = await heard(first, grace + ending + patience);
    if (told.startsWith('busy ')) return { busy: told.slice(5) };
    const [word, number] = told.split(' ');
    if (word !== 'held') throw noLock(host, told);
    group = Number(number);
  } catch (error) {
    companion.end();
    clearInterval(beating);
    throw error;
  }
  return {
    group,
    watch: (group) => say(`group ${group}`, patience),
    confirm: async () => {
      if (gone === undefined && isFresh(confirmed, lease / 2)) return;
      await beat();
    },
    stop: () => say('stop', ending + patience).catch(() => {}),
    async end() {
      if (isEnding) return ended;
      isEnding = true;
      clearInterval(beating);
      companion.write('end');
      companion.end();
      await heard(new Promise(() => {}), ending).catch(() => {});
    },
  };
}

/** Two clocks: one does not run while the machine sleeps, the other may be set. */
function clocks() {
  return { steady: performance.now(), wall: Date.now() };
}

function isFresh(since: ReturnType<typeof clocks>, seconds: number): boolean {
  const now = clocks();
  const most = seconds * 1000;
  return now.steady - since.steady < most && Math.abs(now.wall - since.wall) < most;
}

function noLock(host: string, told: string): DabookError {
  const why = told.startsWith('odd ') ? told.slice(4) : `it said ${JSON.stringify(told)}`;
  return new DabookError('command', `no lock can be kept on ${host}: ${why}`, {
    hint: 'mend it there, or run with --no-lock where nobody else can be at work',
  });
}
