// `npm run test:hostile -- [part ...]`: starts test/hostile/main.ts, which is TypeScript.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, root } from './installed.js';

ensureInstalled();
const args = ['--import', 'jiti/register', 'test/hostile/main.ts', ...process.argv.slice(2)];
// A Ctrl-C goes to both: the other one ends what it has started.
process.on('SIGINT', () => {});
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
