// Takes a third of the time that tap's own plugin takes to load what a test imports. Types are checked by `npm run types`.
// What esbuild makes of a file is kept, since each test file is a process of its own, and most of them load the same.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const options = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline' };
/** Of whom else what it makes depends on. */
const maker = JSON.stringify([require('esbuild/package.json').version, options]);
const kept = fileURLToPath(new URL('../node_modules/.cache/dabook-test', import.meta.url));

/** TypeScript of this repository as JavaScript, with its lines in stack traces. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/'))
    return next(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', shortCircuit: true, source: javaScriptOf(file, readFileSync(file, 'utf8')) };
}

function javaScriptOf(sourcefile, text) {
  const digest = createHash('sha256')
    .update(JSON.stringify([maker, sourcefile, text]))
    .digest('hex');
  const path = join(kept, `${digest}.js`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Loaded late, since it takes as long to start as to transform.
    const { code } = require('esbuild').transformSync(text, { ...options, sourcefile });
    keep(path, code);
    return code;
  }
}

/** Whole or not at all, whoever else makes the same at this moment. */
function keep(path, code) {
  const made = join(kept, randomUUID());
  try {
    mkdirSync(kept, { recursive: true });
    writeFileSync(made, code, { flag: 'wx' });
    renameSync(made, path);
  } catch {
    // A folder of somebody else's is no reason not to test.
  }
}
