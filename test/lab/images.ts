import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { commandPath } from './install-packages.ts';
import { sh } from './shell.ts';

/** Names of the product's images, without their tags. */
const REPOSITORIES = [
  'administration-service',
  'policy-service',
  'authentication-service',
  'distribution-service',
  'access-point',
  'postgres',
].map((name) => `dabook.test/da/${name}`);

/** The version that runs at the start, and the one to upgrade to. */
export const TAGS = ['6.0.5.60259', '6.0.5.60260'] as const;

const APPLETS = 'sh cat echo env hostname httpd id ls mkdir nc nslookup ps sleep test wget'.split(' ');

/** Says its host name on port 8080. A shell that waits ends at once on SIGTERM, though it is the first process. */
const SERVICE = `#!/bin/sh
trap 'exit 0' TERM INT
mkdir -p /tmp/www
hostname > /tmp/www/index.html
httpd -h /tmp/www -p 8080
while :; do sleep 3600 & wait $!; done
`;

/**
 * Makes one archive, as `docker save` would, with all images under all their tags, for `docker load`. The two
 * versions differ in a label, hence in their ids. Nothing in them but a static busybox.
 * @param folder where to build; the archive is left there
 */
export async function buildImages(folder: string): Promise<string> {
  const busybox = await commandPath('busybox');
  const work = `${folder}/images`;
  await mkdir(`${work}/layer/bin`, { recursive: true });
  await mkdir(`${work}/layer/tmp`);
  await mkdir(`${work}/layer/etc`);
  await writeFile(`${work}/layer/etc/passwd`, 'root:x:0:0::/:/bin/sh\nda:x:1003:1003::/tmp:/bin/sh\n');
  await writeFile(`${work}/layer/bin/service`, SERVICE, { mode: 0o755 });
  const layer = sh({ cwd: `${work}/layer/bin` });
  await layer`cp ${busybox ?? 'busybox'} busybox && for applet in ${APPLETS}; do ln -s busybox $applet; done`;
  // Whatever the caller's umask is: the product's user has to read all of it.
  await layer`chmod -R a+rX .. && chmod 755 busybox service && chmod 1777 ../tmp`;
  await sh({ cwd: work })`tar --owner=0 --group=0 --mtime=@0 --sort=name -cf layer.tar -C layer .`;
  const digest = createHash('sha256')
    .update(await readFile(`${work}/layer.tar`))
    .digest('hex');
  const manifest = [];
  for (const tag of TAGS) {
    const config = `${tag}.json`;
    await writeFile(`${work}/${config}`, JSON.stringify(imageConfig(tag, digest)));
    manifest.push({
      Config: config,
      RepoTags: REPOSITORIES.map((name) => `${name}:${tag}`),
      Layers: ['layer.tar'],
    });
  }
  await writeFile(`${work}/manifest.json`, JSON.stringify(manifest));
  await sh({ cwd: work })`tar -cf ../images.tar manifest.json ${TAGS.map((tag) => `${tag}.json`)} layer.tar`;
  await rm(work, { recursive: true });
  return `${folder}/images.tar`;
}

function imageConfig(tag: string, digest: string) {
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '2024-01-01T00:00:00Z',
    config: {
      User: '1003:1003',
      Env: ['PATH=/bin'],
      Cmd: ['/bin/service'],
      Labels: { 'org.opencontainers.image.version': tag },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'dabook lab' }],
  };
}
