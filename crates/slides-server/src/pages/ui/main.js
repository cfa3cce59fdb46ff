// Which part of the page is shown, and who is signed in.
import { call, client, signIn, signOut } from './api.js';
import * as convert from './convert.js';
import { by, say } from './dom.js';
import * as files from './files.js';
import * as follow from './follow.js';
import * as load from './load.js';
import * as operations from './operations.js';

const PARTS = {
  convert: {},
  operations: { enter: operations.enter, leave: operations.leave },
  files: { enter: files.enter },
  server: { enter: load.enter },
};
let shown = '';
let isIn = false;

function show(part) {
  for (const id of ['sign-in', ...Object.keys(PARTS)]) by(id).hidden = id !== part;
  for (const link of document.querySelectorAll('header nav a')) {
    if (link.hash === `#${part}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const title = by(`${part}-title`).textContent;
  document.title = `${title} · Slides`;
}

function go(event) {
  const part = location.hash.slice(1) in PARTS ? location.hash.slice(1) : 'convert';
  if (!isIn) return;
  if (shown !== part) {
    if (shown && PARTS[shown].leave) PARTS[shown].leave();
    shown = part;
    show(part);
    if (PARTS[part].enter) PARTS[part].enter();
  }
  if (event) by('main').focus();
}

async function enter() {
  isIn = true;
  by('who').hidden = !client();
  by('who-name').textContent = client();
  shown = '';
  go();
  follow.soon();
}

function askWho() {
  if (!by('sign-in').hidden) return;
  isIn = false;
  follow.stop();
  by('who').hidden = true;
  show('sign-in');
  by('client-id').focus();
}

by('sign-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const error = by('sign-in-error');
  error.textContent = '';
  try {
    await signIn(by('client-id').value.trim(), by('client-secret').value);
    by('client-secret').value = '';
    say('Signed in');
    await enter();
    by('main').focus();
  } catch (problem) {
    error.textContent = problem.message;
    by('client-secret').focus();
  }
});
by('sign-out').addEventListener('click', signOut);
document.addEventListener('sign-in', askWho);
addEventListener('hashchange', go);

convert.setUp();
operations.setUp();
files.setUp();
load.look();
// Whether a token is needed is for the server to say.
call('/operations?limit=1').then(enter, (error) => {
  if (error.status !== 401) enter();
});
