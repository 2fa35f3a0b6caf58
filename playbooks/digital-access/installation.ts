import { z } from 'zod';
import { ServiceEntry } from './service-entry.ts';
import { settings } from './settings.ts';

/** Variables of a node. */
export const Node = z.object({
  /** The address under which the other nodes reach it. */
  ip: z.ipv4(),
  /** The labels of its services, for those who like to see them: held against what the services say. */
  labels: z.array(z.string()).optional(),
  /** The swarm of its own may go, though it holds other nodes, or configs and secrets of other stacks. */
  leave_force_ok: z.boolean().default(false),
});

export type Node = z.infer<typeof Node>;

/** Variables of the installation, with the product's defaults. */
export const Installation = z.object({
  /** Version of the product: `6.0.5.60259`. */
  version: z
    .string('must be a text, in quotes where it looks like a number: "6.2"')
    .regex(/^\d+(\.\d+){1,3}$/, {
      error: 'must be two to four numbers with dots, such as "6.0.5.60259"',
    }),
  /** Tag of the images; the version by default. */
  tag: z.string().optional(),
  /** Every service, by its name in the compose files. */
  services: z.record(z.string(), ServiceEntry, {
    error:
      'must name every service and its host, as in { administration: { node: da1 }, policy1: { node: da2 } }',
  }),

  stack: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'must be letters, digits, "-", "_" and "."')
    .default('da'),
  /** Folder of the three compose files, on every node that has an installation of its own. */
  compose_dir: z.string().default('/opt/nexus/docker-compose'),
  /** Each service has a folder in it, on the node that carries it. */
  config_root: z.string().default('/opt/nexus/config'),
  /** Whom the services' files belong to: 1003 from 6.2 on; before, whomever they belong to already. */
  owner: settings({ uid: z.int(), gid: z.int() }, '{ uid: 1003, gid: 1003 }').optional(),
  /** Which of the files in a service's `keys` folder is which key. */
  key_files: settings(
    { internal: z.string().default('*internal*'), shared: z.string().default('*shared*') },
    "{ internal: '*internal*', shared: '*shared*' }",
  ).prefault({}),
  /** An internal key that lies on an access point is removed; by default it is only reported. */
  remove_internal_keys: z.boolean().default(false),
  /** Where a service's own configuration says who it is. The locators are of XPath. */
  local_configuration: settings(
    {
      file: z.string().default('LocalConfiguration.xml'),
      core_id: z.string().default('configuration/core/id'),
      /** Name of the object that tells where the administration service is; null: leave it alone. */
      administration_object: z.string().nullable().default('Administration Service'),
    },
    '{ file: LocalConfiguration.xml }',
  ).prefault({}),

  /** Run commands as root. */
  become: z.boolean().default(true),
  /** Ask the registry for the images: `never` on sites that reach none. */
  resolve_image: z.enum(['always', 'changed', 'never']).default('always'),
  /** Give the nodes this manager's registry credentials. */
  registry_auth: z.boolean().default(false),
  /** Remove services of the stack that are in no compose file. */
  prune: z.boolean().default(false),

  /** Folder of the control machine that keeps the backups. */
  backup_dir: z.string().default('dabook-backups'),
  /** Paths of the hosts, below what is saved, that the backups leave out: old dumps, logs. */
  backup_exclude: z.array(z.string()).default([]),
  /** Seconds that the services may take to run. */
  deploy_timeout: z.int().positive().default(300),
  /** Seconds that the services must have been running without a restart, to count as up. */
  stable_for: z.int().nonnegative().default(30),
  /** Seconds that a port may take to answer. */
  answer_timeout: z.int().positive().default(60),
  /** Seconds that the clocks may differ. */
  clock_skew: z.number().positive().default(5),
  /** What the administration service logs when it does not reach its database; a regular expression. */
  database_fault: z
    .string()
    .superRefine((text, context) => {
      try {
        new RegExp(text, 'i');
      } catch (error) {
        context.addIssue(`is no regular expression: ${error instanceof Error ? error.message : error}`);
      }
    })
    .default('(database|jdbc|postgres).*(fail|refused|timed? ?out|unreachable|cannot|could not)'),

  /** What the administration page gave: ids by service, and `done`. An answers file has it: `-e @answers.yml`. */
  answers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
});

export type Installation = z.infer<typeof Installation>;

/** The file of the manager, beside its compose files, that keeps what the administration page gave. */
export function answersFile({ compose_dir }: Pick<Installation, 'compose_dir'>): string {
  return `${compose_dir}/dabook-answers.yml`;
}

/** The compose files, base first: later ones win. */
export const composeFiles = ['docker-compose.yml', 'network.yml', 'versiontag.yml'] as const;
