import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { byteSize } from '../../lib/compose/byte-size.ts';
import { type ComposeConfig, parseComposeConfig } from '../../lib/compose/compose-config.ts';
import { composeFault } from '../../lib/compose/compose-fault.ts';
import { convertNetworks } from '../../lib/compose/convert-network.ts';
import { convertService } from '../../lib/compose/convert-service.ts';
import { parseDuration, showDuration } from '../../lib/compose/duration.ts';
import { interpolate } from '../../lib/compose/interpolate.ts';
import { loadCompose, variablesOf } from '../../lib/compose/load-compose.ts';
import { mountWords } from '../../lib/compose/mount-words.ts';
import { portWords } from '../../lib/compose/port-words.ts';
import { diff } from '../../lib/diff.ts';
import { messageOf } from '../../lib/errors.ts';

const dir = mkdtempSync(join(tmpdir(), 'dabook-compose-'));
t.teardown(() => rmSync(dir, { recursive: true }));

const variables = { SET: 'set', EMPTY: '' };

/** `docker stack config` of the installed command, which needs no engine. */
function docker(...texts: readonly string[]) {
  const files = texts.map((text, index) => {
    const file = `${index + 1}.yml`;
    writeFileSync(join(dir, file), text);
    return file;
  });
  const args = ['stack', 'config', ...files.flatMap((file) => ['-c', file])];
  const env = { PATH: process.env.PATH, HOME: dir, ...variables };
  return spawnSync('docker', args, { cwd: dir, env, encoding: 'utf8' });
}

function sources(...texts: readonly string[]) {
  return texts.map((text, index) => ({ file: `${index + 1}.yml`, text }));
}

function load(...texts: readonly string[]): ComposeConfig {
  return loadCompose(sources(...texts), { dir, variables });
}

const stack = (services: string, rest = '') => `version: "3.7"\nservices:\n${services}\n${rest}`;

/** The order of entries that docker sorts by a key of theirs means nothing, and false is no more than nothing. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(ordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, item]) => item !== false || key === 'init');
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, ordered(item)]),
  );
}

const base = stack(
  `  a:
    image: x
    command: ["a", "b"]
    environment: {A: 1, B: 2}
    labels: [l1=1, l0]
    ports: [80:80, "81:81"]
    volumes: ["vv:/v", "/b:/b", "./rel:/r:ro"]
    networks: [n1]
    cap_add: [A]
    dns: 1.1.1.1
    ulimits: {nofile: 3, nproc: {soft: 1, hard: 2}}
    healthcheck: {test: "x", interval: 3s}
    logging: {driver: json-file, options: {a: 1}}
    secrets: [s]
    configs: [{source: c, target: /c, mode: 0440}]
    read_only: true
    init: true
    extra_hosts: ["h:1.2.3.4", "i=::1"]
    deploy:
      replicas: 3
      labels: {d: e}
      placement: {constraints: [a == b], preferences: [{spread: node.labels.z}]}
      resources: {limits: {cpus: "1", memory: 3m}, reservations: {memory: 1.5G}}
      update_config: {parallelism: 2, delay: 90s}
      restart_policy: {max_attempts: 3, window: 2m}`,
  `networks: {n1: {driver: overlay, driver_opts: {x: 1}, ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {vv: {driver: local}}
secrets: {s: {external: true}}
configs: {c: {file: ./c.txt}}
x-more: 1`,
);

const over = stack(
  `  a:
    image: w
    command: "c 'd e' f\\\\ g"
    entrypoint: /bin/x -y
    environment: [B=3, C=4, "A=", D]
    labels: {l2: 2, l1: ""}
    ports: [{target: 8000, published: 80, mode: host}, 7000, "9000-9001:9000-9001/udp"]
    volumes: ["ww:/v", "/c:/c:ro", {type: tmpfs, target: /t, tmpfs: {size: 100}}]
    networks: {n1: {aliases: [z]}, n2: }
    cap_add: [B]
    dns: [2.2.2.2]
    ulimits: {nofile: {soft: 4, hard: 5}}
    healthcheck: {timeout: 4s, retries: 0}
    logging: {options: {b: 2}}
    secrets: [{source: s, target: q}]
    read_only: false
    init: false
    stop_grace_period: 1m30s
    deploy:
      replicas: 0
      labels: {d: ""}
      placement: {constraints: [c == d]}
      resources: {limits: {memory: 4m}}
      update_config: {parallelism: 0, order: start-first}
      restart_policy: {max_attempts: 0}
  b: {image: z}`,
  'networks: {n1: {attachable: true, driver_opts: {z: 2}}, n2: {}, n3: }\nvolumes: {vv: , ww: {}}',
);

const interpolated = stack(`  a:
    image: "x:\${SET}-\${NOPE:-d}-\${EMPTY:-e}-\${EMPTY-f}-\${NOPE-g}-$$x-$SET-$NOPE. \${NOPE?x-y} $SET/$NOPE."
    deploy: {replicas: "\${R:-3}"}
    tty: "\${T:-true}"
    hostname: \${SET?must be set}
    ports: ["\${P:-80}:80"]`);

t.test('own merging gives what docker stack config gives', { skip: noDocker() }, (t) => {
  const cases: Record<string, readonly string[]> = {
    'one file': [base],
    'a file of overrides': [base, over],
    'the other way round': [over, base],
    'the same twice': [base, base],
    three: [base, over, base],
    variables: [interpolated],
    'another log driver': [base, stack('  a: {logging: {driver: syslog, options: {z: 1}}}')],
    'no version': ['services: {a: {image: x}}'],
    'a network said again with nothing': [base, stack('  a: {image: w}', 'networks: {n1: }')],
  };
  for (const [name, texts] of Object.entries(cases)) {
    const { status, stdout, stderr } = docker(...texts);
    t.equal(status, 0, stderr);
    t.strictSame(diff(ordered(load(...texts)), ordered(parseComposeConfig(stdout))), [], name);
  }
  t.end();
});

const faults: Record<string, readonly [texts: readonly string[], expected: RegExp]> = {
  'an unknown property': [[base, stack('  a:\n    imag: 3')], /^2\.yml:4:\d+: .*imag/],
  'an unknown section': [[`${stack('  a: {image: x}')}foo: {}`], /^1\.yml:4:\d+: .*foo/],
  'a key that stands twice': [
    [stack('  a: {image: x}\n  a: {image: y}')],
    /^1\.yml:4:\d+: the key a stands here twice/,
  ],
  'YAML that is none': [[stack('  a:\n    image: [x')], /^1\.yml:\d:\d+: /],
  'two versions': [
    [base, stack('  a: {image: x}').replace('3.7', '3.8')],
    /1\.yml has (version )?3\.7.*2\.yml has 3\.8/,
  ],
  'a version and none': [[base, 'services: {a: {image: x}}'], /1\.yml has.*3\.7.*2\.yml has.*3\.13/],
  'a property of older formats': [
    [stack('  a:\n    image: x\n    mem_limit: 3')],
    /^1\.yml:5:\d+: services\.a\.mem_limit is not allowed/,
  ],
  'a required variable': [
    [stack('  a:\n    image: x${A:?say which}')],
    /^1\.yml:4:\d+: .*services\.a\.image.*A .*say which/,
  ],
  'a lone dollar sign': [[stack('  a:\n    image: "x$ "')], /^1\.yml:4:\d+: /],
};

t.test('faults name file and line, whoever finds them', (t) => {
  for (const [name, [texts, expected]] of Object.entries(faults)) {
    t.throws(() => load(...texts), { code: 'refused', message: expected }, `${name}: own merging`);
    if (noDocker() !== false) continue;
    const { status, stderr } = docker(...texts);
    t.not(status, 0, name);
    t.match(composeFault(stderr, sources(...texts)).message, expected, `${name}: docker's words`);
  }
  const missing = [
    { file: 'a.yml', text: stack('') },
    { file: 'b.yml', text: undefined },
  ];
  t.match(
    composeFault('open b.yml: no such file or directory', missing).message,
    'the compose file b.yml cannot be read',
  );
  t.throws(() => load(stack('  a: {image: x, env_file: e}')), { message: /1\.yml:3:\d+: .*docker 25/ });
  t.throws(() => load(stack('  a: {image: x, environment: {A: yes}}')), {
    message: /must be a text here: write it in quotes/,
  });
  t.end();
});

t.test('short entries', (t) => {
  t.strictSame(portWords('80'), [{ mode: 'ingress', target: 80, protocol: 'tcp' }]);
  t.strictSame(portWords('127.0.0.1:81:80/udp'), [
    { mode: 'ingress', target: 80, published: 81, protocol: 'udp' },
  ]);
  t.equal(portWords('[::1]:5000-5002:6000-6002').length, 3);
  for (const bad of ['', 'x', '80:', '1-2:3', '70000', '80/ip', 'a:80:80', '1:2:3:4'])
    t.throws(() => portWords(bad), bad);

  t.strictSame(mountWords('/x'), { type: 'volume', target: '/x' });
  t.strictSame(mountWords('vol:/x:ro,nocopy'), {
    type: 'volume',
    source: 'vol',
    target: '/x',
    read_only: true,
    volume: { nocopy: true },
  });
  t.strictSame(mountWords('v:/x'), { type: 'volume', target: 'v:/x' }, 'one letter is a drive to docker');
  t.strictSame(mountWords('./a:/x:rslave'), {
    type: 'bind',
    source: './a',
    target: '/x',
    bind: { propagation: 'rslave' },
  });
  for (const bad of ['', ':::', 'name::/x', 'name:/a:ro:x']) t.throws(() => mountWords(bad), bad);

  t.equal(byteSize('64M'), 64 * 1024 * 1024);
  t.equal(byteSize('1.5gb'), 1.5 * 1024 ** 3);
  t.equal(byteSize('1024'), 1024);
  for (const bad of ['', 'M', '1x', '-1', '1 000']) t.throws(() => byteSize(bad), bad);

  for (const [text, ns, shown] of [
    ['1m30s', 90e9, '1m30s'],
    ['90s', 90e9, '1m30s'],
    ['1.5h', 5400e9, '1h30m0s'],
    ['250ms', 250e6, '250ms'],
    ['0', 0, '0s'],
  ] as const) {
    t.equal(parseDuration(text), ns);
    t.equal(showDuration(ns), shown);
    t.equal(parseDuration(showDuration(ns)), ns);
  }
  for (const bad of ['', '1', 's', '1s1', '1 s', 'x1s'])
    t.throws(() => parseDuration(bad), { code: 'refused' }, bad);

  const lookup = (name: string) => ({ A: 'a', E: '' })[name];
  t.equal(interpolate('$A ${A} ${B:-b} ${E:-e} ${E-f} $$A ${B}', lookup), 'a a b e  $A ');
  for (const bad of ['$', '${', '${}', '$1', '${B:?no}', '${B?no}', '${E:?no}'])
    t.throws(() => interpolate(bad, lookup), bad);
  t.strictSame(variablesOf(sources(interpolated)), ['EMPTY', 'NOPE', 'P', 'R', 'SET', 'T']);
  t.end();
});

t.test('what has no meaning in a swarm is refused by name, or has no effect as with docker', (t) => {
  const convert = (service: object, rest: object = {}) =>
    convertService('s', 'a', {
      version: '3.7',
      services: { a: { image: 'x', ...service } },
      networks: {},
      volumes: {},
      secrets: {},
      configs: {},
      ...rest,
    });
  const plain = convert({});
  const ignored = {
    container_name: 'x',
    depends_on: ['b'],
    privileged: true,
    tmpfs: ['/run'],
    'x-own': 1,
    restart: 'no',
  };
  t.strictSame(convert(ignored), plain, 'docker leaves these without effect');
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ gpus: 'all' }, /services\.a\.gpus: dabook does not know/],
    [{ deploy: { mode: 'swarming' } }, /mode: swarming is not known/],
    [{ deploy: { mode: 'global', replicas: 2 } }, /replicas do not fit mode global/],
    [{ deploy: { placement: { zone: 1 } } }, /services\.a\.deploy\.placement\.zone/],
    [{ deploy: { resources: { limits: { gpus: 1 } } } }, /limits\.gpus/],
    [{ volumes: [{ type: 'volume', source: 'v', target: '/v' }] }, /volume v is not defined/],
    [{ volumes: [{ type: 'npipe', source: 'v', target: '/v' }] }, /type npipe is not known/],
    [{ volumes: [{ type: 'bind', source: '/v', target: '/v', tmpfs: {} }] }, /tmpfs options do not fit/],
    [{ secrets: [{ source: 's' }] }, /secret s is not defined/],
    [{ configs: [{ source: 'c' }] }, /config c is not defined/],
    [{ networks: { n: null } }, /network n of service a is not defined/],
    [{ healthcheck: { disable: true, test: ['x'] } }, /test and disable/],
    [{ restart: 'sometimes' }, /sometimes is no restart policy/],
    [{ credential_spec: { file: 'x' } }, /credential_spec/],
  ];
  for (const [service, message] of refused) t.throws(() => convert(service), { code: 'refused', message });

  const config = parseComposeConfig(
    'services: {a: {image: x, networks: {n: null}}, b: {image: y}}\nnetworks: {n: {name: own, internal: true}, unused: {}}',
  );
  t.strictSame(
    Object.keys(convertNetworks('s', config).own).sort(),
    ['own', 's_default'],
    'networks that are used, default included',
  );
  t.strictSame(convertService('s', 'b', config).TaskTemplate.Networks, [
    { Target: 's_default', Aliases: ['b'] },
  ]);
  t.end();
});

t.test('own merging takes what it cannot read for a fault', (t) => {
  const bad = [
    '  a: {image: x, ports: 80}',
    '  a: {image: x, volumes: ["~/x:/x"]}',
    '  a: []',
    '  a: {image: x, command: "\'"}',
  ];
  for (const service of bad) {
    t.throws(
      () => load(stack(service)),
      { code: 'refused', message: /^1\.yml:3:\d+: services\.a: / },
      service,
    );
  }
  t.match(messageOf(capture(() => loadCompose([], { dir }))), 'no compose file is named');
  t.end();
});

function capture(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

/** Why docker's own merging cannot be asked here; false where it can. */
function noDocker(): string | false {
  const { stdout } = spawnSync('docker', ['stack', 'config', '--help'], { encoding: 'utf8' });
  return stdout?.includes('docker stack config') ? false : 'the docker command here has no stack config';
}
