import { playbook, refuse } from 'dabook';
import { findNode, nodeAvailability, nodes, stackPlaced, stackSteady } from 'dabook/tasks';
import { z } from 'zod';
import { answeringPorts, verifyPorts } from './digital-access/answering-ports.ts';
import { mergedCompose } from './digital-access/check-compose.ts';
import { described } from './digital-access/described.ts';
import { onHost, siteOf } from './digital-access/site.ts';

/** The installation, and the worker to take out of service: `-e drain=ha2`. */
const FailoverTest = described.vars.extend({ drain: z.string() });

/**
 * Shows that an installation carries on without one of its workers: sees that all is well, drains the node,
 * verifies that the twins of its services run and answer, and sets it active again, whatever was seen and after an
 * interrupt too. For a time of little traffic: what is under way on that node is cut off.
 */
export default playbook(
  {
    name: 'Digital Access: failover test',
    groups: described.groups,
    vars: FailoverTest,
    review: (given, found) => {
      described.review(given, found);
      const { drain, services } = given.vars;
      const names = given.groups.workers.map(({ name }) => name);
      const carrying = names.filter((name) => Object.values(services).some(({ node }) => node === name));
      if (carrying.includes(drain)) return;
      const why = names.includes(drain) ? 'which carries no service' : 'which is no worker';
      const hint = `the workers that carry services are ${carrying.join(', ') || '(none)'}`;
      found.fault(`drain is ${drain}, ${why}`, given.at('drain'), hint);
    },
  },
  async ({ groups, vars, play }) => {
    const site = siteOf(groups, vars);
    const { manager, services, addresses } = site;
    const { stack, drain } = vars;
    const idle = onHost(services, { name: drain });
    const others = services.filter(({ node }) => node !== drain);

    const { ids, node, config } = await play('Look for the twins of its services', manager, async (host) => {
      const alone = idle.filter(({ kind }) => !others.some((other) => other.kind === kind));
      if (alone.length > 0) {
        throw refuse(
          `nothing would carry on for ${alone.map(({ name }) => name).join(', ')}: no other node has a service of that kind`,
          'name a worker whose services all have a twin: -e drain=…',
        );
      }
      const all = await host.read(nodes);
      const nodeOf = (name: string) => findNode(all, { address: addresses[name] ?? '' });
      const lost = services.filter((each) => nodeOf(each.node) === undefined);
      const node = nodeOf(drain);
      if (lost.length > 0 || node === undefined) {
        throw refuse(
          `the swarm has no node for ${lost.map(({ name }) => name).join(', ')}`,
          'set the installation up first: playbooks/ha.ts',
        );
      }
      if (node.availability !== 'active') {
        throw refuse(
          `${drain} takes no tasks already: its availability is ${node.availability}`,
          `see why; if nothing speaks against it: docker node update --availability active ${node.id}`,
        );
      }
      return {
        ids: Object.fromEntries(services.map((each) => [each.name, nodeOf(each.node)?.id ?? ''])),
        node,
        config: await mergedCompose(host, site),
      };
    });
    const placed = (of: typeof services) =>
      stackPlaced({ name: stack, on: Object.fromEntries(of.map(({ name }) => [name, ids[name] ?? ''])) });
    const portsOf = (of: typeof services) => answeringPorts({ ...site, services: of }, config);
    const verify = async (host: typeof manager) => {
      await host.run([placed(services), stackSteady({ name: stack, seconds: vars.stable_for })]);
      await verifyPorts(host, portsOf(services), site);
    };

    await play('Verify that all is well before', manager, verify);
    await play(
      `Fail over from ${drain}`,
      manager,
      async (host) => {
        await host.run(nodeAvailability({ node: node.id, name: drain, availability: 'drain' }));
        await host.run([
          stackPlaced({ name: stack, on: Object.fromEntries(idle.map(({ name }) => [name, []])) }),
          placed(others),
        ]);
        await verifyPorts(host, portsOf(others), site);
      },
      {
        always: (host) =>
          host.run(nodeAvailability({ node: node.id, name: drain, availability: node.availability })),
      },
    );
    await play(`Verify that ${drain} carries its services again`, manager, verify);
  },
);
