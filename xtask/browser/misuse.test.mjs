// Requests that no form of ours sends: broken JSON, fields of the wrong kind, very long words, NUL bytes, huge numbers,
// ids of another kind, the wrong method, bodies too large, forms of another site. Every answer is a refusal in the
// form that the interface promises, none is a failure inside, and the log stays whole. On PostgreSQL, which takes less.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startProgram } from './harness.mjs';
import { API, CASES, DAY, readPermissions, readRoutes, send, signInAll } from './routes.mjs';

const OWN = '03445';

/** What stands in a field instead of what belongs there. `text`: may be taken where words are free. */
const BAD = [
  ['a NUL byte', 'a\u0000b'],
  ['words without end', 'à'.repeat(100_000)],
  ['a negative number', -1],
  ['a huge number', 9_223_372_036_854_775_000],
  ['a broken number', 1.5],
  ['half a character', '\ud800'],
  ['an empty text', ''],
  ['other words', "Robert'); DROP TABLE person;--"],
  ['nothing', null],
  ['a list', [1]],
  ['an object', { a: 1 }],
  ['yes', true],
];
/** Never taken, in whatever field they stand. */
const NEVER = ['a NUL byte', 'words without end'];

function isProblem(answer) {
  if (!answer.type.startsWith('application/problem+json')) return false;
  const problem = JSON.parse(answer.text);
  return problem.status === answer.status && ['type', 'title', 'code', 'detail'].every((of) => typeof problem[of] === 'string')
    && Array.isArray(problem.errors) && problem.errors.every(({ field, code, detail }) => field && code && typeof detail === 'string');
}

/** Every way to put `value` in place of one field of `json`: `[path, json]`. */
function* replaced(json, value, at = []) {
  if (at.length > 0) yield [at.join('.'), value];
  if (json === null || typeof json !== 'object') return;
  for (const name of Object.keys(json)) {
    for (const [where, inner] of replaced(json[name], value, [...at, name])) {
      const copy = Array.isArray(json) ? [...json] : { ...json };
      copy[name] = inner;
      yield [where, copy];
    }
  }
}

let kb;
let routes;
let people;
let granted;
let own;
const who = (role, area = OWN) => people.find((p) => p.role === role && p.area === area);
before(async () => {
  kb = await startProgram({ people: 300, db: `${process.env.KEBEN_TEST_PG}?schema=misuse` });
  routes = await readRoutes();
  granted = await readPermissions();
  people = await signInAll(kb);
  own = await fresh();
});
after(() => kb?.remove());

/** A home with a case and a contact in it, and what stands around them. */
let homes = 0;
async function fresh() {
  homes += 1;
  const { token } = who('clerk');
  const register = async (kind, full_name) => {
    const [status, made] = await kb.call('POST', '/episodes', token, {
      area_code: OWN, cluster: 'Bản Giẳng', kind, detected_on: '2022-03-15', person: { full_name, birth_date: '1980' },
      household: { address: `nhà thử ${homes}` } });
    assert.equal(status, 201, JSON.stringify(made));
    return made;
  };
  const one = await register('case', 'Lò Thị Thử');
  const two = await register('contact', 'Lò Văn Thử');
  const [, groups] = await kb.call('GET', `/care-groups?area_code=${OWN}`, token);
  const [, reports] = await kb.call('GET', `/reports?area_code=${OWN}&on=${DAY}`, token);
  return {
    area: OWN, cluster: 'Bản Giẳng', episode: one.id, contact: two.id, closed: one.id, person: one.person_id, other: two.person_id,
    household: one.household_id, group: one.care_group_id, leader: own?.leader ?? groups.items[0].leader.id, carer: own?.carer ?? groups.items[0].carers[0].id,
    test: one.id, import: one.id, report: reports.items[0].id,
  };
}

/** Who of the commune, or above it, may do this. */
const allowed = (route) =>
  people.find((p) => [OWN, '107', '12'].includes(p.area) && route.verbs.some((verb) => granted(verb).includes(p.role)));

test('each field of each request', async () => {
  const wrong = [];
  for (const route of routes.filter((r) => r.isApi && r.method !== 'GET' && r.verbs.length > 0)) {
    const seen = new Set();
    for (const [i, { json }] of CASES[route.key](own, own).entries()) {
      if (!json) continue;
      for (const [what, value] of BAD) {
        for (const [field] of replaced(json, value)) {
          if (seen.has(`${field} ${what}`)) continue;
          seen.add(`${field} ${what}`);
          const { at, json: now } = CASES[route.key](own, own)[i];
          const sent = [...replaced(now, value)].find(([where]) => where === field)[1];
          const answer = await send(kb, route, { at, json: sent }, allowed(route));
          const said = `${route.key} ${field}: ${what} -> ${answer.status} ${answer.text.slice(0, 160)}`;
          if (answer.status >= 500 || (answer.status >= 400 && !isProblem(answer))) wrong.push(said);
          if (answer.status < 400) {
            if (NEVER.includes(what)) wrong.push(said);
            own = await fresh();
          }
        }
      }
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('a body that is no JSON, a list, a number, or nested without end', async () => {
  const wrong = [];
  const deep = '['.repeat(100_000);
  for (const route of routes.filter((r) => r.isApi && r.method !== 'GET' && r.verbs.length > 0)) {
    const request = CASES[route.key](own, own).find(({ json }) => json);
    if (!request || Object.keys(request.json).length === 0) continue;
    for (const raw of ['{', '{"a":1,}', '[1]', '["x"]', '7', '"x"', 'null', '\u0000', '{"reason":1e999,}', deep, '\ufeff{}', 'a=b']) {
      const answer = await send(kb, route, { at: request.at, raw }, allowed(route));
      if (![404, 409, 422].includes(answer.status) || !isProblem(answer)) {
        wrong.push(`${route.key} ${raw.slice(0, 20)} -> ${answer.status} ${answer.text.slice(0, 160)}`);
      }
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('a field that nobody knows changes nothing', async () => {
  const { token } = who('clerk');
  const body = { area_code: OWN, cluster: 'Bản Giẳng', kind: 'case', detected_on: '2022-03-15', verb: 'x', id: 'x',
    person: { full_name: 'Lò Thị Lạ', birth_date: '1981', role: 'admin' }, household: { address: 'nhà lạ', group: 1 } };
  const [status, made] = await kb.call('POST', '/episodes', token, body);
  assert.equal(status, 201, JSON.stringify(made));
  assert.notEqual(made.id, 'x');
});

test('ids of another kind name nothing', async () => {
  const wrong = [];
  const ids = ['episode', 'person', 'household', 'group', 'carer', 'report'];
  const odd = ['0', '-1', '99999999999999999999', '%00', '%FF', '..%2f..', 'x'.repeat(5000), 'null'];
  for (const route of routes.filter((r) => r.verbs.length > 0 && r.at.includes('{'))) {
    const [request] = CASES[route.key](own, own);
    const right = Object.values(own).find((id) => request.at.includes(id));
    const rights = ids.filter((of) => own[of] === right);
    for (const id of [...ids.filter((of) => own[of] !== right).map((of) => own[of]), ...odd]) {
      // A person's page is named by the episode and may well be asked for by it.
      const answer = await send(kb, route, { ...request, at: request.at.replace(right, id) }, allowed(route));
      const said = `${route.key} ${id.slice(0, 40)} (for ${rights}) -> ${answer.status} ${answer.text.slice(0, 120)}`;
      if (![404, 405].includes(answer.status)) wrong.push(said);
      if (route.isApi && !isProblem(answer)) wrong.push(said);
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('forms with whatever in their fields are pages again, never failures', async () => {
  const wrong = [];
  const bad = ['a\u0000<script>x</script>', '18446744073709551615'];
  for (const route of routes.filter((r) => !r.isApi && r.method === 'POST' && r.verbs.length > 0)) {
    const { form } = CASES[route.key](own, own)[0] ?? {};
    for (const field of form ? [...Object.keys(form), 'key', 'rows', 'more', 'next'] : []) {
      for (const value of bad) {
        const [request] = CASES[route.key](own, own);
        const sent = { ...request.form, [field]: value };
        if (field === 'rows') sent.more = '1';
        const answer = await send(kb, route, { at: request.at, form: sent }, allowed(route));
        const said = `${route.key} ${field}: ${value.slice(0, 20)} -> ${answer.status} ${answer.to ?? ''}`;
        if (answer.status >= 500 || (answer.status !== 303 && !answer.type.startsWith('text/html'))) wrong.push(said);
        if (answer.text.includes('<script>x')) wrong.push(`${said}: a script of somebody else`);
        if (/^\/people\/|registered/.test(answer.to ?? '')) own = await fresh();
      }
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('whatever stands in the address is a page, a list or a refusal', async () => {
  const wrong = [];
  const bad = ['a\u0000b', 'à'.repeat(300), '-1', '99999999999999999999', "' OR 1=1 --"];
  const names = ['q', 'area', 'area_code', 'cursor', 'limit', 'on', 'indicator', 'state', 'kind', 'page', 'show', 'parent', 'code', 'back', 'cluster'];
  const ask = async (route, words) => {
    const answer = await send(kb, route, { at: `${route.at}?${new URLSearchParams(words)}` }, allowed(route) ?? who('clerk'));
    if (answer.status >= 500) wrong.push(`${route.key} ${JSON.stringify(words).slice(0, 60)} -> ${answer.status}`);
    if (route.isApi && answer.status >= 400 && !isProblem(answer)) wrong.push(`${route.key}: ${answer.text}`);
  };
  for (const route of routes.filter((r) => r.method === 'GET' && r.verbs.length > 0 && !r.at.includes('{'))) {
    for (const value of bad) await ask(route, Object.fromEntries(names.map((name) => [name, value])));
    for (const name of ['area', 'area_code', 'q', 'code', 'parent', 'indicator']) for (const value of bad.slice(0, 1)) await ask(route, { [name]: value });
    for (const name of ['cursor', 'limit', 'page']) for (const value of bad.slice(0, 4)) await ask(route, { [name]: value });
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('the wrong method is refused in the same form', async () => {
  const wrong = [];
  const taken = new Set(routes.map((r) => r.key));
  for (const route of routes) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (taken.has(`${method} ${route.at}`)) continue;
      const at = route.at.replace(/\{\w+\}/, own.episode);
      const answer = await send(kb, { ...route, method }, { at }, who('clerk'));
      const said = `${method} ${at} -> ${answer.status} ${answer.type}`;
      // A form of ours is asked for its page first; an address with another route beside it is that route's.
      if (![405, 404].includes(answer.status)) wrong.push(said);
      else if (route.isApi ? !isProblem(answer) : !answer.type.startsWith('text/html')) wrong.push(said);
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('a body too large is refused, and the refusal arrives', async () => {
  const wrong = [];
  // These read no body at all.
  const bodiless = ['POST /api/v1/demo/step', 'POST /logout', 'DELETE /api/v1/sessions/current'];
  const large = JSON.stringify({ reason: 'x'.repeat(3 * 1024 * 1024) });
  // These take files, which may be larger.
  const takesFiles = (r) => r.at.includes('import') || r.key === 'POST /protocol';
  for (const route of routes.filter((r) => r.method !== 'GET' && !takesFiles(r) && !bodiless.includes(r.key))) {
    const at = route.at.replace(/\{\w+\}/, own.episode);
    const request = route.isApi ? { at, raw: large } : { at, form: { reason: large } };
    for (const someone of [allowed(route) ?? who('clerk'), null]) {
      const answer = await send(kb, route, request, someone);
      const said = `${route.key} ${someone?.role ?? 'nobody'} -> ${answer.status} ${answer.text.slice(0, 100)}`;
      const may = route.verbs.length > 0 && !someone ? [401] : [413];
      if (!may.includes(answer.status)) wrong.push(said);
      if (route.isApi && !isProblem(answer)) wrong.push(said);
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
  const upload = { at: `${API}/imports`, upload: { area_code: OWN }, file: 'x'.repeat(23 * 1024 * 1024) };
  const route = routes.find((r) => r.key === 'POST /api/v1/imports');
  const answer = await send(kb, route, upload, who('clerk'));
  assert.equal(answer.status, 422, answer.text);
  assert.deepEqual(JSON.parse(answer.text).errors.map((e) => [e.field, e.code]), [['file', 'file_too_big']]);
  assert.equal((await send(kb, route, upload, null)).status, 401);
});

test('a form of another site is refused', async () => {
  const wrong = [];
  for (const route of routes.filter((r) => !r.isApi && r.method === 'POST')) {
    const at = route.at.replace(/\{\w+\}/, own.episode);
    for (const from of [{ origin: 'https://elsewhere.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site', origin: kb.base }, { 'sec-fetch-site': 'same-site', origin: kb.base }]) {
      // The pages of a home's own link say nowhere where they are: an older browser names no origin there. Whoever has no
      // link gets nothing from it.
      const isQuiet = /^\/(h|own)\//.test(route.at) && from.origin === 'null';
      const answer = await send(kb, route, { at, form: { reason: 'x' } }, allowed(route) ?? who('clerk'), from);
      if (isQuiet && answer.status === 404) continue;
      if (answer.status !== 403) wrong.push(`${route.key} ${JSON.stringify(from)} -> ${answer.status}`);
    }
  }
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

test('after all of it the log is whole', async () => {
  const { code, out } = await kb.command('verify', '--json');
  assert.deepEqual([code, JSON.parse(out).ok], [0, true], out);
});
