// On a real folder of this machine, by the real engine and a real shell: check mode writes nothing and names what the run
// does, the run leaves what check mode foresaw, and a second run changes nothing.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { clear, placeAt } from '../tasks/prefix/place.ts';
import { onFolders } from './folders/every-task-on-folders.ts';
import { createOnPlace } from './folders/on-place.ts';

const at = placeAt(realpathSync(mkdtempSync(join(tmpdir(), 'dabook properties '))));
clear(at);
const on = await createOnPlace(at);
t.teardown(async () => {
  await on.end();
  rmSync(at.root, { recursive: true });
});
for (const [name, truth] of Object.entries(onFolders)) await truth(t, name, on);
