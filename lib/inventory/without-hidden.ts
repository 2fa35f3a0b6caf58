import { looksSecret, looksSecretValue } from '../looks-secret.ts';
import { Secret } from '../secret.ts';
import { secretForms } from '../secret-forms.ts';
import { HIDDEN } from './hide-secrets.ts';

/** Shorter texts would be found by chance. Characters. */
const leastHidden = 4;

/**
 * What a schema says of variables, without what is named like a secret or looks like one: the message of a refinement, or
 * of an error that it throws, may quote whatever it was given.
 */
export function withoutHidden(message: string, vars: unknown): string {
  const forms = hiddenIn(vars)
    .flatMap((text) => secretForms(text, () => true))
    .filter((form) => form.length >= leastHidden)
    .sort((a, b) => b.length - a.length);
  return forms.reduce((told, form) => told.replaceAll(form, HIDDEN), message);
}

/** The texts, at any depth, of variables whose name is that of a secret, and those that have a login in them. */
function hiddenIn(vars: unknown): readonly string[] {
  const found = new Set<string>();
  const seen = new Set<object>();

  function visit(value: unknown, isHidden: boolean): void {
    if (typeof value === 'string' && (isHidden || looksSecretValue(value))) found.add(value);
    if (typeof value === 'number' && isHidden) found.add(String(value));
    if (typeof value !== 'object' || value === null || value instanceof Secret || seen.has(value)) return;
    seen.add(value);
    for (const [key, part] of Object.entries(value)) visit(part, isHidden || looksSecret(key));
  }

  visit(vars, false);
  return [...found];
}
