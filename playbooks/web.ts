import { playbook } from 'dabook';
import {
  copyFile,
  findNode,
  labelNode,
  nodes,
  stackDeploy,
  stackPlaced,
  swarmInit,
  swarmJoin,
} from 'dabook/tasks';
import { z } from 'zod';

/** Variables of a node. */
const Node = z.object({
  /** The address under which the other nodes reach it. */
  ip: z.ipv4(),
  /** What runs on it. */
  role: z.enum(['web', 'database']),
});

const Shop = z.object({
  stack: z.string().default('shop'),
  web_image: z.string(),
  database_image: z.string(),
  /** Ask the registry for the images: `never` on sites that reach none. */
  resolve_image: z.enum(['always', 'changed', 'never']).default('changed'),
});

/**
 * A web service and its database on a Docker Swarm: hosts with nothing but Docker become one swarm, are
 * labelled by their role, and run the stack whose compose file lies beside this playbook. To be taken as the
 * beginning of your own: nothing of it is about any product.
 *
 *     dabook run playbooks/web.ts -i inventory/web.yml --check
 */
export default playbook(
  { name: 'Web service', groups: { manager: Node, workers: Node }, vars: Shop },
  async ({ groups, vars, play }) => {
    const [manager] = groups.manager;
    const swarm = await play('Make the swarm', manager, async (host) => {
      const { state } = await host.run(swarmInit({ advertise: host.vars.ip }));
      return state;
    });
    const joined = await play('Join the workers', groups.workers, async (host) => {
      const { state } = await host.run(swarmJoin({ swarm, advertise: host.vars.ip }));
      return { host, id: state.nodeId };
    });
    // Workers outside of --limit are in the swarm already, or not at all.
    const listed = await play('List the nodes', manager, (host) => host.read(nodes));
    const others = groups.workers.flatMap((worker) => {
      if (joined.some(({ host }) => host.name === worker.name)) return [];
      const node = findNode(listed, { address: worker.vars.ip });
      return node === undefined ? [] : [{ host: worker, id: node.id }];
    });
    const members = [{ host: manager, id: swarm.nodeId }, ...joined, ...others];

    await play('Label the nodes', manager, (host) =>
      host.run(
        members.map(({ host: { name, vars }, id }) =>
          labelNode({ node: id, name, labels: { role: vars.role } }),
        ),
      ),
    );
    // In a folder that every host has.
    const [dir, compose, settings] = ['/etc', `${vars.stack}.yml`, `${vars.stack}-settings.yml`];
    await play('Write the compose files', manager, (host) =>
      host.run([
        copyFile({ src: new URL('web/docker-compose.yml', import.meta.url), dest: `${dir}/${compose}` }),
        copyFile({ content: settingsOf(vars), dest: `${dir}/${settings}` }),
      ]),
    );
    await play('Deploy the stack', manager, (host) =>
      host.run(
        stackDeploy({ name: vars.stack, dir, files: [compose, settings], resolveImage: vars.resolve_image }),
      ),
    );
    const on = (role: string) => members.filter(({ host }) => host.vars.role === role).map(({ id }) => id);
    await play('Verify where the services run', manager, (host) =>
      host.run(stackPlaced({ name: vars.stack, on: { web: on('web'), database: on('database') } })),
    );
  },
);

/** A second compose file, with what the inventory says. JSON is YAML too, and quotes whatever is in a text. */
function settingsOf({ web_image, database_image }: z.infer<typeof Shop>): string {
  const services = { web: { image: web_image }, database: { image: database_image } };
  return `${JSON.stringify({ version: '3.7', services }, null, 2)}\n`;
}
