import { z } from 'zod';
import { ServiceSchema } from './service.ts';

/** Variables of a node. */
export const Node = z.object({
  /** The address under which the other nodes reach it. */
  ip: z.ipv4(),
  /** The services that it shall carry. */
  services: z.array(ServiceSchema),
});

/** Variables of the installation, with the product's defaults. */
export const Installation = z.object({
  stack: z.string().default('da'),
  /** Folder of the three compose files, on the manager. */
  compose_dir: z.string().default('/opt/nexus/docker-compose'),
  /** Each service has a folder in it, on the node that carries it. */
  config_root: z.string().default('/opt/nexus/config'),
  /** Owner of the key files: the user that the product's containers run as (1003 from 6.2 on). */
  owner: z.object({ uid: z.int(), gid: z.int() }).default({ uid: 1003, gid: 1003 }),
  /** Run commands as root. */
  become: z.boolean().default(true),
  /** Ask the registry for the images: `never` on sites that reach none. */
  resolve_image: z.enum(['always', 'changed', 'never']).default('always'),
  /** Give the nodes this manager's registry credentials. */
  registry_auth: z.boolean().default(false),
  /** Remove services of the stack that are in no compose file. */
  prune: z.boolean().default(false),
  /** Seconds that the services may take to run. */
  deploy_timeout: z.int().positive().default(300),
});

export type Installation = z.infer<typeof Installation>;

/** The compose files, base first: later ones win. */
export const composeFiles = ['docker-compose.yml', 'network.yml', 'versiontag.yml'] as const;
