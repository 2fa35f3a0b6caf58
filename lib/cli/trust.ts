import PQueue from 'p-queue';
import { counted } from '../counted.ts';
import { messageOf } from '../errors.ts';
import { selectHosts } from '../inventory/select-hosts.ts';
import { refuseNoFile } from '../transport/edit-known-hosts.ts';
import { type KeyState, nameOf } from '../transport/host-key.ts';
import { shownPin } from '../transport/judge-pinned.ts';
import { type JumpPins, jumpPins } from '../transport/jump-pins.ts';
import type { Target } from '../transport/session.ts';
import { createSshTransport, type ShownHost } from '../transport/ssh.ts';
import { createPaint, type Tone } from '../views/paint.ts';
import { column, width } from '../views/width.ts';
import { visible } from '../visible.ts';
import { exitStatus, type Io } from './io.ts';
import { has, type KeysToTrust, keysToTrust } from './keys-to-trust.ts';
import { operator } from './operator.ts';
import { openPrompt } from './prompt.ts';
import { readInventory } from './read-inventory.ts';
import { warn } from './warn.ts';
import { withCache } from './with-cache.ts';
import { type HostKeyRow, writeKnownKeys } from './write-known-keys.ts';

/** The options of `dabook trust`, as they were given. */
export interface TrustFlags {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly yes?: true;
  readonly replace?: true;
  readonly color: boolean;
}

/** Hosts that are asked at once. */
const atOnce = 30;
/** Jump hosts behind jump hosts: each round gets to know one more of them on each way. */
const rounds = 10;

/**
 * Collects the keys of hosts, shows those that are not known, and writes what the operator confirms.
 * @returns the exit status
 * @throws DabookError with all that is wrong with the input, before anything is connected to
 */
export async function trust(io: Io, flags: TrustFlags): Promise<number> {
  const inventory = await withCache(io, (cache) => readInventory(io, flags, cache));
  const chosen = selectHosts(inventory, flags.limit ?? 'all').map(({ target }) => target);
  const pinsOf = jumpPins(inventory.hosts.map(({ target }) => target));
  let left = chosen.filter(({ connection }) => connection !== 'local');
  let status: number = exitStatus.ok;
  for (let round = 0; left.length > 0 && round < rounds; round++) {
    const { asked, failed } = await ask(io, left, pinsOf);
    for (const message of failed) warn(io, message);
    if (failed.length > 0) status = exitStatus.unreachable;
    const shown = distinct(asked.map(({ shown }) => shown));
    const found = await confirm(io, shown, flags);
    if (found !== exitStatus.ok) return found;
    left = asked.filter(({ shown }) => shown.isJump).map(({ target }) => target);
  }
  return status;
}

interface Asked {
  readonly target: Target;
  readonly shown: ShownHost;
}

async function ask(
  io: Io,
  targets: readonly Target[],
  pinsOf: JumpPins,
): Promise<{ readonly asked: readonly Asked[]; readonly failed: readonly string[] }> {
  const { name: user, home = '/' } = operator(io);
  const onWarning = (message: string) => warn(io, message);
  // A new one each time: it reads known_hosts once.
  const transport = createSshTransport({ home, user, agentSocket: io.env.SSH_AUTH_SOCK, onWarning, pinsOf });
  const queue = new PQueue({ concurrency: atOnce });
  const results = await Promise.allSettled(
    targets.map((target) => queue.add(async () => ({ target, shown: await transport.hostKeys(target) }))),
  );
  return {
    asked: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failed: results.flatMap((result) => (result.status === 'rejected' ? [messageOf(result.reason)] : [])),
  };
}

/**
 * Several hosts may have the same jump host, and an inventory several names for one host: each is told once. Where
 * several machines share a name in known_hosts (`HostKeyAlias`), the keys of each are.
 */
function distinct(hosts: readonly ShownHost[]): readonly ShownHost[] {
  const same = new Map<string, ShownHost[]>();
  for (const one of hosts) {
    const keys = one.keys.map(({ shown, state }) => `${shown} ${state}`);
    const key = [one.host.knownHostsFile, nameOf(one.host), ...keys].join('\n');
    same.set(key, [...(same.get(key) ?? []), one]);
  }
  return [...same.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const names = new Set(others.map(({ host }) => host.shown).filter((name) => name !== first.host.shown));
    if (names.size === 0) return [first];
    const shown = `${first.host.shown} and ${counted(names.size, 'more name')}`;
    return [{ ...first, host: { ...first.host, shown } }];
  });
}

const tones: Record<KeyState, Tone> = {
  known: 'dim',
  new: 'yellow',
  other: 'red',
  changed: 'red',
  revoked: 'red',
  pinned: 'dim',
  unpinned: 'red',
};

/** Shows what is not known, has it confirmed, and writes it. */
async function confirm(io: Io, hosts: readonly ShownHost[], flags: TrustFlags): Promise<number> {
  const all = hosts.map((shown) => keysToTrust(shown, flags));
  const news = all.flatMap(({ host, news }) => news.map((key) => ({ host, key })));
  const wanted = all.flatMap(({ host, wanted }) => wanted.map((key) => ({ host, key })));
  const told = [
    ...toldOf(hosts, (shown) => has(shown, 'known'), 'known'),
    ...toldOf(hosts, (shown) => has(shown, 'pinned'), 'pinned in the inventory'),
    ...toldOf(hosts, (shown) => shown.isCertified && !has(shown, 'known'), 'known by a @cert-authority'),
  ];
  io.stdout.write(tableOf(io, news, flags));
  const isBad = warnOfBad(io, all, flags);
  const bad = isBad ? exitStatus.failed : exitStatus.ok;
  if (wanted.length === 0) {
    if (!isBad) io.stdout.write(told.length === 0 ? '0 hosts known\n' : told.join(''));
    return bad;
  }
  // Before anybody compares them in vain.
  for (const { host } of wanted) await refuseNoFile(host.knownHostsFile);
  if (!flags.yes) {
    const answer = await question(io, `Trust ${counted(wanted.length, 'key')}? [y/N] `);
    if (answer === undefined) {
      const give = wanted.every(({ key }) => key.state === 'other') ? '--yes --replace' : '--yes';
      warn(io, `nobody can be asked here: compare the fingerprints, then give ${give}`);
      return isBad ? bad : exitStatus.waiting;
    }
    if (!/^y(es)?$/i.test(answer.trim())) return isBad ? bad : exitStatus.waiting;
  }
  const isGone = await writeKnownKeys(io, wanted, flags.replace === true);
  return isGone ? bad : exitStatus.failed;
}

/**
 * Says what keeps hosts from being trusted.
 * @returns whether there is something that no answer makes good
 */
function warnOfBad(io: Io, hosts: readonly KeysToTrust[], { yes, replace }: TrustFlags): boolean {
  const isIn = (state: KeyState) => hosts.some(({ news }) => has({ keys: news }, state));
  const isChanged = isIn('changed') && !replace;
  const isOther = !replace && hosts.some(({ news, isBarred }) => !isBarred && has({ keys: news }, 'other'));
  if (isChanged) {
    warn(
      io,
      'a host shows another key than it is known by: it may be another machine. If it was set up anew: --replace',
    );
  }
  if (isOther) {
    warn(
      io,
      'a host shows no key of a type that it is known by: it may be another machine. --yes does not trust it: an answer at a terminal does, and --replace, which forgets what it is known by',
    );
  }
  if (isIn('revoked')) {
    warn(io, 'a host shows a key that is revoked: none of its keys is trusted, somebody else may hold it');
  }
  if (isIn('unpinned')) {
    warn(
      io,
      'a host shows none of the keys that the inventory pins: it may be another machine. If it was set up anew, change its hostKey',
    );
  }
  return isIn('unpinned') || isIn('revoked') || isChanged || (isOther && yes === true);
}

/** How many hosts there are of which that was decided before. */
function toldOf(
  hosts: readonly ShownHost[],
  isSo: (shown: ShownHost) => boolean,
  how: string,
): readonly string[] {
  const found = hosts.filter(isSo).length;
  return found === 0 ? [] : [`${counted(found, 'host')} ${how}\n`];
}

async function question(io: Io, text: string): Promise<string | undefined> {
  if (!io.stdin.isTTY || !io.stdout.isTTY) return undefined;
  const prompt = openPrompt(io, io.stdout, () => prompt.close());
  try {
    return (await prompt.ask(text)) ?? 'n';
  } finally {
    prompt.close();
  }
}

function tableOf(io: Io, rows: readonly HostKeyRow[], { color }: TrustFlags): string {
  if (rows.length === 0) return '';
  const paint = createPaint(color && !io.env.NO_COLOR && io.stdout.isTTY === true);
  const names = Math.max(...rows.map(({ host }) => width(visible(host.shown))));
  const fingerprints = Math.max(...rows.map(({ key }) => key.shown.length));
  return rows
    .map(({ host, key }) => {
      const instead = key.instead.map(({ file, line }) => `${file}:${line}`).join(', ');
      const why = whyOf(key.state, instead, host.pins?.map(shownPin).join(', '));
      const cells = `${column(visible(host.shown), names)}  ${key.shown.padEnd(fingerprints)}`;
      return `${cells}  ${paint(tones[key.state], visible(why))}\n`;
    })
    .join('');
}

function whyOf(state: KeyState, instead: string, pins: string | undefined): string {
  if (state === 'changed') return `changed; known by ${instead}`;
  if (state === 'other') return `new; known by another type of key: ${instead}`;
  return state === 'unpinned' ? `not pinned; pinned: ${pins}` : state;
}
