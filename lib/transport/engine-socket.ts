/** Where the Docker Engine of a host listens, as its packages set it up. */
export const engineSocket = '/var/run/docker.sock';

/**
 * A shell condition: whether the docker command of a user reaches the Engine that root's would, without root. True only where
 * nothing leads it elsewhere and the user may write to the socket; a doubt is a no. Without what a login shell
 * would change.
 */
export function mayUseEngine(socket: string): string {
  const plain = '[ -z "$DOCKER_HOST$DOCKER_CONTEXT$DOCKER_CONFIG" ]';
  const context = 'grep -qs currentContext "$HOME/.docker/config.json"';
  const program = 'command -v docker >/dev/null';
  return `${plain} && [ -S ${socket} ] && [ -w ${socket} ] && ${program} && if ${context}; then false; else :; fi`;
}
