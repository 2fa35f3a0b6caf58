import { z } from 'zod';
import { settings } from './settings.ts';

/** What a service is, whatever it is called. */
export const kinds = [
  'administration',
  'policy',
  'authentication',
  'distribution',
  'access-point',
  'database',
] as const;

export type Kind = (typeof kinds)[number];

const notAPort = 'must be a number from 1 to 65535';
const Port = z.int(notAPort).min(1, notAPort).max(65_535, notAPort);

const asPort =
  'must be a port number, or written as in { published: 9302, target: 8080, protocol: tcp, mode: host }';

/** A published port: a number, or all of it as compose files have it. */
const PublishedPort = z
  .union(
    [
      Port,
      z.strictObject(
        {
          published: Port,
          target: Port.optional(),
          protocol: z.enum(['tcp', 'udp']).optional(),
          mode: z.enum(['host', 'ingress']).optional(),
        },
        asPort,
      ),
    ],
    asPort,
  )
  .transform((given) => (typeof given === 'number' ? { published: given } : given));

export type PublishedPort = z.infer<typeof PublishedPort>;

/** A service in the inventory. All but the node follows from its name where nothing else is said. */
export const ServiceEntry = settings(
  {
    /** The host of the inventory that carries it. */
    node: z.string('name the host that carries it, as in { node: da1 }'),
    kind: z.enum(kinds).optional(),
    /** The node label that its placement constraint names. */
    label: z.string().min(1).optional(),
    /** Its folder below the configuration root. */
    folder: z.string().min(1).optional(),
    /** Its image, whole. By default as that of the services of its kind, with the installation's tag. */
    image: z.string().min(1).optional(),
    /** The ports that it publishes on its node; by default as the services of its kind do. */
    ports: z.array(PublishedPort).optional(),
    /** Listeners that access points balance over: each must be among the ports that it publishes. */
    listeners: z.array(Port).default([]),
    /** The id that the administration page gave it. */
    id: z.int().positive().optional(),
    /** Under which other services reach it: its name, for access points their node's address. */
    internal_host: z.string().min(1).optional(),
    /** By default the first port that the compose files give it. */
    internal_port: Port.optional(),
    /** Name of its own object in its local configuration; found by its id where it is not said. */
    object: z.string().min(1).optional(),
  },
  '{ node: da1 }, with the host that carries it',
);

export type ServiceEntry = z.infer<typeof ServiceEntry>;
