import { lintCompose } from '../../../lib/compose/lint-compose.ts';
import { loadCompose, variablesOf } from '../../../lib/compose/load-compose.ts';
import { codeOf, messageOf } from '../../../lib/errors.ts';
import { buffers, type Kind } from '../kind.ts';

const file = 'docker-compose.yml';

/** A compose file of a host, read without docker's help, and looked over. */
export const compose: Kind = {
  corpus: buffers(
    `version: "3.8"
x-common: &common
  image: "example.org/app:\${VERSION:-1.0}"
  environment: { A: 1, B: "\${B?must be set}" }
services:
  app:
    <<: *common
    ports: ["8080:80", "127.0.0.1:53:53/udp", {target: 443, published: 8443, mode: host}]
    deploy:
      replicas: 2
      resources: { limits: { cpus: '0.5', memory: 512M } }
      placement: { constraints: ["node.labels.zone == a"] }
      update_config: { parallelism: 1, delay: 10s }
    volumes: ["data:/var/lib/app:ro", "./conf:/etc/app", {type: tmpfs, target: /tmp}]
    configs: [{source: conf, target: /etc/app.conf, mode: 0440}]
    healthcheck: { test: ["CMD", "true"], interval: 1m30s, retries: 3 }
    networks: { front: { aliases: [app] } }
networks: { front: { driver: overlay, ipam: { config: [{subnet: 10.0.0.0/24}] } } }
volumes: { data: {} }
configs: { conf: { file: ./app.conf } }
`,
    '{"version": "3.8", "services": {"a": {"image": "a", "command": ["x", "$$y"], "env_file": ["a.env"]}}}\n',
    'services:\n  web:\n    image: nginx\n    ports:\n      - 80:80\n    secrets:\n      - key\nsecrets:\n  key:\n    external: true\n',
  ),
  share: 12,
  async check(input) {
    // As what a host answers is read: what is no UTF-8 has replacement characters.
    const sources = [{ file, text: input.toString() }];
    return [
      ...refusing(() => variablesOf(sources)),
      ...refusing(() => loadCompose(sources, { dir: '/opt/app', variables: { B: 'b' } })),
      ...refusing(() => lintCompose({ sources, nodes: [] })),
    ];
  },
};

/** What a function throws has to be a refusal with the file, and the line where there is one. */
function refusing(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (codeOf(error) !== 'refused') return [`a crash: ${stackOf(error)}`];
    return new RegExp(`${file}:\\d+`).test(messageOf(error))
      ? []
      : [`no line: ${messageOf(error).slice(0, 200)}`];
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? `${error.stack}`.slice(0, 500) : String(error);
}
