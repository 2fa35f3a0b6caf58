import { messageOf } from '../errors.ts';
import type { InputFault, Position } from '../input-fault.ts';
import { looksSecret, looksSecretValue } from '../looks-secret.ts';
import type { Schema, SchemaIssue, SchemaResult } from '../schema.ts';
import { Secret, secret } from '../secret.ts';
import { show } from '../show.ts';
import { didYouMean } from './did-you-mean.ts';
import { HIDDEN } from './hide-secrets.ts';
import { isUnread } from './place.ts';
import { WRITE_THE_VALUE, whyNotAsItStands } from './tree.ts';
import { withoutHidden } from './without-hidden.ts';

/** Longest value that is quoted in a message. */
const LONGEST = 60;
const TAKE_A_SECRET =
  "let the playbook's schema take a secret there: z.instanceof(Secret), with Secret from 'dabook'";
const WRITE_A_SECRET =
  'name where it is to be read: !env NAME, !file PATH, !exec COMMAND, or encrypt it (dabook secret --help)';

/**
 * Checks variables with a schema of any Standard Schema library, synchronous or not. A variable that the schema
 * passes on must not be a template of Ansible, nor encrypted: nothing evaluates it, and it would reach a host as it
 * stands.
 * @param origin where a variable stands
 * @param what whose variables they are, as messages name it: `host web1`
 * @returns what the schema made of them, or every fault with the place of its variable
 * @example
 * const checked = await checkVars(z.object({ ip: z.string() }), host.vars, host.origin, `host ${host.name}`)
 * if ('faults' in checked) … else checked.value.ip
 */
export async function checkVars<Output>(
  schema: Schema<Output>,
  value: unknown,
  origin: (path: readonly PropertyKey[]) => Position | undefined,
  what: string,
): Promise<{ readonly value: Output } | { readonly faults: readonly InputFault[] }> {
  let result: SchemaResult<Output>;
  try {
    result = await schema['~standard'].validate(value);
  } catch (error) {
    return {
      faults: [
        {
          message: `${what}: the schema itself failed: ${withoutHidden(messageOf(error), value)}`,
          position: origin([]),
        },
      ],
    };
  }
  if (result.issues !== undefined) {
    const { issues } = result;
    return { faults: await Promise.all(issues.map((issue) => faultOf(issue, schema, value, origin, what))) };
  }
  const unread = passedOn(value, result.value).flatMap((name) => unreadFaults([name], value, origin, what));
  return unread.length > 0 ? { faults: unread } : { value: result.value };
}

/** The variables that a schema took: those that are in what it made of them. */
function passedOn(given: unknown, output: unknown): readonly string[] {
  if (typeof given !== 'object' || given === null || typeof output !== 'object' || output === null) return [];
  return Object.keys(given).filter((name) => Object.hasOwn(output, name));
}

/** Templates within one variable, as far as they come from the inventory and are not marked `!unsafe`. */
function unreadFaults(
  path: readonly PropertyKey[],
  all: unknown,
  origin: (path: readonly PropertyKey[]) => Position | undefined,
  what: string,
): readonly InputFault[] {
  const value = path.reduce(partOf, all);
  const why = whyNotAsItStands(value);
  if (why !== undefined) {
    const position = origin(path);
    if (!isUnread(position)) return [];
    return [{ message: `${what}: ${pathText(path)} ${why}`, position, hint: WRITE_THE_VALUE }];
  }
  if (typeof value !== 'object' || value === null || value instanceof Secret) return [];
  const steps: readonly PropertyKey[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return steps.flatMap((step) => unreadFaults([...path, step], all, origin, what));
}

async function faultOf(
  issue: SchemaIssue,
  schema: Schema,
  value: unknown,
  origin: (path: readonly PropertyKey[]) => Position | undefined,
  what: string,
): Promise<InputFault> {
  const path = pathOf(issue);
  const position = origin(path);
  const got = path.reduce(partOf, value);
  const hidden =
    path.some((step) => looksSecret(String(step))) || (typeof got === 'string' && looksSecretValue(got));
  const message =
    hidden && typeof got === 'string' && got !== ''
      ? issue.message.replaceAll(got, HIDDEN)
      : withoutHidden(issue.message, value);
  if (path.length === 0) return { message: `${what}: ${message}`, position };
  const name = pathText(path);
  if (got instanceof Secret) {
    return {
      message: `${what}: ${name} is a secret, ${show(got)}: ${message}`,
      position,
      hint: TAKE_A_SECRET,
    };
  }
  if (got !== undefined && got !== null && (await takesSecret(schema, value, path))) {
    const line = position && { ...position, text: `${position.text.slice(0, position.column - 1)}<hidden>` };
    return { message: `${what}: ${name} must be a secret`, position: line, hint: WRITE_A_SECRET };
  }
  if (got !== undefined) {
    const hint = isUnread(position) ? WRITE_THE_VALUE : undefined;
    return {
      message: `${what}: ${name}: ${message}; got ${hidden ? HIDDEN : shown(got)}`,
      position,
      hint,
    };
  }
  const owner = path.slice(0, -1).reduce(partOf, value);
  const others = typeof owner === 'object' && owner !== null ? Object.keys(owner) : [];
  const near = didYouMean(String(path.at(-1)), others);
  return { message: `${what}: ${name} is missing: ${message}`, position, hint: near };
}

/** Whether a value that was refused would be taken if it were a secret: what is shown of it then is nothing. */
async function takesSecret(schema: Schema, value: unknown, path: readonly PropertyKey[]): Promise<boolean> {
  try {
    const result = await schema['~standard'].validate(withPart(value, path, secret('value', '')));
    // A schema of a mapping takes any object at first, and misses its parts then.
    return !result.issues?.some((issue) => isAtOrBelow(pathOf(issue), path));
  } catch {
    return false;
  }
}

function isAtOrBelow(path: readonly PropertyKey[], above: readonly PropertyKey[]): boolean {
  return above.every((step, index) => path[index] === step);
}

function withPart(value: unknown, [step, ...rest]: readonly PropertyKey[], part: unknown): unknown {
  if (step === undefined) return part;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  return Object.assign(copy, { [step]: withPart(partOf(value, step), rest, part) });
}

function pathOf({ path = [] }: SchemaIssue): readonly PropertyKey[] {
  return path.map((step) => (typeof step === 'object' ? step.key : step));
}

function partOf(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Secret || !Object.hasOwn(value, step))
    return undefined;
  return (value as Record<PropertyKey, unknown>)[step];
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** A value as JSON, cut where it is long. A secret shows its label; what is named like one, nothing. */
function shown(value: unknown): string {
  const hide = (key: string, part: unknown) => {
    const isHidden = looksSecret(key) || (typeof part === 'string' && looksSecretValue(part));
    return isHidden && typeof part !== 'object' ? HIDDEN : part;
  };
  const text = JSON.stringify(value, hide) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
