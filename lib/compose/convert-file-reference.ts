import { refuse } from '../refuse.ts';
import type { ComposeFile, ComposeFileReference } from './compose-config.ts';
import { scoped } from './namespace.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** Which secret or config a service gets, and as which file. */
export interface FileReference {
  /** Its name in the swarm. */
  readonly name: string;
  readonly file: { readonly Name: string; readonly UID: string; readonly GID: string; readonly Mode: number };
}

/**
 * One entry of a service's `secrets` or `configs`.
 * @param kind `secret` or `config`, for messages
 * @param where such as `services.web`
 * @throws DabookError `refused` for one that is not defined
 */
export function convertFileReference(
  reference: ComposeFileReference,
  definitions: Readonly<Record<string, ComposeFile>>,
  stack: string,
  kind: 'secret' | 'config',
  where: string,
): FileReference {
  const { source = '', target, uid, gid, mode, ...rest } = reference;
  refuseUnknown(rest, `${where}.${kind}s`);
  const definition = definitions[source];
  if (definition === undefined) {
    throw refuse(
      `${where}: the ${kind} ${source} is not defined`,
      `add it below '${kind}s:' of one of the compose files`,
    );
  }
  return {
    name: fileName(source, definition, stack),
    file: { Name: target ?? source, UID: uid ?? '0', GID: gid ?? '0', Mode: mode ?? 0o444 },
  };
}

/** The name that a secret or config of the compose files has in the swarm. */
export function fileName(key: string, definition: ComposeFile, stack: string): string {
  return definition.name ?? (definition.external ? key : scoped(stack, key));
}
