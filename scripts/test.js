// `npm test`: the suite, the real lab included, and one closing line that counts. `npm run test:unit` (--unit) leaves out
// what needs the lab and what is slow; `npm run test:long` (--long) is what takes too long for every time. Further
// arguments are test files.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './installed.js';
import { runTests } from './run-tests.js';

const args = process.argv.slice(2);
const unitOnly = args.includes('--unit');
const longOnly = args.includes('--long');
const named = args.filter((arg) => !arg.startsWith('--'));

ensureInstalled();
const isLong = (file) => /\.long\.(lab\.)?test\.ts$/.test(file);
const files = named.length > 0 ? named : find('test').filter((file) => isLong(file) === longOnly);
const needsLab = (file) => file.endsWith('.lab.test.ts');
/** They wait for real connections, shells and compilers, or start dabook many times over, as its users do. */
const isSlow = (file) => !needsLab(file) && (/^test\/cli\/|\.slow\.test\.ts$/.test(file) || isLong(file));
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
await runAll('unit', inParts(files.filter(isUnit), 6), 2);
if (!unitOnly) {
  // They wait for what they started as often as they work. The longest are those of transports: they are not to be the last.
  await runAll('slow', alone(files.filter(isSlow).reverse()), 3);
  await runAll('quiet', alone(files.filter(needsQuiet)), 1);
  // Each has a lab of its own, whose engines keep the processors busy: three at once end no sooner.
  await runAll('lab', alone(files.filter(needsLab)), 2);
}
await endWatch();
rmSync(out, { recursive: true, force: true });

const skipped = totals.skip > 0 ? `, ${totals.skip} skipped` : '';
console.log(`${totals.pass} passed, ${totals.fail} failed${skipped}`);
process.exitCode = status;

/** Each file in a process of its own. */
function alone(files) {
  return files.map((file) => [file]);
}

/** At most so many parts, of files that lie beside each other. */
function inParts(files, most) {
  const size = Math.max(1, Math.ceil(files.length / most));
  return Array.from({ length: Math.ceil(files.length / size) }, (_, part) =>
    files.slice(part * size, (part + 1) * size),
  );
}

/**
 * Runs parts, each of files for one process, so many at once, and tells of each as it ends: a line, and all of what
 * failed.
 */
async function runAll(kind, parts, jobs) {
  const record = join(out, `${kind}.tap`);
  const left = [...parts];
  const next = async () => {
    for (let files = left.shift(); files !== undefined; files = left.shift()) {
      tell(await runTests(files), record);
    }
  };
  await Promise.all(Array.from({ length: jobs }, next));
}

function tell({ name, lines, passed, totals: counted, time }, record) {
  if (!passed) console.log(lines.filter((line) => !/^\s+ok /.test(line)).join('\n'));
  for (const line of lines) {
    const skipped = /^\s*ok \d+ - (.*?) # SKIP (.*)/.exec(line);
    if (skipped) console.log(`skipped: ${skipped[1]}: ${skipped[2]}`);
  }
  console.log(`${passed ? 'ok' : 'not ok'} - ${name} # ${(time / 1000).toFixed(1)} s`);
  // For the watch.
  appendFileSync(record, `# ${name}\n${lines.join('\n')}\n`);
  for (const name of Object.keys(totals)) totals[name] += counted[name];
  if (!passed) status = 1;
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

function find(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true });
  return entries
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)
    .sort();
}
