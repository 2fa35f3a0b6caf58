import { type Bar, createDrawing } from './profile-drawing.ts';
import type { CommandSpan, Span, TaskSpan } from './profile-span.ts';
import type { StartUp } from './profile-start.ts';
import { tripBars } from './profile-trip-bars.ts';

/** What has ended on a host while what it lies in has not. */
interface Pending {
  readonly group: number;
  readonly inTask: Map<number, Bar[]>;
  readonly inPlay: Map<string, Bar[]>;
  commands: CommandSpan[];
}

/**
 * Makes a trace of spans, for Chrome's and Perfetto's viewers. dabook itself is a group of lanes there, with what came
 * before the run, the run and its plays; so is each host: what was done on one lane, what travelled on another, as what
 * is asked ahead for several tasks lies in none of them.
 * @param write given the text piece by piece; kept back is only what has ended in a play of a host that has not
 */
export function createTrace(
  startUp: StartUp,
  write: (text: string) => void,
): { add(span: Span): void; end(): void } {
  const drawing = createDrawing(startUp.start, write);
  const hosts = new Map<string, Pending>();
  const control = drawing.group('dabook');
  for (const phase of startUp.phases.toSorted((a, b) => a.start - b.start)) {
    drawing.draw(control, 'start-up', { ...phase, kind: 'start-up' });
  }

  const hostOf = (name: string): Pending => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const made: Pending = {
      group: drawing.group(name),
      ...{ inTask: new Map(), inPlay: new Map(), commands: [] },
    };
    hosts.set(name, made);
    return made;
  };

  const drawTrips = (host: Pending) => {
    for (const bar of tripBars(host.commands)) drawing.draw(host.group, 'round trips', bar);
    host.commands = [];
  };

  return {
    add(span) {
      const { kind, start, end } = span;
      if (kind === 'run') {
        const { playbook: name, check, outcome } = span;
        return drawing.draw(control, 'run', { name, kind, start, end, args: { check, outcome } });
      }
      if (kind === 'play') return drawing.draw(control, 'plays', { name: span.play, kind, start, end });

      const host = hostOf(span.host);
      switch (kind) {
        case 'waiting':
          return keep(host.inPlay, span.play, { name: 'waiting for a slot', kind, start, end });
        case 'slot': {
          const done = taken(host.inPlay, span.play);
          const inside = done.filter((bar) => bar.start >= start);
          // A play may be there twice, of one title.
          for (const bar of done) if (bar.start < start) drawing.draw(host.group, 'tasks', bar);
          return drawing.draw(host.group, 'tasks', { name: span.play, kind: 'play', start, end, inside });
        }
        case 'settling':
          return keep(host.inTask, span.task, { name: 'settling', kind, start, end });
        case 'task': {
          const bar = taskBar(span, taken(host.inTask, span.task));
          if (span.play === undefined) return drawing.draw(host.group, 'tasks', bar);
          return keep(host.inPlay, span.play, bar);
        }
        case 'connecting': {
          const name = span.failed ? 'connecting, in vain' : 'connecting';
          return drawing.draw(host.group, 'round trips', { name, kind, start, end });
        }
        case 'command': {
          host.commands.push(span);
          if (span.isLast) drawTrips(host);
        }
      }
    },
    end() {
      for (const host of hosts.values()) {
        // What was done for a play that the host had no slot of at the end.
        for (const bar of [...host.inPlay.values()].flat()) drawing.draw(host.group, 'tasks', bar);
        drawTrips(host);
      }
      drawing.end();
    },
  };
}

function taskBar({ name, title, status, start, end }: TaskSpan, inside: readonly Bar[]): Bar {
  return { name: title, kind: 'task', start, end, args: { task: name, status: status ?? 'cut off' }, inside };
}

function keep<K>(map: Map<K, Bar[]>, key: K, bar: Bar): void {
  // What took no time, such as the wait of a host that has its slot at once, is nothing to look at.
  if (bar.kind !== 'task' && bar.start === bar.end) return;
  const known = map.get(key);
  if (known === undefined) map.set(key, [bar]);
  else known.push(bar);
}

function taken<K>(map: Map<K, Bar[]>, key: K): readonly Bar[] {
  const found = map.get(key) ?? [];
  map.delete(key);
  return found;
}
