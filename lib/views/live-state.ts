import type { Event, Fault, TaskEnded } from '../events.ts';
import { faultInShort } from './fault-lines.ts';

/** What a live view knows of one host. */
export interface LiveHost {
  readonly name: string;
  /** Tasks under way, the newest last; what a playbook reads by itself has its command's number, negative. */
  readonly open: readonly { readonly task: number; readonly title: string; readonly since: number }[];
  readonly ok: number;
  readonly changed: number;
  readonly skipped: number;
  readonly trouble?: { readonly kind: 'failed' | 'unreachable'; readonly reason: string };
  /** The title of a task that waits for the operator. */
  readonly held?: string;
  /** In a play that is under way, and no task of it has begun here. */
  readonly waiting: boolean;
}

/** What a live view draws: hosts in the order of the run. */
export interface LiveState {
  readonly check: boolean;
  readonly hosts: readonly LiveHost[];
  readonly places: ReadonlyMap<string, number>;
}

/** Before anything happened. */
export const nothingYet: LiveState = { check: false, hosts: [], places: new Map() };

/** The state after an event. It copies one host and one array at most, so that 500 hosts stay cheap. */
export function reduce(state: LiveState, event: Event): LiveState {
  switch (event.type) {
    case 'run.started':
      return {
        check: event.check,
        hosts: event.hosts.map(newHost),
        places: new Map(event.hosts.map((name, place) => [name, place])),
      };
    case 'play.started': {
      const inPlay = new Set(event.hosts);
      const hosts = state.hosts.map((host) => (inPlay.has(host.name) ? { ...host, waiting: true } : host));
      return { ...state, hosts };
    }
    case 'play.ended':
      return {
        ...state,
        hosts: state.hosts.map((host) => (host.waiting ? { ...host, waiting: false } : host)),
      };
    case 'task.started': {
      const opened = { task: event.task, title: event.title, since: Date.parse(event.at) };
      return update(state, event.host, (host) => ({ ...host, waiting: false, open: [...host.open, opened] }));
    }
    case 'command.started': {
      if (event.task !== undefined) return state;
      const opened = { task: -event.command, title: 'reading facts', since: Date.parse(event.at) };
      return update(state, event.host, (host) => ({ ...host, waiting: false, open: [...host.open, opened] }));
    }
    case 'command.ended':
      if (event.task !== undefined) return state;
      return update(state, event.host, (host) => ({
        ...host,
        open: host.open.filter(({ task }) => task !== -event.command),
      }));
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
  return { name, open: [], ok: 0, changed: 0, skipped: 0, waiting: false };
}

function update(state: LiveState, name: string, change: (host: LiveHost) => LiveHost): LiveState {
  const place = state.places.get(name);
  const host = place === undefined ? undefined : state.hosts[place];
  if (place === undefined || host === undefined) {
    // A host that the run did not announce is shown rather than lost.
    const places = new Map([...state.places, [name, state.hosts.length]]);
    return { ...state, places, hosts: [...state.hosts, change(newHost(name))] };
  }
  return { ...state, hosts: state.hosts.with(place, change(host)) };
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
    case 'skipped':
      return { ...rest, skipped: host.skipped + 1 };
    case 'waiting':
      return { ...rest, held: event.title };
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
