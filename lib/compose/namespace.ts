/** The label on everything that belongs to a stack; its value is the stack's name. */
export const namespaceLabel = 'com.docker.stack.namespace';

/** The label of a service that remembers the image of its compose file. */
export const imageLabel = 'com.docker.stack.image';

/** The name that a thing of a compose file has in the swarm. @example scoped('da', 'policy') // 'da_policy' */
export function scoped(stack: string, name: string): string {
  return `${stack}_${name}`;
}

/** The name that a thing of a stack has in its compose file. @example unscoped('da', 'da_policy') // 'policy' */
export function unscoped(stack: string, name: string): string {
  return name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
}
