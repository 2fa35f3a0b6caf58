// `npm test`: the whole suite, the real lab included, and one closing line that counts. `npm run
// test:unit` (--unit) leaves out what needs the lab and what is slow. Further arguments are test files.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './installed.js';

const args = process.argv.slice(2);
const unitOnly = args.includes('--unit');
const named = args.filter((arg) => arg !== '--unit');

ensureInstalled();
const files = named.length > 0 ? named : find('test');
const needsLab = (file) => file.endsWith('.lab.test.ts');
/** They wait for real connections, shells and compilers, or start dabook many times over, as its users do. */
const isSlow = (file) => file.startsWith('test/cli/') || file.endsWith('.slow.test.ts');
/** It packs the package, which builds dist/ anew under the hands of whatever runs beside it. */
const needsQuiet = (file) => file.startsWith('test/package/');
// At first, so that nothing is left out for want of a package that the lab brings later. What it says stands there.
if (!unitOnly && process.getuid() === 0 && files.some(needsLab)) {
  spawnSync(process.execPath, ['scripts/lab.js', 'install'], { cwd: root, stdio: 'inherit' });
}
const out = mkdtempSync(join(tmpdir(), 'dabook-test-'));
const totals = { pass: 0, fail: 0, skip: 0 };
let status = 0;
mkdirSync(join(out, 'hits'));
// All processes of this run make their canaries of it, and write down where they find some.
process.env.DABOOK_CANARY_SEED = randomBytes(12).toString('hex');
process.env.DABOOK_CANARY_HITS = join(out, 'hits');
const watch = await startWatch();

const isUnit = (file) => !needsQuiet(file) && !needsLab(file) && !isSlow(file);
runTap('unit', files.filter(isUnit), 2);
if (!unitOnly) {
  // They wait for what they started as often as they work.
  runTap('slow', files.filter(isSlow), 3);
  runTap('quiet', files.filter(needsQuiet), 1);
  // Each has a lab of its own, and waits for its swarm most of the time.
  runTap('lab', files.filter(needsLab), 3);
}
await endWatch();
rmSync(out, { recursive: true, force: true });

const skipped = totals.skip > 0 ? `, ${totals.skip} skipped` : '';
console.log(`${totals.pass} passed, ${totals.fail} failed${skipped}`);
process.exitCode = status;

function runTap(kind, these, jobs) {
  if (these.length === 0) return;
  const record = join(out, `${kind}.tap`);
  // A terminal is shown how it goes; a log gets a line for each file, and all of what failed.
  const reporter = process.stdout.isTTY ? 'base' : 'silent';
  const args = ['-o', record, `--reporter=${reporter}`, `--jobs=${jobs}`, ...these];
  const tap = ['node_modules/tap/dist/esm/run.mjs', ...args];
  const result = spawnSync(process.execPath, tap, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) status = result.status ?? 1;
  const lines = readFileSync(record, 'utf8').split('\n');
  if (!process.stdout.isTTY) tellFiles(lines);
  for (const line of lines) {
    const skipped = /^\s*ok \d+ - (.*?) # SKIP (.*)/.exec(line);
    if (skipped) console.log(`skipped: ${skipped[1]}: ${skipped[2]}`);
  }
  count(lines);
}

/** Looks at all processes of this machine for the secrets of the tests: see test/canary/watch.ts. */
async function startWatch() {
  if (!existsSync('/proc/loadavg')) return undefined;
  const args = ['--import=./test/typescript.js', 'test/canary/watch.ts', out];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const told = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    told.text += text;
  });
  const ended = new Promise((done) => child.on('close', done));
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { child, told, ended };
}

/** Each line of what the watch found is a failure, and so is a watch that fails. */
async function endWatch() {
  if (watch === undefined)
    return console.log('canaries: there is no /proc here, so processes are not looked at');
  watch.child.stdin.on('error', () => {}).end();
  const ended = await watch.ended;
  process.stdout.write(watch.told.text.replace(/^watching\n/, ''));
  if (ended === 0) return;
  totals.fail += watch.told.text.match(/^canary: /gm)?.length ?? 1;
  status ||= 1;
}

function tellFiles(lines) {
  let block = [];
  for (const line of lines) {
    block.push(line);
    const file = /^(not ok|ok) \d+ - (\S+\.ts)( # time=.*)?/.exec(line);
    if (!file) continue;
    if (file[1] === 'not ok') console.log(block.filter((text) => !/^\s+ok /.test(text)).join('\n'));
    console.log(line);
    block = [];
  }
}

/** Adds up the totals that tap wrote. A run without totals is a failure, whatever its exit status was. */
function count(lines) {
  const last = lines.filter((line) => line.startsWith('# { total:')).at(-1);
  if (!last) {
    totals.fail += 1;
    status ||= 1;
    return;
  }
  for (const [, name, number] of last.matchAll(/(pass|fail|skip): (\d+)/g)) totals[name] += Number(number);
}

function find(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true });
  return entries
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}
