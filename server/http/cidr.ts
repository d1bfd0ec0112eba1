import { BlockList, isIP } from 'node:net';

const LENGTH = { 4: 32, 6: 128 };

/** An IPv4 address is one address, also where a dual-stack socket writes it as IPv6. */
export function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** The eight parts of an IPv6 address. A URL writes each address in one way, with at most one `::`. */
function partsOf(address: string): number[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [front, back] = [head.split(':').filter(Boolean), tail.split(':').filter(Boolean)];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].map((part) => Number.parseInt(part, 16));
}

/** The IPv4 address that an IPv6 one stands for, or the address itself. */
function written(address: string): string {
  if (isIP(address) !== 6) return address;
  const [high, low] = partsOf(address).slice(6) as [number, number];
  const mapped = partsOf(address).slice(0, 6).join() === '0,0,0,0,0,65535';
  return mapped ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : address;
}

/** The first `bits` of an address; the rest is 0. */
function masked(address: string, bits: number): string {
  const [parts, size] = isIP(address) === 6 ? [partsOf(address), 16] : [address.split('.').map(Number), 8];
  const kept = parts.map((part, index) => {
    const free = Math.min(size, Math.max(0, (index + 1) * size - bits));
    return (part >> free) << free;
  });
  if (size === 8) return kept.join('.');
  return new URL(`http://[${kept.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1);
}

/** An address or network as one text, `ADDRESS/BITS`; undefined for what is none, or half of the internet. */
export function readCidr(text: string): string | undefined {
  const [given = '', bits, ...rest] = text.trim().split('/');
  if (isIP(given) === 0 || rest.length > 0 || given.includes('%')) return undefined;
  const address = written(given);
  const family = isIP(address) === 6 ? 6 : 4;
  const most = LENGTH[family];
  if (bits === undefined) return `${masked(address, most)}/${most}`;
  if (!/^\d{1,3}$/.test(bits)) return undefined;
  const length = address === given ? Number(bits) : Number(bits) - (LENGTH[6] - LENGTH[4]);
  // A slip of the hand must not lock everybody out.
  return length > most || length < 8 ? undefined : `${masked(address, length)}/${length}`;
}

export function cidrHolds(cidr: string, given: string): boolean {
  const address = unmapped(given);
  const [network = '', bits] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The network that an address is counted by: itself, or the /64 of IPv6, which one home has as a whole. */
export function networkOf(given: string): string {
  const address = unmapped(given).split('%', 1)[0]!;
  return isIP(address) === 6 ? `${masked(address, 64)}/64` : `${address}/32`;
}
