// `npm run demo`: the main job on three real hosts of this machine, from nothing to a highly available
// stack. Exit status 0 only if all of it held.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, root } from './installed.js';

ensureInstalled();
const args = ['--import', 'jiti/register', 'test/demo/demo.ts'];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
