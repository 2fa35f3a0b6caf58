import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { type TcpAnswer, type TcpPlace, tcpAttempts } from './tcp-attempts.ts';

/** Whether a port is connected to. */
export interface PortState {
  readonly accepts: boolean;
  /** Why not. */
  readonly why?: string;
}

/** Seconds that one attempt may take. */
const patience = 2;

/**
 * Whether a TCP connection from the host to a port is accepted at this moment; `portAnswers` waits for it.
 * @throws DabookError `playbook` for an address that is none
 * @example const { accepts } = await manager.read(portState({ address: node.vars.ip, port: 8443 }))
 */
export function portState({ address, port }: TcpPlace): Fact<PortState> {
  if (!/^[\w.:%-]+$/.test(address)) {
    throw new DabookError('playbook', `${JSON.stringify(address)} is not the address of a port`, {
      hint: 'give an IP address or a host name',
    });
  }
  return fact<PortState>({
    key: ['port answers', address, port],
    read: async (ask) => {
      const [answer] = await ask.fact(tcpAttempts([{ address, port }], patience));
      return answer?.kind === 'open' ? { accepts: true } : { accepts: false, why: reasonOf(answer) };
    },
  });
}

function reasonOf(answer: TcpAnswer | undefined): string {
  if (answer?.kind === 'silent') return `no answer within ${patience} s`;
  if (answer?.kind === 'untried') return `could not be tried: ${answer.said}`;
  return answer?.said.toLowerCase() ?? 'it is not accepted';
}
