/** A service of the product, as compose files, labels and folders name it. */
export interface Service {
  /** In compose files: `policy1`. */
  readonly name: string;
  /** Without its number: `policy`. */
  readonly base: string;
  /** 0 for the first one, which has no number in its name. */
  readonly number: number;
  /** `policy-service`: names the image, and the folder below the configuration root. */
  readonly folder: string;
  /** `da-policy-service1` */
  readonly label: string;
}

/** The product's services by their names without a number, and the folders that name their images. */
const FOLDERS: Readonly<Record<string, string>> = {
  administration: 'administration-service',
  policy: 'policy-service',
  authentication: 'authentication-service',
  distribution: 'distribution-service',
  'access-point': 'access-point',
  postgres: 'postgres',
};

/** The folders of all services, which also name their images. */
export const folders: readonly string[] = Object.values(FOLDERS);

/**
 * What the service of a name is, by the product's naming.
 * @throws Error for a name that is none of the product's
 */
export function serviceOf(name: string): Service {
  const [, base = name, digits = ''] = /^(.*?)(\d*)$/.exec(name) ?? [];
  const folder = FOLDERS[base];
  if (folder === undefined) {
    throw new Error(`${name} is no service of the product; those are ${Object.keys(FOLDERS).join(', ')}`);
  }
  return { name, base, number: Number(digits || 0), folder, label: `da-${folder}${digits}` };
}

/** The ports at which the first service of each name is reached from outside of its swarm. */
const PORTS: Readonly<Record<string, number>> = {
  administration: 8443,
  policy: 9301,
  authentication: 9401,
  distribution: 9501,
  'access-point': 443,
};

/** Where a service is published on its node; the numbered twins have the ports after it, access points keep 443. */
export function portOf({ base, number }: Service): number | undefined {
  const first = PORTS[base];
  return first === undefined || base === 'access-point' ? first : first + number;
}

/**
 * Which services each host carries once high availability is set up; the first host is the manager. The
 * second, fourth … host multiply the manager's services, the third, fifth … are access point nodes, which
 * the product wants to carry nothing else. A single worker does both.
 * @example placement(3) // [[administration, …], [policy1, authentication1, distribution1], [access-point]]
 */
export function placement(hosts: number): string[][] {
  const carried = [['administration', 'policy', 'authentication', 'distribution', 'postgres']];
  let twins = 0;
  let accessPoints = 0;
  const accessPoint = () => `access-point${accessPoints++ || ''}`;
  for (let worker = 1; worker < hosts; worker++) {
    if (worker % 2 === 0) carried.push([accessPoint()]);
    else {
      twins += 1;
      const services = [`policy${twins}`, `authentication${twins}`, `distribution${twins}`];
      carried.push(hosts === 2 ? [...services, accessPoint()] : services);
    }
  }
  return carried;
}

/** What a host runs in its own one-node swarm before: an installation of its own, without any numbers. */
export function installed(carried: readonly string[]): string[] {
  return [...new Set(['administration', ...carried.map((name) => serviceOf(name).base)])];
}
