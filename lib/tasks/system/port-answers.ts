import { task } from '../../task.ts';
import { type PortState, portState } from './port-state.ts';

export interface PortAnswersArgs {
  /** IP address or name, as this host reaches it. */
  readonly address: string;
  readonly port: number;
  /** Seconds to wait for it; 30 by default. */
  readonly timeout?: number | undefined;
}

/**
 * A TCP connection from this host to a port is accepted. Changes nothing; waits for it.
 * @throws DabookError `not-converged` when it is still not accepted after the time, with the reason; `playbook`
 * for an address that is none
 * @example await manager.run(portAnswers({ address: node.vars.ip, port: 8443, timeout: 60 }))
 */
export const portAnswers = task('portAnswers', {
  rights: 'user',
  title: ({ address, port }: PortAnswersArgs) => `port ${port} of ${address} answers`,
  fact: portState,
  want: (): PortState => ({ accepts: true }),
  steps: () => [],
  settle: ({ timeout = 30 }) => ({ timeout }),
  stuck: ({ why = 'it is not accepted' }, _want, { address, port }) => ({
    reason: `${port}/tcp of ${address}: ${why}`,
  }),
});
