import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answered, Asked } from './worker.ts';

/** Seconds that one input may take, on a machine that is busy: megabytes of faults take some. */
const longest = 60;
/** MiB that one process that does nothing else may have; its heap is smaller. */
const heap = 1024;

const program = fileURLToPath(new URL('worker.ts', import.meta.url));
const register = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-register.mjs', import.meta.url));

/** A process that inputs are tried in; another one takes its place where it hangs or dies. */
export interface WorkPlace {
  /** Never rejects: what a process does not survive is a fault of the input. */
  tries(kind: string, input: Buffer): Promise<Answered>;
  close(): Promise<void>;
}

export function createWorkPlace(): WorkPlace {
  const root = mkdtempSync(join(tmpdir(), 'dabook-hostile-'));
  let base = mkdtempSync(join(root, 'inputs-'));
  let child = start(base);

  return {
    async tries(kind, input) {
      const asked: Asked = { kind, input: input.toString('base64') };
      const started = performance.now();
      const answer = await answerOf(child, asked);
      if (typeof answer !== 'string') return answer;
      await end(child);
      base = mkdtempSync(join(root, 'inputs-'));
      child = start(base);
      return { faults: [answer], milliseconds: performance.now() - started, memory: 0 };
    },
    async close() {
      await end(child);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

type Child = ReturnType<typeof fork>;

function start(base: string): Child {
  // The test runner loads itself into every process of Node, by this.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return fork(program, [base], {
    cwd: base,
    env,
    execArgv: ['--import', register, `--max-old-space-size=${heap}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** A text for one that hung or died. */
function answerOf(child: Child, asked: Asked): Promise<Answered | string> {
  return new Promise((done) => {
    const settle = (answer: Answered | string) => {
      clearTimeout(timer);
      child.off('message', settle as (message: unknown) => void);
      child.off('exit', died);
      done(answer);
    };
    const died = (status: number | null, signal: string | null) =>
      settle(`the process died: ${signal ?? status}`);
    const timer = setTimeout(() => settle(`nothing came of it in ${longest} s`), longest * 1000);
    child.on('message', settle as (message: unknown) => void);
    child.on('exit', died);
    child.send(asked, (error) => error && settle(`the process is gone: ${error.message}`));
  });
}

async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}
