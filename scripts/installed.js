// Sees to it that the packages of package-lock.json are installed and that dist/ is built. Plain
// JavaScript and nothing but Node's own modules: it runs on a machine where nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs what is missing; ends the process where that fails. */
export function ensureInstalled() {
  if (!isInstalled()) {
    console.log('Installing packages …');
    // Not `npm ci`: it refuses a lock that lacks packages of other platforms, which some mirrors do not
    // have. Without --ignore-scripts npm would build ssh2's optional native part.
    step('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  step(process.execPath, ['scripts/build.js']);
}

/** Runs a command in the repository and ends the process with its status where that is not 0. */
export function step(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function isInstalled() {
  try {
    const marker = statSync(`${root}node_modules/.package-lock.json`).mtimeMs;
    if (marker < statSync(`${root}package-lock.json`).mtimeMs) return false;
    const { name } = JSON.parse(readFileSync(`${root}node_modules/tap/package.json`, 'utf8'));
    return name === 'tap';
  } catch {
    return false;
  }
}
