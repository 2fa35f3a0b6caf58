import t from 'tap';
import { createOpensshSaid } from '../../lib/transport/openssh-said.ts';
import { opensshWords } from '../../lib/transport/openssh-words.ts';

t.test('options that say how to get to a host, and no others', async (t) => {
  const cases: readonly [words: readonly string[], kept: readonly string[], configFile?: string][] = [
    [[], []],
    [
      ['-o', 'ProxyJump=gate', '-oPort=22', '-C4'],
      ['-o', 'ProxyJump=gate', '-o', 'Port=22', '-C', '-4'],
    ],
    [['-J', 'gate', '-i', '-odd', '-F', 'config'], ['-J', 'gate', '-i', '-odd'], 'config'],
    [['-fNMAXtt', '-S', '/s', '-L1:h:2', '-W', 'h:1', '-O', 'exit', '-vvv'], []],
    [['-Cp2222', '-Ff', '--', 'other', '-'], ['-C', '-p', '2222'], 'f'],
    [['-o'], []],
  ];
  for (const [words, kept, configFile] of cases) {
    t.strictSame(opensshWords(words), { words: kept, configFile }, words.join(' '));
  }
});

t.test('what ssh tells, in whatever pieces it comes', async (t) => {
  let touches = 0;
  const said = createOpensshSaid(() => {
    touches += 1;
  });
  const text = [
    'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.19',
    'debug1: Connecting to web1 port 22.',
    'debug1: Server host key: ecdsa-sha2-nistp256 SHA256:abc',
    'debug1: Authentications that can continue: publickey,password',
    'debug1: Offering public key: /home/me/a key ED25519-SK SHA256:def authenticator agent',
    'debug1: Server accepts key: /home/me/a key ED25519-SK SHA256:def authenticator agent',
    'debug1: Next authentication method: password',
    'me@web1: Permission denied (publickey,password).',
    '',
  ].join('\r\n');
  for (const byte of Buffer.from(text)) said.push(Buffer.of(byte));
  t.equal(said.shown, 'ECDSA SHA256:abc');
  t.equal(said.type, 'ecdsa-sha2-nistp256');
  t.strictSame(said.tried, ['key /home/me/a key', 'password']);
  t.equal(said.accepts, 'publickey,password');
  t.strictSame(said.lines, ['me@web1: Permission denied (publickey,password).']);
  t.equal(touches, 1, 'a security key waits for its user');
  said.push(
    Buffer.from(
      'debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:ghi, serial 0 ID "x"\n',
    ),
  );
  t.equal(said.shown, 'ED25519 certificate SHA256:ghi');
  t.ok(said.lines.length < 50);
});
