import type { CommandProgress, Event, Fault, TaskEnded } from '../events.ts';
import { faultInShort } from './fault-lines.ts';

/** A task under way, or what a playbook reads by itself: that has its command's number, negative. */
export interface LiveWork {
  readonly task: number;
  readonly title: string;
  /** Milliseconds. */
  readonly since: number;
  /** How far its large file has got, in bytes. */
  readonly progress?: { readonly sent: number; readonly size: number };
}

/** What a live view knows of one host. */
export interface LiveHost {
  readonly name: string;
  /** The newest last. */
  readonly open: readonly LiveWork[];
  readonly ok: number;
  readonly changed: number;
  readonly skipped: number;
  readonly trouble?: { readonly kind: 'failed' | 'unreachable'; readonly reason: string };
  /** The title of a task that waits for the operator. */
  readonly held?: string;
  /** In a play that is under way, and no task of it has begun here. */
  readonly waiting: boolean;
  /** Not before it is asked for something. */
  readonly connection: 'none' | 'awaited' | 'there';
}

/** What a live view draws: hosts in the order of the run. */
export interface LiveState {
  readonly check: boolean;
  /** In blocks, so that the state after an event shares all but one of them with the state before. */
  readonly blocks: readonly (readonly LiveHost[])[];
  readonly places: ReadonlyMap<string, number>;
}

const BLOCK = 64;

/** Before anything happened. */
export const nothingYet: LiveState = { check: false, blocks: [], places: new Map() };

/** Every host, in the order of the run. */
export function hostsOf(state: LiveState): readonly LiveHost[] {
  return state.blocks.flat();
}

/** The state after an event. It copies one host and two short arrays at most, so that 10,000 hosts stay cheap. */
export function reduce(state: LiveState, event: Event): LiveState {
  switch (event.type) {
    case 'run.started':
      return {
        check: event.check,
        blocks: inBlocks(event.hosts.map(newHost)),
        places: new Map(event.hosts.map((name, place) => [name, place])),
      };
    case 'play.started': {
      const inPlay = new Set(event.hosts);
      return everyHost(state, (host) => (inPlay.has(host.name) ? { ...host, waiting: true } : host));
    }
    case 'play.ended':
      return everyHost(state, (host) => (host.waiting ? { ...host, waiting: false } : host));
    case 'host.connected':
      return update(state, event.host, (host) => ({ ...host, connection: 'there' }));
    case 'task.started': {
      const opened = { task: event.task, title: event.title, since: Date.parse(event.at) };
      return update(state, event.host, (host) => ({ ...host, waiting: false, open: [...host.open, opened] }));
    }
    case 'command.started':
      return update(state, event.host, (host) => {
        const awaiting: LiveHost = host.connection === 'none' ? { ...host, connection: 'awaited' } : host;
        if (event.task !== undefined) return awaiting;
        const opened = { task: -event.command, title: 'reading facts', since: Date.parse(event.at) };
        return { ...awaiting, waiting: false, open: [...host.open, opened] };
      });
    case 'command.progress':
      return update(state, event.host, (host) => withProgress(host, event, event));
    case 'command.ended':
      return update(state, event.host, (host) => {
        const connected: LiveHost = host.connection === 'there' ? host : { ...host, connection: 'there' };
        if (event.task !== undefined) return withProgress(connected, event, undefined);
        return { ...connected, open: host.open.filter(({ task }) => task !== -event.command) };
      });
    case 'task.ended':
      return update(state, event.host, (host) => ended(host, event));
    case 'host.unreachable':
      return update(state, event.host, (host) =>
        inTrouble({ ...host, open: [] }, 'unreachable', event.fault),
      );
    default:
      return state;
  }
}

function newHost(name: string): LiveHost {
  return { name, open: [], ok: 0, changed: 0, skipped: 0, waiting: false, connection: 'none' };
}

function inBlocks(hosts: readonly LiveHost[]): LiveState['blocks'] {
  const blocks: (readonly LiveHost[])[] = [];
  for (let at = 0; at < hosts.length; at += BLOCK) blocks.push(hosts.slice(at, at + BLOCK));
  return blocks;
}

function everyHost(state: LiveState, change: (host: LiveHost) => LiveHost): LiveState {
  return { ...state, blocks: state.blocks.map((block) => block.map(change)) };
}

/** @param change gives the host itself back where nothing of it changes */
function update(state: LiveState, name: string, change: (host: LiveHost) => LiveHost): LiveState {
  const place = state.places.get(name);
  const index = place === undefined ? -1 : Math.floor(place / BLOCK);
  const block = state.blocks[index];
  const host = place === undefined ? undefined : block?.[place % BLOCK];
  if (place === undefined || block === undefined || host === undefined) {
    // A host that the run did not announce is shown rather than lost.
    const hosts = [...hostsOf(state), change(newHost(name))];
    return {
      ...state,
      places: new Map([...state.places, [name, hosts.length - 1]]),
      blocks: inBlocks(hosts),
    };
  }
  const changed = change(host);
  if (changed === host) return state;
  return { ...state, blocks: state.blocks.with(index, block.with(place % BLOCK, changed)) };
}

function withProgress(
  host: LiveHost,
  { task, command }: Pick<CommandProgress, 'task' | 'command'>,
  progress: LiveWork['progress'],
): LiveHost {
  const index = host.open.findLastIndex((work) => work.task === (task ?? -command));
  const work = host.open[index];
  if (work === undefined || (progress === undefined && work.progress === undefined)) return host;
  const { task: number, title, since } = work;
  const shown = progress && { progress: { sent: progress.sent, size: progress.size } };
  return { ...host, open: host.open.with(index, { task: number, title, since, ...shown }) };
}

function ended(host: LiveHost, event: TaskEnded): LiveHost {
  // With a failure goes what was being read for it.
  const open = host.open.filter(({ task }) => task !== event.task && (task > 0 || event.status !== 'failed'));
  const rest = { ...host, open };
  switch (event.status) {
    case 'ok':
      return { ...rest, ok: host.ok + 1 };
    case 'changed':
    case 'would-change':
      return { ...rest, changed: host.changed + 1 };
    case 'unknown':
    case 'skipped':
      return { ...rest, skipped: host.skipped + 1 };
    case 'waiting':
      return { ...rest, held: event.title };
    case 'lost':
      return host.trouble === undefined ? inTrouble(rest, 'unreachable', event.fault, event.title) : rest;
    case 'failed':
      return host.trouble?.kind === 'unreachable'
        ? rest
        : inTrouble(rest, 'failed', event.fault, event.title);
  }
}

function inTrouble(
  host: LiveHost,
  kind: 'failed' | 'unreachable',
  fault: Fault | undefined,
  title?: string,
): LiveHost {
  const reason = [title, fault && faultInShort(fault)].filter((part) => part !== undefined).join(': ');
  return { ...host, trouble: { kind, reason } };
}
