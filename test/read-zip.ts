import { inflateRawSync } from 'node:zlib';

/** The files of a zip archive by path, read from its central directory (APPNOTE.TXT 4.3.12). */
export function readZip(archive: Buffer): Map<string, string> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, string>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = archive.readUInt16LE(at + 10);
    const size = archive.readUInt32LE(at + 20);
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const header = archive.readUInt32LE(at + 42);
    const from = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28);
    const data = archive.subarray(from, from + size);
    files.set(archive.toString('utf8', at + 46, at + 46 + name), String(method === 8 ? inflateRawSync(data) : data));
    at += 46 + name + extra + comment;
  }
  return files;
}
