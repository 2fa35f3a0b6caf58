/**
 * An inventory that is computed: the same layout as in YAML, as the default export of a module (or a function that
 * returns it, asynchronous if it has to ask somebody). Use it with `-i inventory/hosts.ts`.
 */
const network = '192.0.2';
const workers = 2;

const names = Array.from({ length: workers }, (_, index) => `da${index + 2}`);

/** The address is both what dabook connects to and what the nodes of the swarm reach each other by. */
function node(number: number) {
  const ip = `${network}.${10 + number}`;
  return { ansible_host: ip, ip };
}

export default () => ({
  all: {
    vars: {
      ansible_user: 'deploy',
      ansible_become: true,
      version: '6.2.0.60300',
      services: {
        administration: { node: 'da1' },
        policy: { node: 'da1' },
        ...Object.fromEntries(names.map((name, index) => [`policy${index + 1}`, { node: name }])),
      },
    },
    children: {
      manager: { hosts: { da1: node(1) } },
      workers: { hosts: Object.fromEntries(names.map((name, index) => [name, node(index + 2)])) },
    },
  },
});
