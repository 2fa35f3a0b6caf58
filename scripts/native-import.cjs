// Beside the command line's bundle: the `import()` of jiti, which loads playbooks. In code that V8 has kept, Node 20 has
// no way to serve one: not even with vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER, which another process does not find.
'use strict';
const { readFileSync } = require('node:fs');

/** What is refused jiti loads itself, and only then `dabook` is the one that runs, and not a second one from dist/. */
module.exports = (id) =>
  typeof id === 'string' && id.startsWith('/') && needsDabook(id)
    ? Promise.reject(new Error(`${id} is loaded by jiti`))
    : import(id);

/** Whether a file may import `dabook`: unless it is of a package that does not ask for it. */
function needsDabook(file) {
  const [folder] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? [];
  if (folder === undefined) return true;
  try {
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    return 'dabook' in { ...dependencies, ...peerDependencies };
  } catch {
    return false;
  }
}
