/** What the ssh program tells of a connection that it makes, read line by line. */
export interface OpensshSaid {
  push(bytes: Buffer): void;
  /** What it says to its user: the last lines. */
  readonly lines: readonly string[];
  /** `ED25519 SHA256:…` of the key or certificate that the host showed, and its type. */
  readonly shown: string | undefined;
  readonly type: string | undefined;
  /** How it tried to log in, each once. */
  readonly tried: readonly string[];
  /** What the host would take. */
  readonly accepts: string | undefined;
}

const kept = 40;

/**
 * Reads what `ssh -o LogLevel=DEBUG1` prints.
 * @param onTouch told where a security key waits for its user
 */
export function createOpensshSaid(onTouch: () => void): OpensshSaid {
  let rest = '';
  const lines: string[] = [];
  const tried = new Set<string>();
  let shown: string | undefined;
  let type: string | undefined;
  let accepts: string | undefined;

  const readDebug = (line: string) => {
    const key = /^Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/.exec(line);
    if (key?.[1] && key[2]) {
      type = key[1];
      shown = `${kindOfCertificate(type)} ${key[2]}`;
    }
    // Whoever signs with one has to touch it, and ssh tells so on a terminal alone.
    if (/^Server accepts key: .*-SK SHA256:/.test(line)) onTouch();
    accepts = /^Authentications that can continue: (.*)$/.exec(line)?.[1] ?? accepts;
    const offered = /^(?:Offering public key|Trying private key): (.*?)(?: [A-Z0-9-]+ SHA256:.*)?$/.exec(
      line,
    )?.[1];
    if (offered !== undefined) tried.add(`key ${offered}`);
    const method = /^Next authentication method: (.*)$/.exec(line)?.[1];
    if (method !== undefined && method !== 'publickey')
      tried.add(method.replace('keyboard-interactive', 'password'));
  };

  const read = (line: string) => {
    const debug = /^debug\d: (.*)$/.exec(line)?.[1];
    if (debug !== undefined) return readDebug(debug);
    if (line.trim() === '' || /^(OpenSSH_|@@@)/.test(line)) return;
    lines.push(line.trim());
    if (lines.length > kept) lines.shift();
  };

  return {
    push(bytes) {
      const all = (rest + bytes.toString()).split(/\r?\n/);
      rest = (all.pop() ?? '').slice(-4096);
      for (const line of all) read(line);
    },
    lines,
    get shown() {
      return shown;
    },
    get type() {
      return type;
    },
    get tried() {
      return [...tried];
    },
    get accepts() {
      return accepts;
    },
  };
}

function kindOfCertificate(type: string): string {
  const kind = type.replace(/-cert-v01@openssh\.com$|@openssh\.com$/, '').replace(/^ssh-/, '');
  const short = kind.replace(/^ecdsa-.*/, 'ecdsa').toUpperCase();
  return type.includes('-cert-') ? `${short} certificate` : short;
}
