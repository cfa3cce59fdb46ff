// Files and folders of a storage.
import { API, json, call, save, segments, send } from './api.js';
import { chooseStored } from './convert.js';
import { by, bytes, make, say, time, trouble } from './dom.js';

const DECK = /\.(pptx|pptm|ppsx|ppsm|potx|potm|ppt|pps|pot|odp|otp|fodp)$/i;
let folder = '';
let asked = 0;

const storage = () => by('storage').value.trim();

function address(kind, path, more) {
  const query = new URLSearchParams(more);
  if (storage()) query.set('storageName', storage());
  const text = query.toString();
  return `${API}/storage/${kind}/${segments(path)}${text ? `?${text}` : ''}`;
}

const within = (name) => (folder ? `${folder}/${name}` : name);

async function attempt(work) {
  try {
    trouble('');
    await work();
  } catch (error) {
    if (error.status !== 401) trouble(error.message);
  }
}

function showPath() {
  const step = (name, path, isLast) => {
    if (isLast) return make('span', { 'aria-current': 'location' }, name);
    const button = make('button', { type: 'button', class: 'link' }, name);
    button.addEventListener('click', () => open(path));
    return button;
  };
  const parts = folder ? folder.split('/') : [];
  const steps = [step('Files', '', !parts.length)];
  parts.forEach((part, index) => steps.push(' / ', step(part, parts.slice(0, index + 1).join('/'), index === parts.length - 1)));
  by('path').replaceChildren(...steps);
}

// Asks before something is lost; the answer is in the dialog's value.
function sure(text) {
  const dialog = by('sure');
  by('sure-text').textContent = text;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

function row(entry) {
  const path = within(entry.name);
  const action = (label, work, name = 'quiet') => {
    const button = make('button', { type: 'button', class: name, 'aria-label': `${label} ${entry.name}` }, label);
    button.addEventListener('click', () => attempt(work));
    return button;
  };
  const remove = action('Delete', async () => {
    if (!await sure(entry.isFolder ? `Delete the folder “${entry.name}” and all that is in it?` : `Delete “${entry.name}”?`)) return;
    await call(address(entry.isFolder ? 'folder' : 'file', path, entry.isFolder ? { recursive: true } : {}), { method: 'DELETE' });
    say(`${entry.name} deleted`);
    await open(folder);
    by('files-title').focus();
  });
  const actions = entry.isFolder ? [remove] : [
    DECK.test(entry.name) ? action('Convert', () => chooseStored(path, storage())) : null,
    action('Download', () => save(address('file', path), entry.name)),
    remove,
  ];
  const open_ = make('button', { type: 'button', class: 'link' }, `${entry.name}/`);
  open_.addEventListener('click', () => open(path));
  return make('tr', {},
    make('th', { scope: 'row' }, entry.isFolder ? open_ : entry.name),
    make('td', {}, entry.isFolder ? 'folder' : bytes(entry.size)),
    make('td', {}, entry.isFolder ? '' : time(entry.modifiedDate)),
    make('td', { class: 'actions' }, ...actions.filter(Boolean)));
}

const byName = (a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name);

async function open(path) {
  const mine = asked += 1;
  await attempt(async () => {
    const list = await json(address('folder', path));
    if (mine !== asked) return;
    folder = path;
    by('entries').replaceChildren(...list.value.sort(byName).map(row));
    by('files-table').hidden = !list.value.length;
    by('files-empty').hidden = list.value.length > 0;
    showPath();
  });
}

async function upload(files) {
  const state = by('upload-state');
  for (const [index, file] of [...files].entries()) {
    const place = files.length > 1 ? ` (${index + 1} of ${files.length})` : '';
    const progress = (sent, total) => {
      state.textContent = `Uploading ${file.name}${place}: ${total ? Math.round((sent / total) * 100) : 0} %`;
    };
    progress(0, 1);
    await send('PUT', address('file', within(file.name)), { headers: { 'Content-Type': 'application/octet-stream' }, body: file, progress });
    say(`${file.name} uploaded`);
  }
}

export function setUp() {
  by('files-title').tabIndex = -1;
  by('storage').addEventListener('change', () => open(''));
  by('folder-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = by('folder-name');
    const name = input.value.trim();
    if (!name) return;
    attempt(async () => {
      await call(address('folder', within(name)), { method: 'PUT' });
      input.value = '';
      say(`Folder ${name} made`);
      await open(folder);
    });
  });
  by('upload').addEventListener('change', async (event) => {
    const files = [...event.target.files];
    event.target.value = '';
    await attempt(() => upload(files));
    by('upload-state').textContent = '';
    await open(folder);
  });
}

export const enter = () => open(folder);
