// Small pictures of a deck's slides. The server draws them as operations of a lower priority than any conversion, one at a
// time for this page, so that they take nobody's turn.
import { API, call, send } from './api.js';
import { unzip } from './zip.js';

// Larger decks would be sent twice for little.
const LARGEST = 32e6;
const WIDTH = 320;
const PATIENCE = 90000;
const KEPT = 'slides-pictures';

let ids = [];
try {
  ids = JSON.parse(sessionStorage.getItem(KEPT) || '[]');
} catch {
  // Storage may be switched off.
}

let last = Promise.resolve();

// Whether an operation was started for pictures alone: lists leave it out.
export const isPicture = (id) => ids.includes(id);

function note(id) {
  ids = [...ids.slice(-499), id];
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(ids));
  } catch {
    // As above.
  }
}

async function ended(id, signal) {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const operation = await (await call(`${API}/async/${id}?wait=20`, { signal })).json();
    if (['Finished', 'Failed', 'Canceled'].includes(operation.status)) return operation.status === 'Finished';
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return false;
}

async function ask({ file, password, slides, signal, onPicture }) {
  const form = new FormData();
  form.append('options', new Blob([JSON.stringify({ format: 'png', width: WIDTH })], { type: 'application/json' }));
  // Lists of operations elsewhere say what it is.
  form.append('document', file, `Pictures of ${file.name}`);
  const headers = { password, 'X-Slides-Priority': '-1' };
  const id = await send('POST', `${API}/async/convert/png?slides=${slides.join(',')}`, { headers, body: form, signal });
  note(id);
  let done = false;
  try {
    done = await ended(id, signal);
  } finally {
    if (!done) call(`${API}/async/${id}`, { method: 'DELETE' }).catch(() => {});
  }
  if (!done) return;
  const buffer = await (await call(`${API}/async/${id}/result`, { signal })).arrayBuffer();
  const isZip = new DataView(buffer).getUint16(0) === 0x504b;
  const files = isZip ? await unzip(buffer) : [{ bytes: new Uint8Array(buffer) }];
  files.slice(0, slides.length).forEach(({ bytes }, index) => {
    onPicture(slides[index], URL.createObjectURL(new Blob([bytes], { type: 'image/png' })));
  });
}

// Asks for pictures of slides; those that cannot be drawn do not come, as the conversion says what is wrong.
export function pictures(request) {
  if (!request.file || request.file.size > LARGEST || !request.slides.length) return;
  last = last.then(async () => {
    if (request.signal && request.signal.aborted) return;
    try {
      await ask(request);
    } catch {
      // A queue that is full has no room for pictures.
    }
  });
}
