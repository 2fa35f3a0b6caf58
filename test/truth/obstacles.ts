import { compose, config, type Disturbance, folders, workers } from './disturbances.ts';

/** A folder of keys that is gone, and in its place a file system that has no room for them. */
const full = `${config}/policy-service/keys`;

const imageOf = (service: string) =>
  `$(docker service inspect ${service} -f '{{.Spec.TaskTemplate.ContainerSpec.Image}}')`;

const untilGone = (service: string) =>
  `for _ in $(seq 30); do [ -n "$(docker ps -q --filter label=com.docker.swarm.service.name=${service})" ] || break; sleep 0.5; done; sleep 1`;

/** What no run may go on with: it is refused before anything is touched, and stays. */
export const obstacles: readonly Disturbance[] = [
  {
    name: 'the folder of keys is gone',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `rm -rf ${config}/${folder}/keys`);
    },
  },
  {
    name: 'the settings of a service are missing',
    do: (lab, pick) => {
      const [host, folder] = pick(folders);
      return lab.root(host, `rm -f ${config}/${folder}/LocalConfiguration.xml`);
    },
  },
  {
    name: "the product's user id is somebody else's",
    do: (lab, pick) => lab.root(pick(workers), 'echo radius:x:1003:1003::/:/bin/sh >> /etc/passwd'),
    undo: (lab) => Promise.all(workers.map((host) => lab.root(host, "sed -i '/^radius:/d' /etc/passwd"))),
  },
  {
    name: 'there is no room for a key',
    do: (lab) =>
      lab.root(
        2,
        `mount -t tmpfs -o size=4k,uid=1003,gid=1003,mode=755 none ${full} && head -c 4096 /dev/zero > ${full}/zero`,
      ),
    undo: (lab) => lab.root(2, `umount ${full} 2>/dev/null || true`),
  },
  {
    name: 'a compose file lacks a label',
    do: (lab) => lab.root(1, `sed -i '/node.labels.da-policy-service1/d' ${compose}/docker-compose.yml`),
  },
  {
    name: 'a compose file names another image',
    do: (lab) => lab.root(1, `sed -i '0,/6[.]0[.]5[.][0-9]*/s//6.0.5.1/' ${compose}/versiontag.yml`),
  },
  {
    name: 'a compose file is missing',
    do: (lab, pick) => lab.root(1, `rm -f ${compose}/${pick(['network.yml', 'versiontag.yml'])}`),
  },
  {
    name: 'a compose file is no YAML',
    do: (lab) => lab.root(1, `printf 'a: [\\n' >> ${compose}/network.yml`),
  },
  {
    name: 'another stack has the port of a service that is gone',
    do: (lab) =>
      lab.root(
        1,
        `docker service rm da_access-point; ${untilGone('da_access-point')}; docker service create -d --name other --constraint node.hostname==ha3 --publish mode=host,published=443,target=443 --no-resolve-image --restart-condition none ${imageOf('da_policy')} sleep 900`,
      ),
    undo: (lab) => lab.root(1, 'docker service rm other >/dev/null 2>&1 || true'),
  },
  {
    name: 'a program has the port of a service that is gone',
    do: (lab) =>
      lab.root(
        1,
        `docker service rm da_administration; ${untilGone('da_administration')}; setsid busybox httpd -p 8443 -h /tmp`,
      ),
    undo: (lab) => lab.root(1, "kill $(pgrep -f '[h]ttpd -p 8443') 2>/dev/null || true"),
  },
  {
    name: 'the image of a service that is gone is nowhere',
    do: (lab) =>
      lab.root(
        1,
        `i=${imageOf('da_administration')}; docker service rm da_administration; ${untilGone('da_administration')}; echo "$i" > /tmp/truth-image; docker tag "$i" truth:kept && docker rmi "$i"`,
      ),
    undo: (lab) =>
      lab.root(
        1,
        'if [ -f /tmp/truth-image ]; then docker tag truth:kept "$(cat /tmp/truth-image)"; docker rmi truth:kept; rm /tmp/truth-image; fi',
      ),
  },
];
