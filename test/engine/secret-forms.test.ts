import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';

/** 200 characters that look random, and are the same in each run of the test. */
function randomText(): string {
  const parts = [1, 2, 3, 4, 5].map((seed) => createHash('sha256').update(`${seed}`).digest('base64'));
  return parts.join('').slice(0, 200);
}

t.test('a secret is found as shells, URLs and HTTP headers write it', async (t) => {
  const text = `it's a "pass$word" \\ with\tall`;
  const redactor = createRedactor();
  redactor.learn(secret('key', text));
  const shell = (script: string) =>
    execFileSync('bash', ['--norc', '-c', script, 'bash', text], { encoding: 'utf8' });
  const printed = [
    shell(`printf %s "$1"`),
    shell(`printf %q "$1"`),
    shell('printf %s "${1@Q}"'),
    shell(`{ set -x; true "$1"; } 2>&1`),
    shell(`x=$1; export x; export -p | grep ' x='`),
    shell(`alias x="$1"; alias x`),
    shell(`printf %s "$1" | base64 -w0`),
    ...['', 'u', 'us', 'user'].map((user) => shell(`printf %s "${user}:$1:more" | base64 -w0`)),
    JSON.stringify({ text }),
    `https://host/?q=${encodeURIComponent(text)}`,
    new URLSearchParams({ text }).toString(),
    encodeURIComponent(text).toLowerCase(),
  ];
  for (const line of printed) {
    const told = redactor.text(line);
    t.match(told, /<key>/, line);
    t.notMatch(told, /pass|cGFzc/, line);
  }
});

t.test('any text is found as the shells of a host quote it', async (t) => {
  const char = fc.oneof(
    fc.constantFrom(...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', '\n', '\t', '\r', '\u001b', '\u0001', 'é', '✓'),
    fc.constantFrom('a', 'Z', '7'),
  );
  const texts = fc.sample(fc.string({ unit: char, minLength: 4, maxLength: 12 }), { numRuns: 60, seed: 7 });
  const redactors = texts.map((text) => {
    const redactor = createRedactor();
    redactor.learn(secret('key', text));
    return redactor;
  });
  const script = `for x; do printf '%q\\0%s\\0' "$x" "\${x@Q}"; declare -p x; printf '\\0'; done`;
  for (const locale of ['C', 'C.UTF-8']) {
    const options = { encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: locale } } as const;
    const printed = execFileSync('bash', ['--norc', '-c', script, 'bash', ...texts], options).split('\0');
    t.equal(printed.length, texts.length * 3 + 1);
    const told = redactors.flatMap(({ text }, index) => printed.slice(index * 3, index * 3 + 3).map(text));
    const odd = told.filter((line) => !/^(declare -- x=)?(\$'<key>'|'<key>'|"<key>"|<key>)\n?$/.test(line));
    t.same(odd, [], locale);
  }
});

t.test('a short secret is found in base64 whatever stands around it, and in lines of base64', async (t) => {
  for (const text of ['hush5', 'hush-6', 'hush--7', 'hush-hush']) {
    const redactor = createRedactor();
    redactor.learn(secret('key', text));
    for (const before of ['', 'w', 'wx', 'wxy']) {
      for (const after of ['', ':', ':m', ':more']) {
        for (const encoding of ['base64', 'base64url'] as const) {
          const told = redactor.text(Buffer.from(before + text + after).toString(encoding));
          t.match(told, /<key>/, `${before}${text}${after}`);
          // What is left of it are the bits that it shares with its neighbours.
          t.notMatch(Buffer.from(told.replace('<key>', ''), 'base64').toString('latin1'), /hu|us|sh/);
        }
      }
    }
  }
  const redactor = createRedactor();
  const key = randomText();
  redactor.learn(secret('key', key));
  const encode = (...args: string[]) => execFileSync('base64', args, { input: key, encoding: 'utf8' });
  t.equal(redactor.text(encode()), '<key>\n');
  t.equal(redactor.text(encode('-w64')), '<key>\n');
  t.equal(redactor.text(encode().replaceAll('\n', '\r\n')), '<key>\r\n');
  t.match(redactor.text(encode().replaceAll('\n', '\n  ')), /^(<key>\n {2})+/, 'indented, as YAML has it');
});

t.test('a secret is found in hexadecimal digits, and as other languages write it', async (t) => {
  const text = 'ä/<b>&"c"~\'*$x';
  const redactor = createRedactor();
  redactor.learn(secret('key', text));
  const hex = Buffer.from(text).toString('hex');
  const url = '%C3%A4/%3Cb%3E%26%22c%22~%27%2A%24x';
  const forms = {
    hex,
    HEX: hex.toUpperCase(),
    go: 'ä/\\u003cb\\u003e\\u0026\\"c\\"~\'*$x',
    python: '\\u00e4/<b>&\\"c\\"~\'*$x',
    php: '\\u00e4\\/<b>&\\"c\\"~\'*$x',
    'JSON in JSON': JSON.stringify(JSON.stringify(text)).slice(3, -3),
    xml: 'ä/&lt;b&gt;&amp;"c"~\'*$x',
    'an attribute of XML': "ä/&lt;b&gt;&amp;&quot;c&quot;~'*$x",
    yaml: 'ä/<b>&"c"~\'\'*$x',
    quote: url,
    'quote in small letters': url.replaceAll(/%../g, (code) => code.toLowerCase()),
    encodeURI: encodeURI(text),
    form: new URLSearchParams([[text, '']]).toString().slice(0, -1),
  };
  for (const [name, form] of Object.entries(forms)) t.equal(redactor.text(`a ${form} b`), 'a <key> b', name);
});

t.test('the lines of a secret of few lines are found by themselves, and with either end', async (t) => {
  const redactor = createRedactor();
  redactor.learn([
    secret('creds', 'appuser\nhunter22pass\n'),
    secret('windows', 'admin\r\nhunter-23'),
    secret('file', Array.from({ length: 9 }, (_, index) => `a line, ${index}`).join('\n')),
  ]);
  t.equal(redactor.text('> appuser\r\nhunter22pass\r\n<'), '> <creds>\r\n<');
  t.equal(redactor.text('> admin\nhunter-23\n<'), '> <windows>\n<');
  t.equal(redactor.text(JSON.stringify({ text: 'appuser\r\nhunter22pass' })), '{"text":"<creds>"}');
  t.equal(
    redactor.text('the user is appuser\n  the password hunter22pass or hunter-23'),
    'the user is appuser\n  the password <creds> or <windows>',
  );
  t.equal(redactor.text('a line, 7'), 'a line, 7', 'of a longer one a short line tells nothing');
});
