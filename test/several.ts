// Runs the test files that DABOOK_TEST_FILES names, one after the other, in this one process: see scripts/run-tests.js.
import { resolve } from 'node:path';
import t from 'tap';

const { DABOOK_TEST_FILES: files = '' } = process.env;
delete process.env.DABOOK_TEST_FILES;
// What they test comes behind this one. Loaded outside of a test, they could find that all has ended: tap ends where a
// file has a teardown and there is nothing to do.
t.test('all files are loaded', async () => {
  for (const file of files.split(':')) await import(resolve(file));
});
