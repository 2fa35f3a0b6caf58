import type { Event, RunStarted } from '../events.ts';
import { createHostSpans, type HostSpans } from './profile-host.ts';
import type { Span } from './profile-span.ts';

interface OpenPlay {
  readonly play: string;
  readonly start: number;
  /** Hosts that have no slot yet. */
  readonly waiting: Set<string>;
}

/**
 * Makes of a run's events what its time went into. Each span is given when it ends, so that their ends never decrease;
 * at `run.ended` whatever is still open ends, too. Only what is open is remembered.
 * @example const handle = createSpans((span) => totals.add(span))
 */
export function createSpans(onSpan: (span: Span) => void): (event: Event) => void {
  const hosts = new Map<string, HostSpans>();
  const plays: OpenPlay[] = [];
  let run: { readonly event: RunStarted; readonly start: number } | undefined;
  // The clock of the machine may be set back meanwhile.
  let now = 0;

  const hostOf = (name: string): HostSpans => {
    const known = hosts.get(name) ?? createHostSpans(name, onSpan);
    hosts.set(name, known);
    return known;
  };

  const endWaiting = (host: string, { play, start, waiting }: OpenPlay) => {
    waiting.delete(host);
    onSpan({ kind: 'waiting', host, play, start, end: now });
  };

  const endPlay = (open: OpenPlay) => {
    for (const host of open.waiting) endWaiting(host, open);
    onSpan({ kind: 'play', play: open.play, start: open.start, end: now });
  };

  return (event) => {
    now = Math.max(now, Date.parse(event.at));
    switch (event.type) {
      case 'run.started':
        run = { event, start: now };
        return;
      case 'play.started':
        plays.push({ play: event.play, start: now, waiting: new Set(event.hosts) });
        return;
      case 'host.started': {
        const open = plays.find(({ play, waiting }) => play === event.play && waiting.has(event.host));
        if (open !== undefined) endWaiting(event.host, open);
        return hostOf(event.host).beginSlot(event.play, open?.start ?? now);
      }
      case 'host.connected':
        return hostOf(event.host).connected(event.seconds, now);
      case 'host.unreachable':
        return hostOf(event.host).unreachable(now);
      case 'task.started':
        return hostOf(event.host).beginTask(event, now);
      case 'command.started':
        return hostOf(event.host).beginCommand(event, now);
      case 'command.ended':
        return hostOf(event.host).endCommand(event, now);
      case 'task.ended':
        return hostOf(event.host).endTask(event, now);
      case 'host.ended':
        return hostOf(event.host).endSlot(event.play, now);
      case 'play.ended': {
        const index = plays.findIndex(({ play }) => play === event.play);
        if (index >= 0) plays.splice(index, 1).forEach(endPlay);
        return;
      }
      case 'run.ended': {
        for (const host of hosts.values()) host.end(now);
        plays.splice(0).forEach(endPlay);
        if (run === undefined) return;
        const { playbook, check } = run.event;
        const { outcome, roundTrips } = event;
        onSpan({ kind: 'run', playbook, check, outcome, roundTrips, start: run.start, end: now });
      }
    }
  };
}
