import { TAGS } from './images.ts';
import { type Service, serviceOf } from './placement.ts';

/** The product's ports; the numbered twins of a service have the ports after it. Access points keep 443. */
const PORTS: Readonly<Record<string, number>> = {
  administration: 8443,
  policy: 9301,
  authentication: 9401,
  distribution: 9501,
  'access-point': 443,
};

/** The three files of the product for some services: name to text. All are made up, in the product's shape. */
export function composeFiles(names: readonly string[]): Readonly<Record<string, string>> {
  const services = names.map(serviceOf);
  return {
    'docker-compose.yml': file('The services, and the nodes they belong on', services.map(base)),
    'network.yml': `${file('How the services are reached', services.map(network))}networks:\n  da-net:\n    driver: overlay\n`,
    'versiontag.yml': file('The version of each service', services.map(version)),
  };
}

function file(about: string, blocks: readonly string[]): string {
  return `# ${about}\nversion: "3.7"\nservices:\n${blocks.join('')}`;
}

function base({ name, folder, label }: Service): string {
  return `  ${name}:
    hostname: ${name}
    volumes:
      - /opt/nexus/config/${folder}:/opt/nexus/config
    deploy:
      replicas: 1
      endpoint_mode: dnsrr
      placement:
        constraints:
          - node.labels.${label} == true
`;
}

function network({ name, base, number }: Service): string {
  const first = PORTS[base];
  const port = first === undefined || base === 'access-point' ? first : first + number;
  const ports =
    port === undefined
      ? ''
      : `    ports:\n      - {target: 8080, published: ${port}, protocol: tcp, mode: host}\n`;
  return `  ${name}:\n    networks: [da-net]\n${ports}`;
}

function version({ name, folder }: Service): string {
  return `  ${name}:\n    image: dabook.test/da/${folder}:${TAGS[0]}\n`;
}
