import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GitState } from './journal-line.ts';

/**
 * What git says of the repository that a folder is in; nothing where there is none, or no git.
 * @param env of the process; what it says of repositories is not meant for this one
 * @param signal ends git, which is slow in a large repository
 */
export async function readGitState(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<GitState | undefined> {
  // Most often it is not worth a process to find that out.
  if (!isInRepository(folder)) return undefined;
  const words = [
    '--no-optional-locks',
    '-c',
    'core.fsmonitor=false',
    'status',
    '--porcelain=v2',
    '--branch',
    '-z',
  ];
  const others = Object.entries(env).filter(([name]) => !name.startsWith('GIT_'));
  const options = { cwd: folder, env: Object.fromEntries(others), signal, maxBuffer: 64 * 1024 * 1024 };
  const told = await new Promise<string | undefined>((done) => {
    execFile('git', words, options, (error, stdout) => done(error === null ? stdout : undefined));
  });
  return told === undefined ? undefined : stateOf(told);
}

function isInRepository(folder: string): boolean {
  const above = dirname(folder);
  return existsSync(join(folder, '.git')) || (above !== folder && isInRepository(above));
}

function stateOf(told: string): GitState {
  const lines = told.split('\0');
  const header = (name: string) =>
    lines.find((line) => line.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
  const commit = header('oid');
  const branch = header('head');
  return {
    type: 'journal.git',
    at: new Date().toISOString(),
    ...(commit === undefined || commit.startsWith('(') ? {} : { commit }),
    ...(branch === undefined || branch.startsWith('(') ? {} : { branch }),
    changed: lines.filter((line) => /^[12u] /.test(line)).length,
    untracked: lines.filter((line) => line.startsWith('? ')).length,
  };
}
