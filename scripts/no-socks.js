// Stands in the bundle for a SOCKS server, which ssh2-promise can start and dabook never asks for.
export function createServer() {
  throw new Error('dabook has no SOCKS server');
}
