import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { environment } from '../lab/shell.ts';
import type { CaseMessage } from './case-process.ts';
import type { Case } from './define-case.ts';
import type { CaseResult } from './result.ts';

const program = fileURLToPath(new URL('case-process.ts', import.meta.url));
const init = fileURLToPath(new URL('apart.sh', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/**
 * Runs a case in a process, and unless it sees to that itself in namespaces, of its own.
 * @param runs measured runs of each tool; the case's own number by default
 * @param signal ends it
 * @throws Error where the case could not be set up, or was ended
 */
export async function startCase(
  { name, network = 'own' }: Pick<Case<unknown>, 'name' | 'network'>,
  runs: number | undefined,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<CaseResult> {
  const folder = await mkdtemp(`${tmpdir()}/dabook-bench-`);
  const node = [process.execPath, '--import', 'jiti/register', program, name, folder];
  if (runs !== undefined) node.push(String(runs));
  try {
    if (network === 'machine') await Promise.all(['home', 'tmp'].map((part) => mkdir(`${folder}/${part}`)));
    const command = network === 'own' ? ['unshare', ...namespaces, 'sh', init, folder, ...node] : node;
    return await resultOf(command, `${folder}/home`, tell, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function resultOf(
  [program = '', ...args]: readonly string[],
  home: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<CaseResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      // In namespaces of its own it has another home.
      env: { ...environment, HOME: home },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Killing `unshare` ends all that is in its namespaces.
      signal,
      killSignal: 'SIGKILL',
    });
    let result: CaseResult | undefined;
    let fault = 'it ended without a result';
    child.on('message', (message: CaseMessage) => {
      if (message.kind === 'told') tell(message.line);
      else if (message.kind === 'result') result = message.result;
      else fault = message.message;
    });
    child.once('error', reject);
    child.once('close', () => (result === undefined ? reject(new Error(fault)) : resolve(result)));
  });
}
