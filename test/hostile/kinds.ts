import type { Kind } from './kind.ts';
import { answers } from './kinds/answers.ts';
import { compose } from './kinds/compose.ts';
import { xmlFiles, yamlEdits } from './kinds/edits.ts';
import { engineBytes } from './kinds/engine.ts';
import { extraVars, groupVars, inventory } from './kinds/inventory.ts';
import { journals } from './kinds/journals.ts';
import { playbooks } from './kinds/playbooks.ts';
import { keyFiles, sealedFiles, secretValues } from './kinds/secrets.ts';
import { knownHosts, sshConfigs } from './kinds/ssh-files.ts';

/** All kinds of inputs, by name. Plans, once there are any, are to be one more. */
export const kinds: Readonly<Record<string, Kind>> = {
  inventory,
  'group-vars': groupVars,
  'extra-vars': extraVars,
  answers,
  playbooks,
  journals,
  'sealed-files': sealedFiles,
  'secret-values': secretValues,
  'key-files': keyFiles,
  compose,
  'yaml-edits': yamlEdits,
  'xml-files': xmlFiles,
  'known-hosts': knownHosts,
  'ssh-configs': sshConfigs,
  'engine-bytes': engineBytes,
};
