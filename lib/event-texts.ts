import type { Change, Counts, Fault, Happening, Json } from './events.ts';
import type { Answer, Answers, Form, Question, Section } from './form.ts';
import type { InputFault, Position } from './input-fault.ts';
import type { KnownTexts } from './known-texts.ts';
import { mapTexts } from './map-texts.ts';

/** What replaces known texts. */
export interface Replacing extends Pick<KnownTexts, 'replaceIn' | 'replaceAtEnds' | 'labelOf'> {
  /** The title of a play, by which its events belong together: the same in all of them, whatever is learned meanwhile. */
  playTitle(title: string): string;
}

/** How a part is told. */
type How<T> = (value: T, known: Replacing) => T;

/** Of each property how it is told: one that nobody has decided about does not compile. */
type Hows<T> = { readonly [Key in keyof T]-?: How<Exclude<T[Key], undefined>> };

type EventOf<Type extends Happening['type']> = Extract<Happening, { type: Type }>;

/**
 * A happening with labels for the secrets in what is free text. All else says what has happened and to which host: consent,
 * drift, plans, journals and views go by it, and a secret whose text is `destroys`, `changed` or the name of a host must
 * not alter it.
 */
export function toldEvent<E extends Happening>(event: E, known: Replacing): E {
  const how = events[event.type] as unknown as How<E>;
  return how(event, known);
}

/** It says what happened, to what and how often; nothing in it comes from a host, a playbook's texts or a variable. */
const kept = <T>(value: T): T => value;

// What a playbook gives as a text without a check of its types may be anything.
const text: How<string> = (value, known) => mapTexts(value, known) as string;

/** It quotes the last lines of what a command said, which may begin in the middle of a secret. */
const cutText: How<string> = (value, known) => {
  const told = text(value, known);
  return typeof told === 'string' ? known.replaceAtEnds(told) : told;
};

const playTitle: How<string> = (value, known) => known.playTitle(value);

/** A user's own structure. */
const free: How<Json> = (value, known) => mapTexts(value, known) as Json;

const answer: How<Answer> = (value, known) => (typeof value === 'string' ? known.replaceIn(value) : value);

const answers: How<Answers> = (value, known) =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name, answer(one, known)]));

function each<T>(how: How<T>): How<readonly T[]> {
  return (values, known) => values.map((value) => how(value, known));
}

function parts<T extends object>(hows: Hows<T>): How<T> {
  const byKey = new Map(Object.entries<unknown>({ ...hows }));
  return (value, known) => {
    const told = Object.entries(value).map(([key, part]) => {
      const how = (byKey.get(key) ?? mapTexts) as How<unknown>;
      return [key, part === undefined ? part : how(part, known)] as const;
    });
    return Object.fromEntries(told) as T;
  };
}

const change = parts<Change>({ path: text, op: kept, from: free, to: free });

const fault = parts<Fault>({
  code: kept,
  message: cutText,
  hint: text,
  where: kept,
  command: parts<NonNullable<Fault['command']>>({ shown: cutText, status: kept, stderr: cutText }),
  causes: each(cutText),
});

const section = parts<Section>({ title: text, lines: each(text) });

const question = parts<Question>({ name: kept, text, kind: kept, answer });

/** A form as the operator is shown it: the names of its questions stay as they are. */
export const toldForm = parts<Form>({
  title: text,
  checklist: each(section),
  questions: each(question),
  variable: kept,
  problem: text,
  besides: answers,
});

const position = parts<Position>({ file: kept, line: kept, column: kept, text });

/** What is wrong with the input: where it stands stays as it is. */
export const toldFaults = each(parts<InputFault>({ message: text, position, hint: text }));

const ofHost = { type: kept, host: kept } as const;
const ofTask = { ...ofHost, task: kept } as const;
const ofCommand = { ...ofTask, command: kept, purpose: kept, shown: text } as const;
const counts: How<{ readonly [host: string]: Counts }> = kept;

const events: { readonly [Type in Happening['type']]: How<EventOf<Type>> } = {
  'run.started': parts<EventOf<'run.started'>>({ type: kept, playbook: text, check: kept, hosts: kept }),
  'play.started': parts<EventOf<'play.started'>>({ type: kept, play: playTitle, hosts: kept }),
  'task.started': parts<EventOf<'task.started'>>({ ...ofTask, name: kept, title: text, play: playTitle }),
  'task.planned': parts<EventOf<'task.planned'>>({
    ...ofTask,
    changes: each(change),
    steps: each(text),
    asRoot: kept,
    opaque: kept,
    destroys: each(text),
    mayDestroy: kept,
    leads: each(text),
    digest: kept,
    runs: kept,
    form: toldForm,
  }),
  'host.started': parts<EventOf<'host.started'>>({ ...ofHost, play: playTitle }),
  'host.connected': parts<EventOf<'host.connected'>>({ ...ofHost, seconds: kept }),
  'host.ended': parts<EventOf<'host.ended'>>({ ...ofHost, play: playTitle, seconds: kept }),
  'step.started': parts<EventOf<'step.started'>>({ ...ofTask, step: kept, shown: text }),
  'step.ended': parts<EventOf<'step.ended'>>({
    ...ofTask,
    step: kept,
    shown: text,
    outcome: kept,
    seconds: kept,
  }),
  'command.started': parts<EventOf<'command.started'>>(ofCommand),
  'command.progress': parts<EventOf<'command.progress'>>({
    ...ofTask,
    command: kept,
    shown: text,
    sent: kept,
    size: kept,
  }),
  'command.ended': parts<EventOf<'command.ended'>>({ ...ofCommand, status: kept, seconds: kept, trip: kept }),
  'task.ended': parts<EventOf<'task.ended'>>({
    ...ofTask,
    name: kept,
    title: text,
    play: playTitle,
    status: kept,
    seconds: kept,
    asRoot: kept,
    fault,
    note: text,
    form: toldForm,
  }),
  'host.lost': parts<EventOf<'host.lost'>>({ ...ofHost, fault }),
  'host.unreachable': parts<EventOf<'host.unreachable'>>({ ...ofHost, fault }),
  'play.ended': parts<EventOf<'play.ended'>>({
    type: kept,
    play: playTitle,
    failed: kept,
    unreachable: kept,
    waiting: kept,
    seconds: kept,
  }),
  warning: parts<EventOf<'warning'>>({ ...ofHost, message: text }),
  'run.ended': parts<EventOf<'run.ended'>>({
    type: kept,
    check: kept,
    outcome: kept,
    seconds: kept,
    hosts: counts,
    roundTrips: kept,
    fault,
  }),
};
