import fc from 'fast-check';
import { stringify } from 'yaml';
import type { ComposeConfig, ComposeService } from '../../../lib/compose/compose-config.ts';
import { given, seldom } from '../words.ts';

/** Services of every random stack, by their names in the compose files. */
export const serviceNames = ['web', 'db', 'odd-1'] as const;
export const images = [
  'r.test/x:1',
  'r.test/x:2',
  'r.test/y:1',
  `r.test/y:1@sha256:${'a'.repeat(64)}`,
] as const;

const constraint = fc.constantFrom(
  'node.labels.da-policy == true',
  'node.labels.constructor==',
  'node.role == manager',
  'node.hostname != ha1',
  'node.labels.web != x',
);

const update = fc
  .record({
    parallelism: seldom(fc.constantFrom(0, 1, 2)),
    delay: seldom(fc.constantFrom('0s', '10s')),
    failure_action: seldom(fc.constantFrom('pause', 'rollback')),
    order: seldom(fc.constantFrom('start-first', 'stop-first')),
    max_failure_ratio: seldom(fc.constantFrom(0, 0.1, 0.35)),
  })
  .map(given);

const deploy = fc
  .record({
    mode: seldom(fc.constantFrom('replicated', 'global')),
    replicas: seldom(fc.nat(3)),
    labels: seldom(fc.constant({ tier: 'a', größe: '' })),
    placement: seldom(
      fc
        .record({
          constraints: seldom(fc.uniqueArray(constraint, { maxLength: 2 })),
          max_replicas_per_node: seldom(fc.constantFrom(1, 2)),
        })
        .map(given),
    ),
    update_config: seldom(update),
    rollback_config: seldom(update),
    restart_policy: seldom(
      fc
        .record({
          condition: seldom(fc.constantFrom('any', 'on-failure', 'none')),
          delay: seldom(fc.constantFrom('0s', '5s', '7s')),
          max_attempts: seldom(fc.constantFrom(0, 3)),
        })
        .map(given),
    ),
    resources: seldom(
      fc.constantFrom({ limits: { cpus: '0.5', memory: '52428800' } }, { reservations: { cpus: '1' } }),
    ),
    endpoint_mode: seldom(fc.constantFrom('vip', 'dnsrr')),
  })
  // A global service has no number, and with ports of the mesh none can go without an address of its own.
  .map(({ mode, replicas, ...more }) =>
    given({ mode, replicas: mode === 'global' ? undefined : replicas, ...more }),
  );

const job = fc
  .record({ mode: fc.constantFrom('replicated-job', 'global-job'), replicas: seldom(fc.constantFrom(1, 2)) })
  .map(({ mode, replicas }) => given({ mode, replicas: mode === 'global-job' ? undefined : replicas }));

const service = fc
  .record({
    image: fc.constantFrom(...images),
    command: seldom(fc.constantFrom(['serve'], ['sh', '-c', 'a b'], [])),
    environment: seldom(fc.constantFrom({ A: '1', B: null }, { DB_PASSWORD: 'hunter2' }, {})),
    hostname: seldom(fc.constantFrom('h', '')),
    init: seldom(fc.boolean()),
    stop_grace_period: seldom(fc.constantFrom('0s', '10s', '1m30s')),
    cap_add: seldom(fc.constantFrom(['net_admin'], ['ALL'])),
    extra_hosts: seldom(fc.constantFrom(['db:10.0.0.5'], ['six:::1'])),
    healthcheck: seldom(
      fc.constantFrom({ disable: true }, { test: ['CMD', 'x'], interval: '1m0s', retries: 3 }),
    ),
    volumes: seldom(
      fc.constantFrom(
        [{ type: 'bind', source: '/srv', target: '/data', read_only: true }],
        [{ type: 'tmpfs', target: '/tmp', tmpfs: { size: 1000 } }],
      ),
    ),
    networks: seldom(
      fc.constantFrom({ front: null }, { front: { aliases: ['w'] }, default: null }, { ext: null }),
    ),
    isPublished: fc.constantFrom('no', 'no', 'ingress', 'host'),
    usesFiles: fc.constantFrom(false, false, true),
    deploy: seldom(fc.oneof({ weight: 5, arbitrary: deploy }, job)),
  })
  .map(given);

type Sketched = Partial<ComposeService> & { readonly isPublished: string; readonly usesFiles: boolean };

/** Compose files, merged: everything in its long form. Ports are other ones for each service: a clash is refused. */
export const composeConfig: fc.Arbitrary<ComposeConfig> = fc
  .record({
    services: fc.uniqueArray(fc.constantFrom(...serviceNames), { minLength: 1 }),
    sketches: fc.tuple(service, service, service),
    front: fc.constantFrom({}, { attachable: true }, { labels: { a: 'b' } }),
    isExternal: fc.boolean(),
  })
  .map(({ services, sketches, front, isExternal }) => ({
    version: '3.8',
    services: Object.fromEntries(
      services.map((name, index) => [
        name,
        serviceOf(sketches[index] as Sketched, serviceNames.indexOf(name)),
      ]),
    ),
    networks: { front, ext: { external: true, name: 'ext' } },
    volumes: {},
    secrets: { key: isExternal ? { external: true, name: 'outer' } : { file: '/opt/key' } },
    configs: { conf: { file: '/opt/conf' } },
  }));

function serviceOf({ isPublished, usesFiles, ...service }: Sketched, index: number): ComposeService {
  const port = { target: 80, published: 8000 + index, protocol: 'tcp', mode: isPublished };
  const mode = service.deploy?.endpoint_mode;
  return {
    ...service,
    ...(isPublished === 'no' || (isPublished === 'ingress' && mode === 'dnsrr') ? {} : { ports: [port] }),
    ...(usesFiles
      ? { secrets: [{ source: 'key' }], configs: [{ source: 'conf', target: '/c', mode: 0o440 }] }
      : {}),
  };
}

/** As docker prints it. */
export function composeText(config: ComposeConfig): string {
  return stringify(config, { aliasDuplicateObjects: false });
}
