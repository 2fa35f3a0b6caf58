import type { Question, Section } from 'dabook';
import type { ComposeConfig } from 'dabook/tasks';
import type { Service } from './service.ts';
import type { Kind } from './service-entry.ts';

export interface AdminFormInput {
  /** Every service of the installation. */
  readonly services: readonly Service[];
  /** The host that keeps its swarm: what is on it is registered already. */
  readonly manager: string;
  /** Addresses of the nodes, by host. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The merged compose files. */
  readonly config: Pick<ComposeConfig, 'services'>;
}

/** What is done in the administration page, with the values to enter, and what it gives back. */
export interface AdminForm {
  readonly checklist: readonly Section[];
  readonly questions: readonly Question[];
}

/** Where the administration page keeps each kind. */
const pages: Readonly<Record<Exclude<Kind, 'administration' | 'database'>, string>> = {
  policy: 'Policy Services',
  authentication: 'Authentication Services',
  distribution: 'Distribution Services',
  'access-point': 'Access Points',
};

/** The port of the administration page where the compose files publish none. */
const adminPort = 8443;

/** The services that the administration page has to be told of, and that tell of themselves in a local configuration. */
export function addedServices(services: readonly Service[], manager: string): readonly AddedService[] {
  return services.filter(
    (service): service is AddedService =>
      service.node !== manager && service.kind !== 'administration' && service.kind !== 'database',
  );
}

export type AddedService = Service & { readonly kind: keyof typeof pages };

/** The steps in the administration page, which nothing but a person can do, as a checklist with concrete values. */
export function adminForm(input: AdminFormInput): AdminForm {
  const { services, manager, addresses, config } = input;
  const added = addedServices(services, manager);
  const administration = services.find(({ kind }) => kind === 'administration');
  const pagePort = config.services[administration?.name ?? '']?.ports?.find(
    ({ protocol = 'tcp', published }) => protocol === 'tcp' && published !== undefined,
  );
  const distributions = services.filter(({ kind }) => kind === 'distribution');
  const accessPoints = services.filter(({ kind }) => kind === 'access-point');
  const ipOf = ({ node }: Service) => addresses[node] ?? node;

  const checklist: Section[] = [
    {
      title: 'Log in',
      lines: [
        `open https://${addresses[manager]}:${pagePort?.published ?? adminPort} and log in as administrator`,
      ],
    },
    {
      title: 'Register each added service, unless it is there, and note the id that it gets',
      lines: added.map((service) => {
        const { host, port } = internalOf(service, addresses, config);
        return `Manage System > ${pages[service.kind]}: add ${service.name} (on ${service.node}), internal host ${host}, internal port ${port ?? 'as in network.yml'}`;
      }),
    },
  ];
  if (distributions.length > 0) {
    checklist.push({
      title: 'Manage System > Distribution Services',
      lines: distributions.flatMap(({ name }) => [
        `${name}: check "Listen on all interfaces" for every port to be exposed${portsOf(config, name)}`,
        `${name}: check "Distribute key files automatically"`,
      ]),
    });
  }
  if (accessPoints.length > 0) {
    checklist.push({
      title: 'Manage System > Access Points',
      lines: [
        ...accessPoints.flatMap((service) => [
          `${service.name}: replace the service name by ${ipOf(service)}, the address of ${service.node}`,
          `${service.name}: enable "Listen on all interfaces"`,
        ]),
        ...listenerLines(services, accessPoints.length),
      ],
    });
  }
  checklist.push({ title: 'Publish', lines: ['publish, so that every service gets the new configuration'] });

  return { checklist, questions: adminQuestions(added) };
}

/** What the administration page gives back: an id for each added service. */
export function adminQuestions(added: readonly AddedService[]): readonly Question[] {
  return [
    ...added.map(
      ({ name, kind, node, id }): Question => ({
        name,
        text: `id of ${name} (${pages[kind]}, on ${node})`,
        kind: 'integer',
        answer: id,
      }),
    ),
    { name: 'done', text: 'everything on this list is done and published', kind: 'confirm' },
  ];
}

/** Under which host and port other services reach a service. */
export function internalOf(
  service: Service,
  addresses: Readonly<Record<string, string>>,
  config: Pick<ComposeConfig, 'services'>,
): { readonly host: string; readonly port: number | undefined } {
  return {
    host: internalHostOf(service, addresses),
    port: service.internalPort ?? config.services[service.name]?.ports?.[0]?.target,
  };
}

/** Under which host other services reach a service. */
export function internalHostOf(
  { name, kind, node, internalHost }: Service,
  addresses: Readonly<Record<string, string>>,
): string {
  return internalHost ?? (kind === 'access-point' ? (addresses[node] ?? node) : name);
}

function portsOf(config: Pick<ComposeConfig, 'services'>, name: string): string {
  const ports = (config.services[name]?.ports ?? []).flatMap(({ published }) => published ?? []);
  return ports.length === 0 ? '' : ` (${ports.join(', ')})`;
}

function listenerLines(services: readonly Service[], accessPoints: number): readonly string[] {
  const lines = services
    .filter(({ listeners }) => listeners.length > 0)
    .map(({ name, listeners }) => `${name}: add a load balancing listener for ${listeners.join(', ')}`);
  if (lines.length > 0 || accessPoints < 2) return lines;
  return ['for access points that mirror one another: add a load balancing listener'];
}
