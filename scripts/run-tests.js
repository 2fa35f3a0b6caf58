// Runs test files, those that are given together in one process: to start takes longer than most of them. tap's own
// runner gives each a process, and takes three times as long to start it: it loads what measures coverage into it.
import { spawn } from 'node:child_process';
import { root } from './installed.js';

/**
 * Seconds that a process may take, unless it says otherwise by `t.setTimeout`: no more than what tells that it hangs, since
 * nobody knows how busy the machine is.
 */
const timeout = 900;
/** Seconds after which a process is ended that does not end itself. */
const patience = process.env.EVERY_MOMENT === '1' ? 4000 : 1000;

/**
 * @param files one file, or several that leave nothing behind in their process
 * @returns what it told as TAP, whether it passed, its totals, and how long it took in milliseconds. One that ends
 * without totals has failed.
 */
export async function runTests(files) {
  const started = performance.now();
  const [file, ...others] = files;
  const alone = others.length === 0;
  const name = alone ? file : `${files.length} files from ${file} on`;
  // tap names the folders of its tests by the arguments: they are to differ, and to have no long names.
  const entry = alone ? [file] : ['test/several.ts', file];
  const args = ['--enable-source-maps', '--import=./test/typescript.js', ...entry];
  const listed = alone ? {} : { DABOOK_TEST_FILES: files.join(':') };
  const env = { ...process.env, ...listed, TAP_TIMEOUT: String(timeout) };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), patience * 1000);
  const pieces = [];
  child.stdout.on('data', (piece) => pieces.push(piece));
  const [exit, signal] = await new Promise((done) => {
    child.on('error', (error) => done([error.message, null]));
    child.on('close', (...ended) => done(ended));
  });
  clearTimeout(timer);
  const lines = Buffer.concat(pieces).toString().split('\n');
  const totals = totalsIn(lines);
  const passed = exit === 0 && totals !== undefined && totals.fail === 0;
  // What ended badly and told nothing of it is a failure all the same.
  if (!passed) lines.push(`not ok - ${name} ended with ${signal ?? exit}`);
  return { name, lines, passed, totals: withFailure(totals, passed), time: performance.now() - started };
}

/** What tap counted, from the last line that says so. */
function totalsIn(lines) {
  const last = lines.filter((line) => line.startsWith('# { total:')).at(-1);
  if (last === undefined) return undefined;
  const totals = { pass: 0, fail: 0, skip: 0 };
  for (const [, name, number] of last.matchAll(/(pass|fail|skip): (\d+)/g)) totals[name] = Number(number);
  return totals;
}

function withFailure(totals = { pass: 0, fail: 0, skip: 0 }, passed) {
  return passed || totals.fail > 0 ? totals : { ...totals, fail: 1 };
}
