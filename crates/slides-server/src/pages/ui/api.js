// Calls of this server, and who makes them. A token is kept for this tab alone.

const KEPT = 'slides-token';
export const API = '/v3.0/slides';

let login = null;
try {
  login = JSON.parse(sessionStorage.getItem(KEPT) || 'null');
} catch {
  // Storage may be switched off: the token lives as long as the page.
}

export class Refused extends Error {
  constructor(status, code, message, wait) {
    super(message);
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

export const client = () => (login ? login.client : '');

function keep(value) {
  login = value;
  try {
    if (value) sessionStorage.setItem(KEPT, JSON.stringify(value));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // As above.
  }
}

export function signOut() {
  keep(null);
  document.dispatchEvent(new Event('sign-in'));
}

export async function signIn(id, secret) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
  const answer = await fetch('/connect/token', { method: 'POST', body });
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) {
    keep({ token: json.access_token, client: id });
    return;
  }
  if (answer.status === 429) {
    throw new Error(`Too many attempts. Try again in ${answer.headers.get('retry-after') || 'some'} seconds.`);
  }
  throw new Error(json.error === 'invalid_client' ? 'The client id or the secret is wrong.' : `The server refused: ${json.error || answer.status}`);
}

// Header values are bytes; a password may have any letters.
function header(value) {
  return String.fromCharCode(...new TextEncoder().encode(value));
}

function headersOf(headers) {
  const all = {};
  for (const [name, value] of Object.entries(headers || {})) if (value) all[name] = header(value);
  if (login) all.Authorization = `Bearer ${login.token}`;
  return all;
}

function refused(status, text, wait) {
  let error = {};
  try {
    error = JSON.parse(text).error || {};
  } catch {
    // Not ours: a proxy's, perhaps.
  }
  if (status === 401) signOut();
  return new Refused(status, error.code || '', error.message || `The server answered with ${status}.`, Number(wait) || 0);
}

export async function call(path, { method = 'GET', headers, body, signal } = {}) {
  const answer = await fetch(path, { method, headers: headersOf(headers), body, signal, cache: 'no-store' });
  if (answer.ok) return answer;
  throw refused(answer.status, await answer.text(), answer.headers.get('retry-after'));
}

export const json = async (path, options) => (await call(path, options)).json();

// Sends a body and tells how much of it has gone; gives the answer's text. `signal` breaks it off.
export function send(method, path, { headers, body, progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of Object.entries(headersOf(headers))) request.setRequestHeader(name, value);
    if (progress) request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.responseText);
      else reject(refused(request.status, request.responseText, request.getResponseHeader('retry-after')));
    };
    request.onerror = () => reject(new Refused(0, 'network', 'The server does not answer, or cut the upload off.'));
    request.onabort = () => reject(new DOMException('The upload was canceled.', 'AbortError'));
    if (signal) signal.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}

// Saves a file: by the browser itself where no token is needed, so that a large one goes to the disk as it comes.
export async function save(path, name) {
  const link = document.createElement('a');
  link.download = name;
  if (login) {
    const blob = await (await call(path)).blob();
    link.href = URL.createObjectURL(blob);
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } else {
    link.href = path;
  }
  document.body.append(link);
  link.click();
  link.remove();
}

export const segments = (path) => path.split('/').map(encodeURIComponent).join('/');
