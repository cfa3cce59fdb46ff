// Reads the files of a ZIP, as the server writes them.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const MOST = 200;

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export async function unzip(buffer) {
  const view = new DataView(buffer);
  let end = buffer.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Error('this is no ZIP');
  const files = [];
  let at = view.getUint32(end + 16, true);
  for (let left = Math.min(view.getUint16(end + 10, true), MOST); left > 0; left -= 1) {
    if (view.getUint32(at, true) !== ENTRY) throw new Error('the ZIP is damaged');
    const method = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 20, true);
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const local = view.getUint32(at + 42, true);
    const data = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const bytes = new Uint8Array(buffer, data, size);
    const text = new TextDecoder().decode(new Uint8Array(buffer, at + 46, name));
    files.push({ name: text, bytes: method === 8 ? await inflate(bytes) : bytes });
    at += 46 + name + extra + comment;
  }
  return files;
}
