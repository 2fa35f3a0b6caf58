import type { CommandEnded, CommandStarted, TaskEnded, TaskStarted } from '../events.ts';
import type { Span } from './profile-span.ts';

/** What is under way on one host. Times are milliseconds. */
export interface HostSpans {
  /** @param start when its play began */
  beginSlot(play: string, start: number): void;
  endSlot(play: string, now: number): void;
  connected(seconds: number, now: number): void;
  unreachable(now: number): void;
  beginTask(event: TaskStarted, now: number): void;
  endTask(event: TaskEnded, now: number): void;
  beginCommand(event: CommandStarted, now: number): void;
  endCommand(event: CommandEnded, now: number): void;
  /** Ends whatever is still open. */
  end(now: number): void;
}

interface OpenTask {
  readonly event: TaskStarted;
  readonly start: number;
  steps: number;
  settling: number;
  /** When its last step so far ended; none while one is under way. */
  stepsEnd: number | undefined;
  /** The host has been looked at since then. */
  looked: boolean;
}

interface OpenCommand {
  readonly event: CommandStarted;
  readonly start: number;
}

/** Follows one host, and gives each span of it when it ends. */
export function createHostSpans(host: string, onSpan: (span: Span) => void): HostSpans {
  const slots: { readonly play: string; readonly start: number }[] = [];
  const tasks = new Map<number, OpenTask>();
  const commands = new Map<number, OpenCommand>();
  let connectedAt: number | undefined;

  const taskOf = ({ task }: { readonly task?: number }) => (task === undefined ? undefined : tasks.get(task));

  const endConnecting = (earliest: number, failed: boolean, end: number) => {
    const asked = Math.min(end, ...[...commands.values()].map(({ start }) => start));
    const start = Math.max(asked, connectedAt ?? 0, earliest);
    onSpan({ kind: 'connecting', host, failed, start, end });
  };

  const endSettling = (task: OpenTask, end: number) => {
    const start = task.stepsEnd;
    // Where nothing was looked at in between, one step simply came after the other.
    if (start === undefined || !task.looked) return;
    task.stepsEnd = undefined;
    task.settling += end - start;
    onSpan({ kind: 'settling', host, task: task.event.task, start, end });
  };

  /** @param ended none for a command that got no answer */
  const endCommand = ({ event, start: asked }: OpenCommand, end: number, ended?: CommandEnded) => {
    commands.delete(event.command);
    // It is told of before there is a connection; its own time counts from when it was sent.
    const sent = ended === undefined ? asked : end - ended.seconds * 1000;
    const start = Math.min(end, Math.max(asked, connectedAt ?? 0, sent));
    const { purpose } = event;
    const shown = ended?.shown ?? event.shown;
    const answer = ended && { status: ended.status, trip: ended.trip };
    const isLast = commands.size === 0;
    onSpan({ kind: 'command', host, task: event.task, purpose, shown, answer, isLast, start, end });
    const task = taskOf(event);
    if (task === undefined || purpose === 'fact') return;
    task.steps += end - start;
    task.stepsEnd = end;
    task.looked = false;
  };

  const endCommands = (now: number, isMeant: (command: OpenCommand) => boolean = () => true) => {
    for (const command of commands.values()) if (isMeant(command)) endCommand(command, now);
  };

  const endTask = (task: OpenTask, end: number, ended?: TaskEnded) => {
    endSettling(task, end);
    endCommands(end, ({ event }) => event.task === task.event.task);
    tasks.delete(task.event.task);
    const { task: number, name, title, play } = task.event;
    const { start, steps, settling } = task;
    const took = ended === undefined ? end - start : ended.seconds * 1000;
    const about = { host, task: number, name, title, play, status: ended?.status };
    onSpan({ kind: 'task', ...about, took, steps, settling, start, end });
  };

  const endSlot = (play: string, end: number) => {
    const index = slots.findIndex((slot) => slot.play === play);
    const [slot] = index < 0 ? [] : slots.splice(index, 1);
    if (slot === undefined) return;
    // The work on the host has ended, so that those left over got no answer.
    if (slots.length === 0) endCommands(end);
    onSpan({ kind: 'slot', host, ...slot, end });
  };

  return {
    beginSlot: (play, start) => slots.push({ play, start }),
    endSlot,
    connected(seconds, now) {
      endConnecting(now - seconds * 1000, false, now);
      connectedAt = now;
    },
    unreachable(now) {
      if (connectedAt !== undefined) return endCommands(now);
      endConnecting(0, true, now);
      // Never sent, they took no time of their own.
      commands.clear();
    },
    beginTask(event, start) {
      const none = { steps: 0, settling: 0, stepsEnd: undefined, looked: false };
      tasks.set(event.task, { event, start, ...none });
    },
    endTask(event, now) {
      const task = tasks.get(event.task);
      if (task !== undefined) endTask(task, now, event);
    },
    beginCommand(event, start) {
      commands.set(event.command, { event, start });
      const task = taskOf(event);
      if (task === undefined) return;
      if (event.purpose === 'fact') {
        task.looked ||= task.stepsEnd !== undefined;
        return;
      }
      endSettling(task, start);
      task.stepsEnd = undefined;
    },
    endCommand(event, now) {
      const command = commands.get(event.command);
      if (command !== undefined) endCommand(command, now, event);
    },
    end(now) {
      for (const task of tasks.values()) endTask(task, now);
      endCommands(now);
      for (const { play } of [...slots]) endSlot(play, now);
    },
  };
}
