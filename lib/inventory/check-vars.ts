import { messageOf } from '../errors.ts';
import type { InputFault, Position } from '../input-fault.ts';
import type { Schema, SchemaIssue, SchemaResult } from '../schema.ts';
import { Secret } from '../secret.ts';
import { didYouMean } from './did-you-mean.ts';
import { looksSecret } from './hide-secrets.ts';

/** Longest value that is quoted in a message. */
const LONGEST = 60;

/**
 * Checks variables with a schema of any Standard Schema library, synchronous or not.
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
      faults: [{ message: `${what}: the schema itself failed: ${messageOf(error)}`, position: origin([]) }],
    };
  }
  if (result.issues === undefined) return { value: result.value };
  return { faults: result.issues.map((issue) => faultOf(issue, value, origin, what)) };
}

function faultOf(
  issue: SchemaIssue,
  value: unknown,
  origin: (path: readonly PropertyKey[]) => Position | undefined,
  what: string,
): InputFault {
  const path = (issue.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const position = origin(path);
  const hidden = path.some((step) => looksSecret(String(step)));
  const got = path.reduce(partOf, value);
  const message =
    hidden && typeof got === 'string' && got !== ''
      ? issue.message.replaceAll(got, '<hidden>')
      : issue.message;
  if (path.length === 0) return { message: `${what}: ${message}`, position };
  const name = pathText(path);
  if (got !== undefined) {
    return { message: `${what}: ${name}: ${message}; got ${hidden ? '<hidden>' : shown(got)}`, position };
  }
  const owner = path.slice(0, -1).reduce(partOf, value);
  const others = typeof owner === 'object' && owner !== null ? Object.keys(owner) : [];
  const near = didYouMean(String(path.at(-1)), others);
  return { message: `${what}: ${name} is missing: ${message}`, position, hint: near };
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
  const hide = (key: string, part: unknown) =>
    looksSecret(key) && typeof part !== 'object' ? '<hidden>' : part;
  const text = JSON.stringify(value, hide) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
