import { BlockList, isIP } from 'node:net';

/** An address or network as one text: `ADDRESS/BITS`; undefined for what is none, or half of the internet. */
export function readCidr(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.trim().toLowerCase().split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const most = family === 6 ? 128 : 32;
  if (bits === undefined) return `${address}/${most}`;
  // A slip of the hand must not lock everybody out.
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most || Number(bits) < 8) return undefined;
  return `${address}/${bits}`;
}

export function cidrHolds(cidr: string, given: string): boolean {
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(given)?.[1] ?? given;
  const [network = '', bits] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The network that an address is counted by: itself, or the /64 of IPv6. */
export function cidrOf(given: string): string {
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(given)?.[1] ?? given;
  return isIP(address) === 6 ? `${address.split('%', 1)[0]}/64` : `${address}/32`;
}
