import { type Host, refuse } from 'dabook';
import { type ComposeConfig, imagesReady } from 'dabook/tasks';
import { onHost, type Site } from './site.ts';

/**
 * Looks whether a host has the images of its services, or can get them.
 * @throws DabookError `refused`, with every image that it has not and cannot get
 */
export async function checkImages(
  host: Host,
  { services, installation }: Site,
  config: Pick<ComposeConfig, 'services'>,
): Promise<void> {
  const images = onHost(services, host).flatMap(({ name }) => config.services[name]?.image ?? []);
  const pull = installation.resolve_image !== 'never';
  const found = await host.read(imagesReady({ images: [...new Set(images)], pull }));
  // What a node is denied by itself it may get with the manager's credentials.
  const missing = Object.entries(found).flatMap(([image, state]) =>
    typeof state === 'string' || (state.denied === true && installation.registry_auth)
      ? []
      : [`${image}: ${state.missing}`],
  );
  if (missing.length === 0) return;
  throw refuse(
    `images that are not on this host, and that it cannot get:\n${missing.join('\n')}`,
    'load them (docker load), or give the nodes the registry credentials: registry_auth: true',
  );
}
