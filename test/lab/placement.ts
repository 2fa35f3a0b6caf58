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

/** What the service of a name is, by the product's naming. */
export function serviceOf(name: string): Service {
  const [, base = name, digits = ''] = /^(.*?)(\d*)$/.exec(name) ?? [];
  const folder = base === 'access-point' || base === 'postgres' ? base : `${base}-service`;
  return { name, base, number: Number(digits || 0), folder, label: `da-${folder}${digits}` };
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
