// Makes dist/: the code as a bundle, the types by the compiler. Plain JavaScript, because it runs before
// anything is compiled.
import { renameSync, rmSync } from 'node:fs';
import { bundle } from './bundle.js';
import { root, step } from './installed.js';

const made = `dist.${process.pid}`;
const remove = (folder) => rmSync(`${root}${folder}`, { recursive: true, force: true });
// `step` ends the process where the compiler finds faults.
process.on('exit', () => remove(made));

await bundle(made);
const compiler = `${root}node_modules/tsnative/bin/tsc`;
step(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', `${made}/types`]);
// As a whole, so that who runs dabook meanwhile finds it.
remove('dist');
renameSync(`${root}${made}`, `${root}dist`);
