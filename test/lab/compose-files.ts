import { portOf, type Service, serviceOf } from './placement.ts';

export interface ComposeFilesInput {
  /** Names of the services, as compose files have them. */
  readonly services: readonly string[];
  /** 0 for the manager: installations differ in how their operators write. */
  readonly index: number;
  /** Tag of the images. */
  readonly tag: string;
  /** The policy services that an access point asks, the first one first. */
  readonly policies: readonly string[];
}

/**
 * The three files of the product for some services: name to text. All are made up, in the product's shape and
 * as operators leave them: with comments above and behind, quoted and plain texts, flow and block lists, odd
 * spacing, blank lines. On the manager `versiontag.yml` has CRLF line ends; on the second host the files end
 * without one.
 */
export function composeFiles(input: ComposeFilesInput): Readonly<Record<string, string>> {
  const services = input.services.map(serviceOf);
  const blocks = (write: Write) => services.map((service, place) => write(service, place, input)).join('');
  const files = {
    'docker-compose.yml': `${heads.base}\nservices:\n${blocks(base)}`,
    'network.yml': `${heads.network}\nservices:\n${blocks(network)}${networks}`,
    'versiontag.yml': `${heads.version}\nservices:\n${blocks(version)}`,
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, saved(name, text, input.index)]),
  );
}

type Write = (service: Service, place: number, input: ComposeFilesInput) => string;

/** As an editor on one system or another has saved it. */
function saved(name: string, text: string, index: number): string {
  if (index === 0 && name === 'versiontag.yml') return text.replaceAll('\n', '\r\n');
  return index % 3 === 1 ? text.trimEnd() : text;
}

const heads = {
  base: `# The services, and the nodes they belong on.
# Deployed with network.yml and versiontag.yml:  stack deploy -c … -c … -c …
version: "3.7"      # the same in all three files
`,
  network: `---
version: '3.7'

# How the services are reached. What access points balance over has to be published here.`,
  version: `# Written by the upgrade; one tag for all services.
version: "3.7"
`,
} as const;

const networks = `
# One network for all of them.
networks:
  da-net: { driver: overlay }   # encrypted: not needed here
`;

/** Each of three operators writes another way; a file has been through the hands of all of them. */
function hand(place: number, index: number): number {
  return (place + index) % 3;
}

const base: Write = (service, place, { index, policies }) => {
  const { name, folder, label } = service;
  const list = policies.join(' ');
  const asks = service.base === 'access-point';
  switch (hand(place, index)) {
    case 0:
      return `
  # ${folder}: see the wiki before this is moved.
  ${name}:
    hostname: ${name}
    volumes:
      - /opt/nexus/config/${folder}:/opt/nexus/config
    environment:
      NODE: "{{.Node.Hostname}}"
      TZ: Europe/Stockholm     # as on the host
${asks ? `      POLICIES: ${list}\n` : ''}    deploy:
      replicas: 1
      endpoint_mode: dnsrr
      placement:
        constraints:
          - node.labels.${label} == true   # the label, not the host's name
`;
    case 1:
      return `
  ${name}:
      hostname:   "${name}"
      volumes: [ "/opt/nexus/config/${folder}:/opt/nexus/config" ]
      environment: [ "NODE={{.Node.Hostname}}", TZ=Europe/Stockholm${asks ? `, "POLICIES=${list}"` : ''} ]
      deploy: {replicas: 1, endpoint_mode: dnsrr, placement: {constraints: [node.labels.${label} == true]}}
`;
    default:
      return `  ${name}:

    hostname: '${name}'
    volumes:
    - "/opt/nexus/config/${folder}:/opt/nexus/config"
    environment:
    - NODE={{.Node.Hostname}}
    # - JAVA_OPTS=-Xmx2g
    - 'TZ=Europe/Stockholm'
${asks ? `    - POLICIES=${list}\n` : ''}    deploy:
        endpoint_mode: dnsrr
        replicas : 1
        placement:
            constraints: [ 'node.labels.${label} == true' ]
    # end of ${name}
`;
  }
};

const network: Write = (service, place, { index }) => {
  const { name } = service;
  const port = portOf(service);
  if (port === undefined) return `  ${name}: { networks: [ da-net ] }   # from within only\n`;
  switch (hand(place, index)) {
    case 0:
      return `  ${name}:
    networks: [da-net]
    ports: [{target: 8080, published: ${port}, protocol: tcp, mode: host}]   # open in the firewall
`;
    case 1:
      return `
  # ${name}
  "${name}":
    networks:
      - da-net
    ports:
      - target: 8080
        published: ${port}     # no RADIUS here
        protocol: tcp
        mode: host
`;
    default:
      return `  ${name}:
      networks: [ "da-net" ]
      ports:
      # - { target: 1812, published: 1812, protocol: udp, mode: host }
      - { target: 8080,   published: ${port}, protocol: 'tcp', mode: host }

`;
  }
};

const version: Write = ({ name, folder }, place, { index, tag }) => {
  const image = `dabook.test/da/${folder}:${tag}`;
  switch (hand(place, index)) {
    case 0:
      return `  ${name}:\n    image: ${image}\n`;
    case 1:
      return `\n  ${name}:\n    image:  "${image}"   # was ${tag.slice(0, -1)}0\n`;
    default:
      return `  ${name}: { image: '${image}' }\n`;
  }
};
