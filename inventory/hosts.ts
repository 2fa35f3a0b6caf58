/**
 * An inventory that is computed: the same layout as in YAML, as the default export of a module (or a function that
 * returns it, asynchronous if it has to ask somebody). Use it with `-i inventory/hosts.ts`.
 */
const network = '192.0.2';
const workers = 2;

/** The address is both what dabook connects to and what the nodes of the swarm reach each other by. */
function node(number: number, services: readonly string[]) {
  const ip = `${network}.${10 + number}`;
  return { ansible_host: ip, ip, services };
}

export default () => ({
  all: {
    vars: { ansible_user: 'deploy', ansible_become: true, stack: 'da' },
    children: {
      manager: { hosts: { da1: node(1, ['administration', 'policy']) } },
      workers: {
        hosts: Object.fromEntries(
          Array.from({ length: workers }, (_, index) => [
            `da${index + 2}`,
            node(index + 2, [`policy${index + 1}`]),
          ]),
        ),
      },
    },
  },
});
