// `npm run bench -- [case ...] [--runs N] [--json FILE]`: starts test/bench/main.ts, which is TypeScript.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, root } from './installed.js';

ensureInstalled();
const args = ['--import', 'jiti/register', 'test/bench/main.ts', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
