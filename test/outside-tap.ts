/**
 * A command as it is run outside of the test runner, which otherwise loads itself into every process of
 * Node that a test starts, and into those that they start.
 * @example const [command, args] = outsideTap('npm', ['pack'])
 */
export function outsideTap(command: string, args: readonly string[]): [command: string, args: string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', command, ...args]];
}
