// The watch of the suite, a process of its own that scripts/test.js starts before the tests: looks at all processes until
// its stdin ends, then at what the tests told (the *.tap of the folder given) and found (its hits/). Prints `watching`, a line for each
// canary that was seen where it must not be, and one that says what it did; ends with 1 if there is any, or if it
// did not see what it has to see.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBeacons } from './beacons.ts';
import { markerOf } from './marker.ts';
import { createProcessCheck } from './process-check.ts';
import { searchFiles } from './search-files.ts';
import { watchProcesses } from './watch-processes.ts';

Error.stackTraceLimit = 0;
try {
  setPriority(-10);
} catch {
  // Only root may; without it a busy machine looks less often.
}
const folder = process.argv[2] ?? '.';
const check = createProcessCheck(markerOf());
const beacons = createBeacons(markerOf('beacon'), (program, args, env) =>
  spawn(program, args, { env, stdio: 'ignore' }),
);
const watch = watchProcesses({
  look: (bytes, pid, side) => {
    check.look(bytes, pid, side);
    beacons.look(bytes, side);
  },
});
console.log('watching');
beacons.show();
const showing = setInterval(beacons.show, 4000);
process.stdin.resume();
await once(process.stdin, 'end');
clearInterval(showing);
// After a short run, or on a busy machine, too few may have been seen yet.
for (let more = 0; more < 20 && beacons.fault() !== undefined; more += 1) {
  if (more > 0) beacons.show();
  await sleep(200);
}
const { seconds, cpuSeconds, looks, gaps, read, made, met } = watch.stop();

const found = readdirSync(folder)
  .filter((name) => name.endsWith('.tap'))
  .flatMap((name) => searchFiles(join(folder, name), markerOf()))
  .map(({ path, names }) => `canary: ${names.join(', ')}: in what the tests told, ${path}`);
const hits = readdirSync(join(folder, 'hits')).flatMap((name) =>
  readFileSync(join(folder, 'hits', name), 'utf8')
    .trimEnd()
    .split('\n'),
);
const blind = beacons.fault();
const faults = [...new Set([...check.hits(), ...hits, ...found]), ...(blind === undefined ? [] : [blind])];
for (const line of faults) console.log(line);
console.log(
  `canaries: ${faults.length === 0 ? 'none was seen; ' : ''}looked at processes ${Math.round(looks / seconds)} times a second ` +
    `(half within ${gaps[0].toFixed(1)} ms, 99% within ${gaps[1].toFixed(1)} ms), read ${read} times of ${met} of ${made} new ones, ` +
    `${beacons.told()}; ${((100 * cpuSeconds) / seconds).toFixed(1)}% of a core`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
