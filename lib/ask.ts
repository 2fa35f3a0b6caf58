import { commandFailed } from './command-failed.ts';
import type { Ask, Fact, Output } from './fact.ts';
import type { Asker, Machine } from './machine.ts';
import { createRedactor } from './redact.ts';
import { reveal, Secret } from './secret.ts';
import { unknown } from './unknown.ts';

/** What a fact is given: a machine that can only be asked. In check mode foreseen states come first. */
export function createAsk(machine: Machine, asker: Omit<Asker, 'purpose'>): Ask {
  const asking: Asker = { ...asker, purpose: 'fact' };
  const ask: Ask = {
    host: machine.name,
    become: asker.become,

    async sh(command, { ok = [0], stdin } = {}): Promise<Output> {
      // It may be in no state and in no step, and the command may print it.
      machine.learn(stdin);
      const bytes =
        stdin === undefined ? undefined : Buffer.from(stdin instanceof Secret ? reveal(stdin) : stdin);
      const { status, stdout, stderr } = await machine.exec(command.text, asking, command.text, bytes);
      const output = { status, stdout: stdout.toString(), stderr: stderr.toString() };
      if (ok.includes(status)) return output;
      throw commandFailed(
        `a command that reads ended with status ${status}`,
        command.text,
        status,
        quoting(output.stderr, stdin),
      );
    },

    async docker<T>(path: string): Promise<T | undefined> {
      const shown = `GET ${path}`;
      const { status, body } = await machine.docker({ method: 'GET', path }, asking, shown);
      if (status === 404) return undefined;
      if (status >= 200 && status < 300) return jsonOf<T>(body, shown, status);
      const message = engineMessage(body);
      throw commandFailed(`the Docker Engine answered ${status}: ${message}`, shown, status, message);
    },

    bulk: (bulk, question) => machine.gathering.bulk(bulk, question, ask),
    fact: (fact) => readFact(fact, ask, machine),
    foreseen: (fact) => machine.foreseen.has(fact.key),
  };
  return ask;
}

/** What a command said that may quote its stdin: a playbook may print an error by itself. */
function quoting(stderr: string, stdin: string | Secret | undefined): string {
  if (!(stdin instanceof Secret)) return stderr;
  const redactor = createRedactor();
  redactor.learn(stdin);
  return redactor.text(stderr);
}

/** Reads a fact: as an earlier task of this check foresaw it, or as it is. */
export async function readFact<S>(fact: Fact<S>, ask: Ask, machine: Machine): Promise<S> {
  if (machine.foreseen.has(fact.key)) return machine.foreseen.get(fact.key) as S;
  if (fact.known) return fact.read(ask);
  return fact.whenUnknown ? fact.whenUnknown() : (unknown(`fact ${fact.key}`) as S);
}

function jsonOf<T>(body: Buffer, shown: string, status: number): T {
  try {
    return JSON.parse(body.toString()) as T;
  } catch {
    const told = body.toString('utf8', 0, 200);
    throw commandFailed('the Docker Engine answered what is no JSON', shown, status, told);
  }
}

/** The message of an Engine API answer that is an error. */
export function engineMessage(body: Buffer): string {
  try {
    const { message } = JSON.parse(body.toString()) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the text itself is all there is to tell.
  }
  return body.toString().trim();
}
