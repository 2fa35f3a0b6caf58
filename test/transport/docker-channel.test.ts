import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ChannelEnd, ChannelOutput } from '../../lib/transport/channel.ts';
import { createDockerChannel } from '../../lib/transport/docker-channel.ts';
import { createHttpReader } from '../../lib/transport/http-reader.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { createTrips } from '../../lib/transport/trips.ts';

const user = { become: false };
const place = { host: 'ha1', user: 'da', address: 'da@ha1:22' };
const get = (path: string) => ({ method: 'GET', path }) as const;

t.test('responses, cut anywhere', async (t) => {
  const stream = Buffer.from(
    [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nContent-Type: application/json\r\n\r\n{"a":"\r\n\r"}',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\n\r\n',
      'HTTP/1.1 500 Internal Server Error\r\ncontent-length:0\r\n\r\n',
      'HTTP/1.1 404\r\nConnection: close\r\n\r\nto the end',
    ].join(''),
  );
  const expected = [
    [200, '{"a":"\r\n\r"}', false],
    [204, '', false],
    [200, 'ab\r\n0123456789', false],
    [304, '', false],
    [500, '', false],
    [404, 'to the end', true],
  ];
  for (const size of [1, 2, 3, 7, 50, stream.length]) {
    const reader = createHttpReader(1000);
    const responses = [];
    for (let at = 0; at < stream.length; at += size)
      responses.push(...reader.push(stream.subarray(at, at + size)));
    responses.push(reader.end());
    t.strictSame(
      responses.map((one) => one && [one.status, one.body.toString(), one.last]),
      expected,
      `${size} bytes at a time`,
    );
  }
  for (let at = 0; at <= stream.length; at += 1) {
    const reader = createHttpReader(1000);
    const responses = [
      ...reader.push(stream.subarray(0, at)),
      ...reader.push(stream.subarray(at)),
      reader.end(),
    ];
    if (responses.length !== expected.length) t.fail(`cut at ${at}`);
  }
});

t.test('what is no HTTP, or too much of it', async (t) => {
  for (const [text, message] of [
    ['SSH-2.0-OpenSSH_9.2\r\n\r\n', /no HTTP/],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /the length "-1"/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /the size "zz"/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n', /longer than it says/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n'.padEnd(2000), /more than/],
    ['x'.repeat(70_000), /does not end/],
  ] as const) {
    t.throws(
      () => createHttpReader(1000).push(Buffer.from(text)),
      { code: 'command', message },
      text.slice(0, 60),
    );
  }
});

/** A docker that exists in this test only: each opened line notes what is written to it. */
function scripted() {
  const lines: { output: ChannelOutput; written: string[]; end: (end: ChannelEnd) => void }[] = [];
  const trips = createTrips();
  const docker = createDockerChannel({
    place,
    trips,
    async start(_script, output) {
      let end: (end: ChannelEnd) => void = () => {};
      const ended = new Promise<ChannelEnd>((resolve) => {
        end = resolve;
      });
      const written: string[] = [];
      lines.push({ output, written, end });
      const write = async (bytes: Buffer) => void written.push(bytes.toString());
      return { ended, write, end() {}, destroy() {} };
    },
  });
  const say = (line: number, text: string) => lines[line]?.output.stdout(Buffer.from(text));
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  return { docker, lines, say, turn, trips: () => trips.count };
}

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

t.test('requests of one tick are one write, answered in order', async (t) => {
  const { docker, lines, say, turn, trips } = scripted();
  const body = '{"Name":"ü"}';
  const both = [
    docker.request(get('/nodes')),
    docker.request({ method: 'POST', path: '/nodes/a/update?version=7', body }),
  ];
  await turn();
  t.equal(trips(), 1);
  t.strictSame(lines[0]?.written, [
    'GET /nodes HTTP/1.1\r\nHost: docker\r\nUser-Agent: dabook\r\n\r\n' +
      'POST /nodes/a/update?version=7 HTTP/1.1\r\nHost: docker\r\nUser-Agent: dabook\r\n' +
      `Content-Type: application/json\r\nContent-Length: 13\r\n\r\n${body}`,
  ]);
  say(0, `${ok('one')}${ok('two')}`);
  t.strictSame(
    (await Promise.all(both)).map(({ status, body, trip }) => [status, body.toString(), trip]),
    [
      [200, 'one', 1],
      [200, 'two', 1],
    ],
  );
  const next = docker.request(get('/next'));
  await turn();
  say(0, ok('three'));
  t.equal((await next).trip, 2);
  await t.rejects(docker.request(get('/a b')), { code: 'bug' });
  await t.rejects(docker.request(get('/a\r\nX: y')), { code: 'bug' });
});

t.test('a line that the daemon closes', async (t) => {
  const { docker, lines, say, turn } = scripted();
  const first = docker.request(get('/1'));
  await turn();
  say(0, ok('1'));
  await first;
  const lost = [
    docker.request(get('/2')),
    docker.request({ method: 'POST', path: '/3' }),
    docker.request(get('/4')),
  ];
  const settled = Promise.allSettled(lost);
  await turn();
  lines[0]?.end({ kind: 'exited', status: 0 });
  await turn();
  t.match(lines[1]?.written, [/^GET \/2 .*GET \/4 /s], 'only what does no harm is asked again');
  say(1, `${ok('2')}${ok('4')}`);
  t.match(await settled, [
    { status: 'fulfilled', value: { body: Buffer.from('2') } },
    { status: 'rejected', reason: { code: 'command', message: /closed the connection before it answered/ } },
    { status: 'fulfilled', value: { body: Buffer.from('4') } },
  ]);

  const last = docker.request(get('/5'));
  await turn();
  say(1, 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n5');
  t.equal((await last).body.toString(), '5');
  const half = docker.request(get('/6'));
  half.catch(() => {});
  await turn();
  t.equal(lines.length, 3);
  say(2, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal');
  lines[2]?.end({ kind: 'exited', status: 0 });
  await t.rejects(half, { code: 'command' }, 'a half answer is none');
  const gone = docker.request(get('/7'));
  gone.catch(() => {});
  await turn();
  lines[3]?.end({ kind: 'lost', reason: 'Keepalive timeout' });
  await t.rejects(gone, { code: 'lost', message: /Keepalive timeout/ });
  const cut = docker.request(get('/cut'));
  cut.catch(() => {});
  await turn();
  say(4, 'HTTP/1.1 200 OK\r\n\r\nno length');
  lines[4]?.end({ kind: 'lost', reason: 'Keepalive timeout' });
  await t.rejects(cut, { code: 'lost' }, 'a body that was cut is none');
  const garbage = [docker.request(get('/8')), docker.request(get('/9'))];
  const both = Promise.allSettled(garbage);
  await turn();
  say(5, 'what?\r\n\r\n');
  t.match(
    await both,
    [1, 2].map(() => ({ status: 'rejected', reason: { code: 'command', message: /no HTTP/ } })),
  );
});

t.test('a call that is not answered in time', async (t) => {
  const { docker, lines, say, turn } = scripted();
  const deadline = { total: 0.1 };
  const settled = Promise.allSettled([
    docker.request(get('/quick'), { deadline: { total: 60 } }),
    docker.request(get('/slow'), { deadline }),
    docker.request({ method: 'POST', path: '/behind' }),
    docker.request(get('/again'), { deadline: { total: 60 } }),
  ]);
  await turn();
  say(0, ok('quick'));
  while (lines.length < 2) await turn();
  say(0, ok('too late'));
  while (lines[1]?.written.length === 0) await turn();
  t.match(lines[1]?.written, [/^GET \/again [^/]*\/1.1\r\n/], 'only what does no harm is asked again');
  say(1, ok('again'));
  t.match(await settled, [
    { status: 'fulfilled', value: { body: Buffer.from('quick') } },
    {
      status: 'rejected',
      reason: {
        code: 'command',
        message: 'the Docker Engine of ha1 did not answer within 0.1 s (total deadline)',
      },
    },
    { status: 'rejected', reason: { code: 'command', message: /not heard out/, hint: /is not known/ } },
    { status: 'fulfilled', value: { body: Buffer.from('again') } },
  ]);
  const half = docker.request(get('/half'), { deadline });
  half.catch(() => {});
  await turn();
  say(1, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal');
  await t.rejects(half, { code: 'command', message: /within 0.1 s/ }, 'a half answer is none');
  const next = docker.request(get('/next'));
  while (lines[2] === undefined || lines[2].written.length === 0) await turn();
  say(2, ok('next'));
  t.equal((await next).body.toString(), 'next');
});

t.test('a docker that cannot be used', async (t) => {
  const folder = t.testdir();
  const docker = (script: string) => {
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'docker'), 0o755);
  };
  const transport = createLocalTransport({ user: 'da', env: { PATH: `${folder}:/usr/bin:/bin` } });
  const connect = async () => {
    const session = await transport.connect({ name: 'ha1', connection: 'local', address: 'ha1' });
    t.teardown(() => session.close());
    return session;
  };
  const failed = 'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect:';
  for (const [script, message, hint] of [
    [
      `echo "${failed} permission denied" >&2; exit 1`,
      /^da may not use the Docker Engine of ha1: .*permission denied/,
      /become: true/,
    ],
    [`echo "${failed} no such file or directory" >&2; exit 1`, /does not run: /, /start/],
    [
      `echo "docker: 'system' is not a docker command" >&2; exit 1`,
      /cannot be reached: docker: 'system'/,
      /docker version/,
    ],
  ] as const) {
    docker(script);
    const session = await connect();
    const calls = await Promise.allSettled([
      session.docker(get('/info'), user),
      session.docker(get('/nodes'), user),
    ]);
    for (const call of calls)
      t.match(call, { status: 'rejected', reason: { code: 'command', message, hint } });
  }
  const missing = createLocalTransport({ user: 'da', env: { PATH: join(folder, 'empty') } });
  const session = await missing.connect({ name: 'ha1', connection: 'local', address: 'ha1' });
  t.teardown(() => session.close());
  const start = { code: 'unreachable', message: /sh: .*not found/ };
  await t.rejects(session.docker(get('/info'), user), start, 'not even sh');
});

t.test('a real server behind dial-stdio', async (t) => {
  const folder = t.testdir({
    'server.mjs': `
      import { createServer } from 'node:http';
      import { Duplex } from 'node:stream';
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (bytes) => { body += bytes });
        request.on('end', () => {
          if (request.url === '/chunks') for (const c of 'abcdefgh') response.write(c.repeat(20000));
          response.end(JSON.stringify({ method: request.method, url: request.url, body }));
        });
      });
      server.emit('connection', Duplex.from({ readable: process.stdin, writable: process.stdout }));
    `,
    docker: `#!/bin/sh\n[ "$*" = "system dial-stdio" ] && exec ${process.execPath} "$(dirname "$0")/server.mjs"\n`,
  });
  chmodSync(join(folder, 'docker'), 0o755);
  const transport = createLocalTransport({ user: 'da', env: { PATH: `${folder}:/usr/bin:/bin` } });
  const session = await transport.connect({ name: 'ha1', connection: 'local', address: 'ha1' });
  t.teardown(() => session.close());
  const all = await Promise.all([
    session.docker({ method: 'POST', path: '/swarm/init', body: '{"ü":1}' }, user),
    session.docker(get('/chunks'), user),
    ...Array.from({ length: 20 }, (_, i) => session.docker(get(`/${i}`), user)),
  ]);
  const [post, chunks, ...rest] = all.map(({ body }) => body.toString());
  t.strictSame(JSON.parse(post ?? ''), { method: 'POST', url: '/swarm/init', body: '{"ü":1}' });
  t.equal(chunks?.length, 160_000 + JSON.stringify({ method: 'GET', url: '/chunks', body: '' }).length);
  t.strictSame(
    rest.map((one) => JSON.parse(one).url),
    rest.map((_, i) => `/${i}`),
  );
  t.equal(session.stats.roundTrips, 1);
});
