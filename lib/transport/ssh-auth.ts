import { access } from 'node:fs/promises';
import type { AnyAuthMethod, AuthHandlerMiddleware, BaseAgent, ParsedKey } from 'ssh2';
import { DabookError } from '../errors.ts';
import { reveal } from '../secret.ts';
import type { KeyFile } from './ssh-key-file.ts';
import type { SshSettings } from './ssh-settings.ts';

export interface SshAuth {
  /** For ssh2: names the next way to log in. */
  readonly handler: AuthHandlerMiddleware;
  /** Why none of them was accepted. */
  refusal(): DabookError;
}

/** A way to log in, and how messages name it. */
interface Way {
  readonly shown: string;
  readonly method: AnyAuthMethod;
}

/**
 * The ways to log in to a host, the surest first: the key that the inventory names, the password, the keys of
 * the agent, other key files. Nothing is asked for: an encrypted key is used through an agent.
 * @param readKey reads a key file
 * @throws DabookError `unreachable` where the key that the inventory names cannot be used
 */
export async function sshAuth(
  settings: SshSettings,
  readKey: (file: string) => Promise<KeyFile>,
): Promise<SshAuth> {
  const { user: username, password, keyFile, shown } = settings;
  const { default: ssh2 } = await import('ssh2');
  const notes: string[] = [];
  const own: Buffer[] = [];
  const certificates: string[] = [];

  const keyWay = async (file: string, mustBe: boolean): Promise<Way[]> => {
    const read = await readKey(file);
    if (await isThere(`${file}-cert.pub`)) certificates.push(`${file}-cert.pub`);
    if (read.kind === 'private') {
      own.push(read.key.getPublicSSH());
      return [{ shown: `key ${file}`, method: { type: 'publickey', username, key: read.key } }];
    }
    const { kind, why, publicKey } = read;
    if (mustBe && kind === 'missing')
      throw unusable(shown, file, why, 'see ansible_ssh_private_key_file in the inventory');
    if (publicKey) preferred.push(publicKey.getPublicSSH());
    if (kind === 'missing') return [];
    const hint =
      kind === 'encrypted'
        ? `load it into an agent: ssh-add ${file}`
        : `private keys of the types ed25519, ecdsa and rsa are understood; security keys by ansible_connection: openssh`;
    if (mustBe && (settings.agent === undefined || kind !== 'encrypted'))
      throw unusable(shown, file, why, hint);
    notes.push(`the key ${file} is left to the agent, since ${why}: ${hint}`);
    return [];
  };

  /** Keys of files that only the agent can use: these first, since a server takes few tries. */
  const preferred: Buffer[] = [];
  const isIn = (list: readonly Buffer[]) => (key: ParsedKey) =>
    list.some((one) => one.equals(key.getPublicSSH()));
  const agentWay = (socket: string): Way => {
    const agent: BaseAgent = ssh2.createAgent(socket);
    const getAll = agent.getIdentities.bind(agent);
    agent.getIdentities = (callback) =>
      getAll((error, keys) => {
        const all = (keys ?? []) as ParsedKey[];
        const first = all.filter(isIn(preferred));
        const others = all.filter((key) => !isIn(preferred)(key) && !isIn(own)(key));
        const offered = settings.identitiesOnly ? first : [...first, ...others];
        if (error) notes.push(`the agent at ${socket} does not answer`);
        else if (offered.length === 0) notes.push('the agent holds no key that may be used here');
        callback(error, offered);
      });
    return { shown: 'agent', method: { type: 'agent', username, agent } };
  };

  const passwordWays = (): Way[] => {
    if (password === undefined) return [];
    const prompt: KeyboardPrompt = (_name, _instructions, _language, prompts, finish) => {
      const isPassword = prompts.length === 1 && prompts[0]?.echo === false;
      if (!isPassword)
        notes.push(
          `it asks ${prompts.map((one) => JSON.stringify(one.prompt.trim())).join(', ')}, which dabook cannot answer`,
        );
      finish(isPassword ? [reveal(password)] : prompts.map(() => ''));
    };
    return [
      { shown: 'password', method: { type: 'password', username, password: reveal(password) } },
      { shown: 'password', method: { type: 'keyboard-interactive', username, prompt } },
    ];
  };

  const named = keyFile === undefined ? [] : await keyWay(keyFile, true);
  const others = (await Promise.all(settings.identityFiles.map((file) => keyWay(file, false)))).flat();
  const agent = settings.agent === undefined ? [] : [agentWay(settings.agent)];
  const ways = [...named, ...passwordWays(), ...agent, ...others];
  if (ways.length === 0)
    ways.push({ shown: 'nothing (there is no key, agent or password)', method: { type: 'none', username } });

  const tried = new Set<string>();
  let left = ways;
  let last: Way | undefined;
  let accepted: readonly string[] = [];
  return {
    handler(accepts, partial, next) {
      accepted = accepts ?? accepted;
      // One factor was accepted and the host wants another: what came too early gets a second chance.
      if (partial) left = ways.filter((way) => way !== last);
      const at = left.findIndex(({ method: { type } }) => {
        // A password that was refused is not tried again by the other method: accounts get locked.
        if (type === 'keyboard-interactive' && accepted.includes('password') && !partial) return false;
        return (
          accepted.length === 0 || type === 'none' || accepted.includes(type === 'agent' ? 'publickey' : type)
        );
      });
      last = left[at];
      left = at < 0 ? [] : left.slice(at + 1);
      if (last) tried.add(last.shown);
      // false, for "no more", is missing in the types.
      next(last ? last.method : (false as never));
    },
    refusal() {
      const others = accepted.filter((way) => /^(gssapi|hostbased)/.test(way));
      const beyond = [
        ...certificates.map(
          (file) => `the certificate ${file} is not used: ansible_connection: openssh does`,
        ),
        ...(others.length > 0
          ? [`for ${others.join(', ')} have ssh itself connect: ansible_connection: openssh`]
          : []),
      ];
      const accepts = accepted.length > 0 ? `; it accepts ${accepted.join(', ')}` : '';
      return new DabookError(
        'unreachable',
        `${shown} refused the login: tried ${[...tried].join(', ')}${accepts}`,
        {
          hint: [
            ...notes,
            ...(password === undefined && accepted.some((way) => /^(password|keyboard)/.test(way))
              ? ['to log in with a password: -k, or ansible_password in the inventory']
              : []),
            `is ${username} the right user, and the public key in its ~/.ssh/authorized_keys there?`,
            ...beyond,
          ].join('\n'),
        },
      );
    },
  };
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

type KeyboardPrompt = Extract<AnyAuthMethod, { type: 'keyboard-interactive' }>['prompt'];

function unusable(shown: string, file: string, why: string, hint: string): DabookError {
  return new DabookError('unreachable', `the key ${file} for ${shown} cannot be used: ${why}`, { hint });
}
