// Reads /openapi.json and makes a form of each call. Asks this server alone.
'use strict';

const METHODS = ['get', 'post', 'put', 'delete'];
const SHOWN = 200000;
let api;

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'class') element.className = value;
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function resolve(node) {
  if (!node || !node.$ref) return node;
  const found = node.$ref.slice(2).split('/').reduce((at, key) => at && at[key], api);
  return node.description ? { ...found, description: node.description } : found;
}

function typeOf(schema) {
  schema = resolve(schema) || {};
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || 'object';
}

function example(schema, depth = 0) {
  schema = resolve(schema) || {};
  if (depth > 4) return null;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return example(schema.oneOf[0], depth);
  const parts = schema.allOf ? schema.allOf.map(resolve) : [schema];
  const properties = Object.assign({}, ...parts.map((part) => part.properties || {}));
  if (schema.type === 'array') return [example(schema.items, depth + 1)];
  if (Object.keys(properties).length) {
    return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, example(value, depth + 1)]));
  }
  return { string: '', integer: 0, number: 0, boolean: false }[schema.type] ?? {};
}

function parameterRow(parameter, inputs) {
  const schema = resolve(parameter.schema) || {};
  let input;
  if (schema.enum || schema.type === 'boolean') {
    input = make('select', {}, ...['', ...(schema.enum || ['true', 'false'])].map((value) => make('option', { value }, value)));
  } else {
    input = make('input', { type: parameter.name === 'password' ? 'password' : 'text' });
  }
  inputs.push({ parameter, input });
  return make('tr', {},
    make('td', {}, make('code', { class: parameter.required ? 'required' : '' }, parameter.name), ' ', make('span', { class: 'muted' }, parameter.in)),
    make('td', {}, input),
    make('td', {}, parameter.description || ''));
}

function bodyForm(body) {
  if (!body) return null;
  const content = body.content || {};
  const files = ['application/octet-stream', 'multipart/form-data'].some((type) => type in content);
  const json = Object.entries(content).find(([type]) => type === 'application/json');
  const form = content['application/x-www-form-urlencoded'];
  const many = files && !('application/octet-stream' in content);
  const options = content['multipart/form-data'] && (resolve(content['multipart/form-data'].schema) || {}).properties;
  const withJson = json || (options && (options.options || options.request));
  const file = files ? make('input', { type: 'file', multiple: many }) : null;
  const area = withJson || form ? make('textarea', { spellcheck: false, placeholder: form ? 'a=b&c=d' : 'JSON, or nothing' }) : null;
  const fill = withJson ? make('button', { type: 'button' }, 'Fill in an example') : null;
  if (fill) {
    fill.onclick = () => {
      const schema = json ? json[1].schema : options.options || options.request;
      const given = json && json[1].example;
      area.value = JSON.stringify(given || example(schema), null, 2);
    };
  }
  return {
    element: make('div', {}, make('p', { class: 'muted' }, body.description || ''), file, area, fill),
    build(headers) {
      const chosen = file ? [...file.files] : [];
      const text = area ? area.value.trim() : '';
      if (form) {
        headers['Content-Type'] = 'application/x-www-form-urlencoded';
        return text;
      }
      if (chosen.length && (text || chosen.length > 1)) {
        const data = new FormData();
        if (text) data.append('options', text);
        chosen.forEach((one, index) => data.append(`file${index + 1}`, one, one.name));
        return data;
      }
      if (chosen.length) {
        headers['Content-Type'] = 'application/octet-stream';
        return chosen[0];
      }
      if (text) headers['Content-Type'] = 'application/json';
      return text || undefined;
    },
  };
}

function address(path, inputs, headers) {
  const query = new URLSearchParams();
  for (const { parameter, input } of inputs) {
    const value = input.value;
    if (parameter.in === 'path') {
      const many = parameter['x-multi-segment'];
      const encoded = many ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
      path = path.replace(`{${parameter.name}}`, encoded);
    } else if (value !== '') {
      if (parameter.in === 'header') headers[parameter.name] = value;
      else query.append(parameter.name, value);
    }
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

async function show(output, response) {
  const lines = [`${response.status} ${response.statusText}`];
  response.headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  output.replaceChildren(make('pre', {}, lines.join('\n')));
  const type = response.headers.get('content-type') || '';
  const disposition = response.headers.get('content-disposition') || '';
  const blob = await response.blob();
  if (!blob.size) return;
  if (disposition.startsWith('attachment')) {
    const name = (/filename="([^"]*)"/.exec(disposition) || [])[1] || 'file';
    const href = URL.createObjectURL(blob);
    output.append(make('p', {}, make('a', { href, download: name }, `Save ${name} (${blob.size} bytes)`)));
    if (/^image\/(png|jpeg|gif|bmp)/.test(type)) output.append(make('img', { class: 'result', src: href, alt: name }));
    return;
  }
  let text = (await blob.text()).slice(0, SHOWN);
  try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* plain text */ }
  output.append(make('pre', {}, text));
}

function callSection(path, method, call, shared) {
  const section = make('details', { class: 'call' });
  section.dataset.search = `${call.operationId} ${path}`.toLowerCase();
  section.append(make('summary', {},
    make('span', { class: `method ${method}` }, method.toUpperCase()), make('code', {}, path), ' ',
    make('strong', {}, call.operationId), make('div', { class: 'muted' }, call.summary || '')));
  // The form is made when it is first looked at.
  section.addEventListener('toggle', () => {
    if (!section.open || section.dataset.made) return;
    section.dataset.made = 'yes';
    const inputs = [];
    const parameters = [...(shared || []), ...(call.parameters || [])].map(resolve);
    const body = bodyForm(resolve(call.requestBody));
    const output = make('div', {});
    const send = make('button', {}, 'Send');
    const form = make('form', {},
      parameters.length ? make('table', {}, ...parameters.map((parameter) => parameterRow(parameter, inputs))) : null,
      body && body.element, send);
    form.onsubmit = async (event) => {
      event.preventDefault();
      send.disabled = true;
      const headers = {};
      const token = document.getElementById('token').value.trim();
      if (token) headers.Authorization = `Bearer ${token}`;
      try {
        const content = body ? body.build(headers) : undefined;
        await show(output, await fetch(address(path, inputs, headers), { method: method.toUpperCase(), headers, body: content }));
      } catch (error) {
        output.replaceChildren(make('pre', {}, String(error)));
      } finally {
        send.disabled = false;
      }
    };
    const answers = Object.entries(call.responses || {}).map(([status, answer]) => {
      answer = resolve(answer);
      const media = Object.entries(answer.content || {}).map(([type, { schema }]) => `${type} ${(schema && schema.$ref || '').split('/').pop()}`);
      return make('tr', {}, make('td', {}, make('code', {}, status)), make('td', {}, answer.description || ''), make('td', {}, media.join(', ')));
    });
    section.append(make('div', {}, make('p', {}, call.description || ''), form, output, make('h4', {}, 'Answers'), make('table', {}, ...answers)));
  });
  return section;
}

function models() {
  const rows = Object.entries(api.components.schemas).map(([name, schema]) => {
    const parts = schema.allOf ? schema.allOf.map(resolve) : [schema];
    const fields = parts.flatMap((part) => Object.entries(part.properties || {}));
    const body = schema.enum ? make('p', {}, schema.enum.join(', ')) : make('table', {}, ...fields.map(([field, kind]) =>
      make('tr', {}, make('td', {}, make('code', {}, field)), make('td', {}, typeOf(kind)), make('td', {}, (resolve(kind) || {}).description || ''))));
    const section = make('details', { class: 'call' }, make('summary', {}, make('code', {}, name), make('div', { class: 'muted' }, schema.description || '')), make('div', {}, body));
    section.dataset.search = name.toLowerCase();
    return section;
  });
  return make('section', {}, make('h2', {}, 'Models'), ...rows);
}

async function start() {
  const answer = await fetch('/openapi.json');
  api = await answer.json();
  document.getElementById('about').textContent = `${api.info.title} ${api.info.version}: ${api.info.summary}`;
  const main = document.getElementById('calls');
  for (const tag of api.tags) {
    const calls = [];
    for (const [path, item] of Object.entries(api.paths)) {
      for (const method of METHODS) {
        const call = item[method];
        if (call && (call.tags || []).includes(tag.name)) calls.push(callSection(path, method, call, item.parameters));
      }
    }
    if (calls.length) main.append(make('section', {}, make('h2', {}, tag.name), make('p', { class: 'muted' }, tag.description || ''), ...calls));
  }
  main.append(models());
}

document.getElementById('filter').addEventListener('input', (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const section of document.querySelectorAll('details.call')) section.hidden = !section.dataset.search.includes(wanted);
});

document.getElementById('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const state = document.getElementById('login-state');
  const fields = new FormData(event.target);
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: fields.get('client_id'), client_secret: fields.get('client_secret') });
  const answer = await fetch('/connect/token', { method: 'POST', body });
  const json = await answer.json();
  state.textContent = answer.ok ? 'have a token' : `refused: ${json.error}`;
  if (answer.ok) document.getElementById('token').value = json.access_token;
});

start().catch((error) => document.getElementById('calls').append(make('pre', {}, String(error))));
