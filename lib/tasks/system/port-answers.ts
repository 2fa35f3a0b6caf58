import { DabookError } from '../../errors.ts';
import { fact } from '../../fact.ts';
import { type Task, task } from '../../task.ts';
import { type TcpAnswer, tcpAttempts } from './tcp-attempts.ts';

export interface PortAnswersArgs {
  /** IP address or name, as this host reaches it. */
  readonly address: string;
  readonly port: number;
  /** Seconds to wait for it; 30 by default. */
  readonly timeout?: number | undefined;
}

/** Whether a port is connected to. */
export interface PortState {
  readonly accepts: boolean;
  /** Why not. */
  readonly why?: string;
}

/** Seconds that one attempt may take. */
const patience = 2;

/**
 * A TCP connection from this host to a port is accepted. Changes nothing; waits for it.
 * @throws DabookError `not-converged` when it is still not accepted after the time, with the reason
 * @example await manager.run(portAnswers({ address: node.vars.ip, port: 8443, timeout: 60 }))
 */
export function portAnswers(args: PortAnswersArgs): Task<PortState> {
  if (!/^[\w.:%-]+$/.test(args.address)) {
    throw new DabookError('playbook', `portAnswers: ${JSON.stringify(args.address)} is not an address`, {
      hint: 'give an IP address or a host name',
    });
  }
  return answers(args);
}

const answers = task('portAnswers', {
  title: ({ address, port }: PortAnswersArgs) => `port ${port} of ${address} answers`,
  fact: ({ address, port }) =>
    fact<PortState>({
      key: ['port answers', address, port],
      read: async (ask) => {
        const [answer] = await ask.fact(tcpAttempts([{ address, port }], patience));
        return answer?.kind === 'open' ? { accepts: true } : { accepts: false, why: reasonOf(answer) };
      },
    }),
  want: (): PortState => ({ accepts: true }),
  steps: () => [],
  settle: ({ timeout = 30 }) => ({ timeout }),
  stuck: ({ why = 'it is not accepted' }, _want, { address, port }) => ({
    reason: `${port}/tcp of ${address}: ${why}`,
  }),
});

function reasonOf(answer: TcpAnswer | undefined): string {
  if (answer?.kind === 'silent') return `no answer within ${patience} s`;
  if (answer?.kind === 'untried') return `could not be tried: ${answer.said}`;
  return answer?.said.toLowerCase() ?? 'it is not accepted';
}
