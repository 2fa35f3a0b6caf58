import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Measured } from './define-case.ts';
import type { Sample } from './sample.ts';

const measure = fileURLToPath(new URL('measure.py', import.meta.url));
/** Not the first `python3` of PATH, which may start through a wrapper: Debian's, which Debian's Ansible runs with. */
const python = '/usr/bin/python3';
const apart = ['--pid', '--fork', '--kill-child', '--mount-proc'];

interface Taken {
  readonly status: number;
  readonly started: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly largest: number;
  readonly memory: number;
}

/** Measures the commands of one run. */
export interface Meter {
  readonly measured: Measured;
  /** What the commands took together; undefined where none was run. */
  taken(): Sample | undefined;
}

/**
 * Makes a meter.
 * @param folder where commands run, and where what they print is kept
 * @param environment all that they see of it
 */
export function createMeter(folder: string, environment: Readonly<Record<string, string>>): Meter {
  const all: Taken[] = [];

  const measured: Measured = async (command, { cwd = folder, env = {}, ok = [0] } = {}) => {
    const result = `${folder}/measured.json`;
    const output = `${folder}/measured-${all.length}.log`;
    const args = [...apart, python, '-S', measure, result, output, ...command];
    const { code, said } = await ended(args, cwd, { ...environment, ...env });
    if (code !== 0) throw new Error(`${command.join(' ')} could not be measured:\n${said}`);
    const taken = JSON.parse(await readFile(result, 'utf8')) as Taken;
    if (!ok.includes(taken.status)) {
      const tail = (await readFile(output, 'utf8')).trim().split('\n').slice(-25).join('\n');
      throw new Error(`${command.join(' ').slice(0, 400)}\nended with status ${taken.status}:\n${tail}`);
    }
    all.push(taken);
    return { started: taken.started, output };
  };

  return { measured, taken: () => (all.length === 0 ? undefined : together(all)) };
}

function together(all: readonly Taken[]): Sample {
  const sum = (of: (taken: Taken) => number) => all.reduce((total, taken) => total + of(taken), 0);
  return {
    seconds: sum(({ seconds }) => seconds),
    cpu: sum(({ cpu }) => cpu),
    largest: Math.max(...all.map(({ largest }) => largest)),
    memory: Math.max(...all.map(({ memory }) => memory)),
  };
}

function ended(args: readonly string[], cwd: string, env: Record<string, string>) {
  return new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    const child = spawn('unshare', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
}
