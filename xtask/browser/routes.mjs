// Every route of docs/routes.txt with what may be asked of it by ids, who may ask it, and how it is asked: shared by the
// tests that ask everything of everything.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const API = '/api/v1';
export const DAY = '2022-03-16';
/** Somebody who is in the register of the other commune. */
export const KNOWN = 'Bí Thị Mật';

export async function readRoutes() {
  const text = await readFile(path.join(ROOT, 'docs/routes.txt'), 'utf8');
  return text.trim().split('\n').map((line) => {
    const [, method, at, access] = line.match(/^(\S+)\s+(\S+): (.+)$/);
    const open = ['public', 'demo', 'signed in'].includes(access);
    return { key: `${method} ${at}`, method, at, access, isApi: at.startsWith(API), verbs: open ? [] : access.split(' or ') };
  });
}

/** `may(verb)`: the roles that the first table gives it to; `mayAt`: those of the second, for a commune's report. */
export async function readPermissions() {
  const text = await readFile(path.join(ROOT, 'docs/permissions.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((c) => c.trim()));
  const head = rows.find(([first]) => first === 'verb');
  const may = {};
  const mayAt = {};
  for (const row of rows) {
    if (row.length === head.length) may[row[0]] = head.filter((_, i) => row[i] === 'x');
    if (row.length === 3 && row[1] === 'commune') mayAt[row[0]] = row[2] === 'nobody' ? [] : row[2].split(', ');
  }
  return (verb) => mayAt[verb] ?? may[verb] ?? [];
}

/** Everybody with a log-in of the demo: `{role, area, login, token, name, cookie}`. */
export async function signInAll(kb) {
  const { items } = await kb.logins();
  const all = [];
  for (const { role, area_code: area, login, token, name } of items) {
    const answer = await fetch(`${kb.base}/demo/enter`, {
      method: 'POST',
      headers: { origin: kb.base, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ login }),
      redirect: 'manual',
    });
    const cookie = answer.headers.get('set-cookie').split(';')[0];
    all.push({ role, area, login, token, name, cookie });
  }
  return all;
}

/** One request, as the interface or as a page; the answer as text, whatever it is. */
export async function send(kb, route, request, someone, more = {}) {
  const headers = { ...more };
  let body;
  if (request.json !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(request.json);
  } else if (request.raw !== undefined) {
    headers['content-type'] = 'application/json';
    body = request.raw;
  } else if (request.form) {
    body = new URLSearchParams(request.form);
  } else if (request.upload) {
    body = new FormData();
    for (const [name, value] of Object.entries(request.upload)) body.set(name, value);
    body.set('file', new Blob([request.file ?? LIST]), `${request.name ?? 'danh-sach'}.csv`);
  } else if (route.method !== 'GET' && !route.isApi) {
    body = new URLSearchParams();
  }
  if (someone && route.isApi) headers.authorization = `Bearer ${someone.token}`;
  if (someone && !route.isApi) headers.cookie = someone.cookie;
  if (!route.isApi && route.method === 'POST') headers.origin ??= kb.base;
  const answer = await fetch(kb.base + request.at, { method: route.method, headers, body, redirect: 'manual' })
    .catch((fault) => assert.fail(`${route.key} ${request.at}: no answer (${fault.cause ?? fault})`));
  const text = await answer.text();
  return { status: answer.status, text, to: answer.headers.get('location'), type: answer.headers.get('content-type') ?? '' };
}

export const LIST = [
  'STT,Họ và tên,Năm sinh,Điện thoại,Địa chỉ,Khu phố,Ngày phát hiện',
  '1,Bí Thị Danh,1971,0908777003,số 8 ngõ Giấu Kín,Khu phố 1,15/03/2022',
  '2,,1972,0908777004,số 9 ngõ Giấu Kín,Khu phố 1,15/03/2022',
].join('\n');

// ---- One case for each route. `v` are records that are not the intruder's, `own` are.
// `list`: the answer may be a page of the intruder's own people (`reads`: of one of them, which is written down).
// `field`: their id stands in a field beside ids that are the intruder's, and may be refused as a wrong field.

const q = (words) => `?${new URLSearchParams(words)}`;
const nothing = () => [];
const body = (v) => ({
  area_code: v.area, cluster: v.cluster, kind: 'case', detected_on: '2022-03-15',
  person: { full_name: 'Người Lạ', birth_date: '1980', phone: '0987000111' }, household: { address: 'số 1' },
});
const formOf = (v) => ({
  area_code: v.area, cluster: v.cluster, kind: 'case', detected_on: '15/3/2022', full_name: 'Người Lạ', birth_date: '1980',
  phone: '0987000111', address: 'số 1', household_kind: 'house', sex: 'unknown',
});
const homeForm = (v) => ({
  area_code: v.area, cluster: v.cluster, detected_on: '15/3/2022', address: 'số 1', household_kind: 'house', rows: '3',
  full_name_1: 'Người Lạ', kind_1: 'case', birth_1: '1980',
});
const reason = { reason: 'thử xem' };
const ADVISED = { danger_signs: true, number: true, how_to_report: true, responsible: true };

const episodeApi = (verb, json) => (v) => ['episode', 'contact', 'closed'].map((of) => ({ at: `${API}/episodes/${v[of]}/${verb}`, json }));
const reportApi = (verb, json) => (v) => [{ at: `${API}/reports/${v.report}/${verb}`, json }];
const personPage = (verb) => (v) => ['episode', 'contact', 'closed'].map((of) => ({ at: `/people/${v[of]}${verb}` }));
const personForm = (verb, form) => (v) => ['episode', 'contact', 'closed'].map((of) => ({ at: `/people/${v[of]}${verb}`, form }));
const reportForm = (verb, form) => (v) => [{ at: `/reports/${v.report}/${verb}`, form }];
const areaLists = (at, words = {}) => (v) => [{ at: at + q({ area_code: v.area, ...words }) }];
const areaPages = (at, words = {}) => (v) => [{ at: at + q({ area: v.area, ...words }), list: true }];

export const CASES = {
  'DELETE /api/v1/sessions/current': nothing,
  'GET /': nothing,
  'GET /admin': () => [{ at: '/admin', list: true }],
  'GET /admin/clusters': areaPages('/admin/clusters'),
  'GET /admin/settings': areaPages('/admin/settings'),
  'GET /admin/staff': (v) => [{ at: `/admin/staff${q({ q: 'longbinh', cursor: v.carer })}`, list: true }],
  'GET /alerts': (v, own) => [
    ...areaPages('/alerts')(v),
    { at: `/alerts${q({ area: own.area, state: 'closed', cursor: v.alert })}`, field: true, list: true },
  ],
  'GET /alerts/{id}': (v) => [{ at: `/alerts/${v.alert}` }],
  'GET /api/v1/alerts': (v, own) => [
    ...areaLists(`${API}/alerts`)(v),
    { at: `${API}/alerts${q({ area_code: own.area, cursor: v.alert })}`, field: true },
  ],
  'GET /api/v1/areas': nothing,
  'GET /api/v1/care-groups': (v, own) => [
    ...areaLists(`${API}/care-groups`)(v),
    { at: `${API}/care-groups${q({ area_code: own.area, cursor: v.group })}`, field: true },
  ],
  'GET /api/v1/demo/clock': nothing,
  'GET /api/v1/demo/logins': nothing,
  'GET /api/v1/episodes': (v, own) => [
    ...areaLists(`${API}/episodes`)(v),
    ...areaLists(`${API}/episodes`, { q: 'Bí Thị Mật' })(v),
    { at: `${API}/episodes${q({ q: 'Bí Thị Mật' })}`, list: true },
    { at: `${API}/episodes${q({ q: '0908777001' })}`, list: true },
    { at: `${API}/episodes${q({ area_code: own.area, cursor: v.episode })}`, field: true },
  ],
  'GET /api/v1/episodes/{id}': (v) => ['episode', 'contact', 'closed'].map((of) => ({ at: `${API}/episodes/${v[of]}` })),
  'GET /api/v1/episodes/{id}/checkins': (v) => [{ at: `${API}/episodes/${v.episode}/checkins` }],
  'GET /api/v1/episodes/{id}/contact-attempts': (v) => [{ at: `${API}/episodes/${v.episode}/contact-attempts` }],
  'GET /api/v1/episodes/{id}/tests': (v) => [{ at: `${API}/episodes/${v.episode}/tests` }],
  'GET /api/v1/figures': areaLists(`${API}/figures`, { on: DAY, indicator: 'f0_end' }),
  'GET /api/v1/figures/people': (v, own) => [
    ...areaLists(`${API}/figures/people`, { on: DAY, indicator: 'f0_end' })(v),
    { at: `${API}/figures/people${q({ area_code: own.area, on: DAY, indicator: 'f0_end', cursor: v.episode })}`, field: true },
  ],
  'GET /api/v1/gaps': (v, own) => [
    ...areaLists(`${API}/gaps`)(v),
    { at: `${API}/gaps${q({ area_code: own.area, cursor: `${v.episode}.0` })}`, field: true },
  ],
  'GET /api/v1/imports/{id}': (v) => [{ at: `${API}/imports/${v.import}` }],
  'GET /api/v1/log/head': nothing,
  'GET /api/v1/openapi.json': nothing,
  'GET /api/v1/protocol': areaLists(`${API}/protocol`),
  'GET /api/v1/reports': (v) => [
    ...areaLists(`${API}/reports`, { on: DAY })(v), ...areaLists(`${API}/reports`, { below: '1' })(v)],
  'GET /api/v1/reports/{id}': (v) => [{ at: `${API}/reports/${v.report}` }],
  'GET /assets/{file}': nothing,
  'GET /checkins/{id}': (v) => [{ at: `/checkins/${v.checkin}` }],
  'GET /coverage': areaPages('/coverage'),
  'GET /demo': nothing,
  'GET /demo/list.xlsx': nothing,
  'GET /figures': (v, own) => [
    { at: `/figures${q({ area: v.area, on: '16/3/2022', indicator: 'f0_end' })}` },
    { at: `/figures${q({ area: own.area, on: '16/3/2022', indicator: 'f0_end', cursor: v.episode })}`, field: true, list: true },
  ],
  'GET /first': nothing,
  'GET /groups': areaPages('/groups'),
  'GET /groups/{id}': (v) => [{ at: `/groups/${v.group}` }],
  'GET /healthz': nothing,
  'GET /import': areaPages('/import'),
  'GET /import/{id}': (v) => [{ at: `/import/${v.import}` }],
  'GET /import/{id}/refused.xlsx': (v) => [{ at: `/import/${v.import}/refused.xlsx` }],
  'GET /lang': nothing,
  'GET /login': nothing,
  'GET /login/code': nothing,
  'GET /login/enrol': nothing,
  'GET /metrics': nothing,
  'GET /openapi.json': nothing,
  'GET /overview': areaPages('/overview'),
  'GET /people': (v, own) => [
    ...areaPages('/people')(v),
    ...areaPages('/people', { q: 'Bí Thị Mật' })(v),
    { at: `/people${q({ q: '0908777001', state: 'all' })}`, list: true },
    { at: `/people${q({ area: own.area, cursor: v.episode })}`, field: true, list: true },
  ],
  'GET /people/{episode}': personPage(''),
  'GET /people/{episode}/arrangement': personPage('/arrangement'),
  'GET /people/{episode}/checkin': personPage('/checkin'),
  'GET /people/{episode}/contact': personPage('/contact'),
  'GET /people/{episode}/convert': personPage('/convert'),
  'GET /people/{episode}/edit': personPage('/edit'),
  'GET /people/{episode}/end': personPage('/end'),
  'GET /people/{episode}/looked': personPage('/looked'),
  'GET /people/{episode}/merge': (v, own) => [
    ...personPage('/merge')(v), { at: `/people/${own.episode}/merge${q({ q: 'Bí Thị Mật' })}`, list: true, reads: true }],
  'GET /people/{episode}/release': personPage('/release'),
  'GET /people/{episode}/reopen': personPage('/reopen'),
  'GET /people/{episode}/severity': personPage('/severity'),
  'GET /people/{episode}/void': personPage('/void'),
  'GET /protocol': areaPages('/protocol'),
  'GET /readyz': nothing,
  'GET /register': (v) => [...areaPages('/register')(v), { at: `/register${q({ household_id: v.household })}`, field: true }],
  'GET /register/household': (v) => [
    ...areaPages('/register/household')(v), { at: `/register/household${q({ household_id: v.household })}`, field: true }],
  'GET /reports': areaPages('/reports', { on: '16/3/2022' }),
  'GET /reports/{id}': (v) => [{ at: `/reports/${v.report}` }, { at: `/reports/${v.report}?as=xlsx` }],
  'GET /work': () => [{ at: '/work', list: true }],
  'PATCH /api/v1/people/{id}': (v) => ['person', 'other'].map((of) => ({ at: `${API}/people/${v[of]}`, json: { full_name: 'Tên Khác' } })),
  'POST /admin/clusters': (v) => [{ at: '/admin/clusters', form: { area: v.area, name: 'Khu lạ' }, field: true }],
  'POST /admin/settings': (v) => [
    { at: '/admin/settings', form: { area: v.area, hours: '9' }, field: true },
    { at: '/admin/settings', form: { area: v.area, hours: '6', number_label_1: 'Xe lạ', number_1: '0987000111' }, field: true },
  ],
  'POST /admin/staff': (v) => [
    { at: '/admin/staff', form: { role: 'clerk', area: v.area, login: 'la.la', name: 'Người Lạ' }, field: true }],
  'POST /admin/staff/{id}/reset': (v) => [{ at: `/admin/staff/${v.carer}/reset`, form: {} }],
  'POST /admin/staff/{id}/revoke': (v) => [{ at: `/admin/staff/${v.carer}/revoke`, form: {} }],
  'GET /h/{token}': nothing,
  'POST /h/{token}': nothing,
  'GET /own': nothing,
  'GET /own/checkin': nothing,
  'POST /own/checkin': nothing,
  'GET /api/v1/conversations': areaLists(`${API}/conversations`),
  'GET /api/v1/conversations/{id}/messages': (v) => [{ at: `${API}/conversations/${v.household}/messages` }],
  'GET /api/v1/conversations/{id}/stream': (v) => [{ at: `${API}/conversations/${v.household}/stream` }],
  'GET /own/devices': nothing,
  'GET /own/stream': nothing,
  'GET /own/thread': nothing,
  'GET /people/{episode}/thread': personPage('/thread'),
  'GET /threads': () => [{ at: '/threads', list: true }, { at: '/threads?show=all', list: true }],
  'GET /threads/{home}': (v) => [{ at: `/threads/${v.household}` }],
  'GET /threads/{home}/stream': (v) => [{ at: `/threads/${v.household}/stream` }],
  'POST /api/v1/conversations/{id}/messages': (v) => [
    { at: `${API}/conversations/${v.household}/messages`, json: { text: 'Chào' } },
    { at: `${API}/conversations/${v.household}/messages`, json: { guidance: 'danger_signs' } },
  ],
  'POST /api/v1/conversations/{id}/seen': (v) => [
    { at: `${API}/conversations/${v.household}/seen`, json: { message_id: v.household } }],
  'POST /api/v1/conversations/{id}/settle': (v) => [
    { at: `${API}/conversations/${v.household}/settle`, json: { how: 'called' } }],
  'POST /own/bind': nothing,
  'POST /own/devices/code': nothing,
  'POST /own/devices/{device}/end': nothing,
  'POST /own/message': nothing,
  'POST /own/seen': nothing,
  'POST /people/{episode}/link/code': personForm('/link/code', { called: '1' }),
  'POST /people/{episode}/link/end-device': (v) => [{ at: `/people/${v.episode}/link/end-device`, form: { device: v.household } }],
  'POST /threads/{home}': (v) => [{ at: `/threads/${v.household}`, form: { text: 'Chào' } }],
  'POST /threads/{home}/seen': (v) => [{ at: `/threads/${v.household}/seen`, form: { upto: v.household } }],
  'POST /threads/{home}/settle': (v) => [{ at: `/threads/${v.household}/settle`, form: { how: 'called' } }],
  'GET /people/{episode}/link': personPage('/link'),
  'GET /team': () => [{ at: '/team', list: true }],
  'POST /team/move': (v, own) => [
    { at: '/team/move', form: { from: v.carer, to: own.carer }, field: true },
    { at: '/team/move', form: { from: own.carer, to: v.carer }, field: true },
    { at: '/team/move', form: { from: 'nobody', to: v.carer }, field: true },
  ],
  'GET /endings': () => [{ at: '/endings', list: true }],
  'GET /people/{episode}/test': personPage('/test'),
  'POST /people/{episode}/test': personForm('/test', { test_kind: 'rapid', test_result: 'negative', test_taken_at: '16/3/2022 07:30', test_witness: 'staff' }),
  'POST /people/{episode}/test/void': (v) => [{ at: `/people/${v.episode}/test/void`, form: { test: v.household, reason: 'x' } }],
  'GET /people/{episode}/task': personPage('/task'),
  'POST /people/{episode}/task/take': (v) => [
    { at: `/people/${v.episode}/task/take`, form: {} },
    { at: `/people/${v.episode}/task/take`, form: { over: '1', next: '/work' } },
  ],
  'POST /people/{episode}/task/hand': (v, own) => [
    { at: `/people/${v.episode}/task/hand`, form: { to: v.carer, note: 'x' } },
    { at: `/people/${v.episode}/task/hand`, form: { to: own.carer } },
  ],
  'POST /people/{episode}/task/later': (v) => [{ at: `/people/${v.episode}/task/later`, form: { minutes: '30', why: 'x' } }],
  'POST /people/{episode}/task/back': (v) => [{ at: `/people/${v.episode}/task/back`, form: {} }],
  'POST /people/{episode}/link': (v) => [
    { at: `/people/${v.episode}/link`, form: { delivery: 'in_person', 'episode.0': v.episode, 'word.0': 'Bà' } },
    { at: `/people/${v.contact}/link`, form: { delivery: 'other' } },
  ],
  'POST /people/{episode}/link/revoke': personForm('/link/revoke', {}),
  'GET /round': () => [{ at: '/round', list: true }],
  'GET /round/{household}': (v) => [{ at: `/round/${v.household}` }],
  'GET /sw.js': nothing,
  'POST /round': (v) => [
    { at: '/round', form: { [`how.${v.household}`]: 'not_met' } },
    { at: '/round', form: { [`how.${v.household}`]: 'all_well', signs_asked: '1' } },
  ],
  'POST /round/{household}': (v) => [
    { at: `/round/${v.household}`, form: { how: 'all_well' } },
    { at: `/round/${v.household}`, form: { how: 'some_unwell', unwell: v.episode } },
    { at: `/round/${v.household}`, form: { how: 'not_met' } },
  ],
  'POST /api/v1/households/{id}/rounds': (v) => [
    { at: `${API}/households/${v.household}/rounds`, json: { how: 'all_well', signs_asked: true } },
    { at: `${API}/households/${v.household}/rounds`, json: { how: 'not_met' } },
  ],
  'POST /alerts/{id}/call': (v) => [{ at: `/alerts/${v.alert}/call`, form: {} }],
  'POST /alerts/{id}/close': (v) => [{ at: `/alerts/${v.alert}/close`, form: { how: 'advised', note: 'x' } }],
  'POST /alerts/{id}/take': (v) => [{ at: `/alerts/${v.alert}/take`, form: {} }],
  'POST /api/v1/alerts/{id}/acknowledge': (v) => [{ at: `${API}/alerts/${v.alert}/acknowledge`, json: {} }],
  'POST /api/v1/alerts/{id}/close': (v) => [{ at: `${API}/alerts/${v.alert}/close`, json: { how: 'advised', note: 'x' } }],
  'POST /api/v1/alerts/{id}/take': (v) => [{ at: `${API}/alerts/${v.alert}/take`, json: {} }],
  'POST /api/v1/assignments': (v, own) => [
    { at: `${API}/assignments`, json: { episode_ids: [v.episode], carer_id: v.carer } },
    { at: `${API}/assignments`, json: { episode_ids: [v.episode], carer_id: own.carer } },
    { at: `${API}/assignments`, json: { episode_ids: [own.episode, v.episode], carer_id: own.carer } },
    { at: `${API}/assignments`, json: { episode_ids: [own.episode], carer_id: v.carer }, field: true },
  ],
  'POST /api/v1/demo/clock': nothing,
  'POST /api/v1/demo/step': nothing,
  'POST /api/v1/duty': nothing,
  'POST /api/v1/episodes': (v, own) => [
    { at: `${API}/episodes`, json: body(v) },
    { at: `${API}/episodes`, json: { ...body(own), household: { id: v.household } } },
    { at: `${API}/episodes`, json: { ...body(v), household: { id: v.household } } },
    // Told apart from a stranger only by who they are: nobody learns that such a person exists.
    { at: `${API}/episodes`, json: { ...body(v), person: { full_name: KNOWN, birth_date: '1961', phone: '0908777001' } } },
  ],
  'POST /api/v1/episodes/{id}/arrangement': episodeApi('arrangement', { kind: 'visitor', visitor: 'Người Lạ' }),
  'POST /api/v1/episodes/{id}/checkins': episodeApi('checkins', { answered_by: 'carer', answers: { red_flags: [] } }),
  'POST /api/v1/episodes/{id}/contact-attempts': episodeApi('contact-attempts', { by: 'phone', outcome: 'reached', advised: ADVISED }),
  'POST /api/v1/episodes/{id}/convert': episodeApi('convert', { detected_on: DAY }),
  'POST /api/v1/episodes/{id}/outcome': (v) =>
    ['hospital', 'died', 'moved', 'left'].flatMap((outcome) => episodeApi('outcome', { outcome, place: 'x', reason: 'y' })(v)),
  'POST /api/v1/episodes/{id}/release': (v, own) => [
    ...episodeApi('release', { outcome: 'recovered', test_id: v.test, certified_by: 'x' })(v),
    { at: `${API}/episodes/${own.episode}/release`, json: { outcome: 'recovered', test_id: v.test, certified_by: 'x' }, field: true },
  ],
  'POST /api/v1/episodes/{id}/reopen': episodeApi('reopen', reason),
  'POST /api/v1/episodes/{id}/severity': episodeApi('severity', { level: 'mild', reason: 'x' }),
  'POST /api/v1/episodes/{id}/tests': episodeApi('tests', { kind: 'rapid', result: 'negative', taken_at: `${DAY}T07:00:00+07:00` }),
  'POST /api/v1/episodes/{id}/void': episodeApi('void', reason),
  'POST /api/v1/imports': (v) => ['0', '1'].map((dry_run) => ({ at: `${API}/imports`, upload: { area_code: v.area, dry_run } })),
  'POST /api/v1/imports/{id}/undo': (v) => [{ at: `${API}/imports/${v.import}/undo`, json: {} }],
  'POST /api/v1/people/{id}/merge': (v, own) => [
    { at: `${API}/people/${v.person}/merge`, json: { into: v.other, ...reason } },
    { at: `${API}/people/${v.person}/merge`, json: { into: own.person, ...reason } },
    { at: `${API}/people/${own.other}/merge`, json: { into: v.person, ...reason }, field: true },
  ],
  'POST /api/v1/protocol': (v) => [{ at: `${API}/protocol`, json: { area_code: v.area, body: 'x', note: 'y' }, field: true }],
  'POST /api/v1/reports/{id}/confirm': reportApi('confirm', {}),
  'POST /api/v1/reports/{id}/correct': reportApi('correct', { indicator: 'f0_new', value: 1, ...reason }),
  'POST /api/v1/reports/{id}/submit': reportApi('submit', { narrative: 'thử' }),
  'POST /api/v1/reports/{id}/substitute': reportApi('substitute', { as: 'system' }),
  'POST /api/v1/reports/{id}/supplement': reportApi('supplement', {}),
  'POST /api/v1/reports/{id}/zero': reportApi('zero', {}),
  'POST /api/v1/sessions': nothing,
  'POST /coverage/assign': (v, own) => [
    { at: '/coverage/assign', form: { episode: v.episode, carer: v.carer } },
    { at: '/coverage/assign', form: { one: v.episode, carer: own.carer } },
    { at: '/coverage/assign', form: { one: own.episode, carer: v.carer }, field: true },
  ],
  'POST /demo/clock': nothing,
  'POST /demo/enter': nothing,
  'POST /demo/step': nothing,
  'POST /demo/tamper': nothing,
  'POST /duty': nothing,
  'POST /first': nothing,
  'POST /groups/{id}/carers': (v, own) => [
    { at: `/groups/${v.group}/carers`, form: { staff_id: v.carer } },
    { at: `/groups/${v.group}/carers`, form: { staff_id: own.carer } },
    { at: `/groups/${own.group}/carers`, form: { staff_id: v.carer }, field: true },
  ],
  'POST /groups/{id}/leader': (v, own) => [
    { at: `/groups/${v.group}/leader`, form: { staff_id: own.leader } },
    { at: `/groups/${own.group}/leader`, form: { staff_id: v.leader }, field: true },
  ],
  'POST /import': (v) => [{ at: '/import', upload: { area_code: v.area, dry_run: '1' } }],
  'POST /import/{id}': (v) => [{ at: `/import/${v.import}`, form: {} }],
  'POST /import/{id}/clusters': (v) => [{ at: `/import/${v.import}/clusters`, form: { cluster: 'Khu lạ' } }],
  'POST /import/{id}/undo': (v) => [{ at: `/import/${v.import}/undo`, form: {} }],
  'POST /login': nothing,
  'POST /login/code': nothing,
  'POST /login/enrol': nothing,
  'POST /logout': nothing,
  'POST /people/{episode}/arrangement': personForm('/arrangement', { kind: 'visitor', visitor_name: 'Người Lạ', household: '1' }),
  'POST /people/{episode}/checkin': personForm('/checkin', { answered_by: 'carer', none: '1' }),
  'POST /people/{episode}/contact': personForm('/contact', { by: 'phone', outcome: 'reached', danger_signs: '1', household: '1' }),
  'POST /people/{episode}/convert': personForm('/convert', { detected_on: '16/3/2022' }),
  'POST /people/{episode}/edit': personForm('/edit', { full_name: 'Tên Khác' }),
  'POST /people/{episode}/end': personForm('/end', { outcome: 'hospital', at: '16/3/2022 07:00', place: 'x', reason: 'y' }),
  'POST /people/{episode}/merge': (v, own) => [
    { at: `/people/${v.episode}/merge`, form: { into: v.contact, ...reason } },
    { at: `/people/${own.contact}/merge`, form: { into: v.episode, ...reason }, field: true },
  ],
  'POST /people/{episode}/release': (v, own) => [
    ...personForm('/release', { outcome: 'recovered', test_id: v.test })(v),
    { at: `/people/${own.episode}/release`, form: { outcome: 'recovered', test_id: v.test, certified_by: 'x' }, field: true },
  ],
  'POST /people/{episode}/reopen': personForm('/reopen', reason),
  'POST /people/{episode}/severity': personForm('/severity', { level: 'mild', reason: 'x' }),
  'POST /people/{episode}/void': personForm('/void', reason),
  'POST /protocol': (v) => [
    { at: '/protocol', upload: { area_code: v.area, which: 'covid19-vn-2022', note: 'y' }, field: true }],
  'POST /register': (v, own) => [
    { at: '/register', form: formOf(v) },
    { at: '/register', form: { ...formOf(own), household_id: v.household }, field: true },
    { at: '/register', form: { ...formOf(v), full_name: KNOWN, birth_date: '1961', phone: '0908777001' } },
  ],
  'POST /register/household': (v, own) => [
    { at: '/register/household', form: homeForm(v) },
    { at: '/register/household', form: { ...homeForm(own), household_id: v.household }, field: true },
    { at: '/register/household', form: { ...homeForm(v), more: '1' }, list: true },
  ],
  'POST /reports/{id}/confirm': reportForm('confirm', {}),
  'POST /reports/{id}/correct': reportForm('correct', { indicator: 'f0_new', value: '1', ...reason }),
  'POST /reports/{id}/submit': reportForm('submit', { narrative: 'thử' }),
  'POST /reports/{id}/substitute': reportForm('substitute', { as: 'system' }),
  'POST /reports/{id}/supplement': reportForm('supplement', {}),
  'POST /reports/{id}/zero': reportForm('zero', {}),
  'PUT /api/v1/care-groups/{id}/carers': (v, own) => [
    { at: `${API}/care-groups/${v.group}/carers`, json: [v.carer] },
    { at: `${API}/care-groups/${v.group}/carers`, json: { carers: [own.carer] } },
    { at: `${API}/care-groups/${own.group}/carers`, json: [v.carer], field: true },
    { at: `${API}/care-groups/${own.group}/carers`, json: { carers: [own.carer, v.carer] }, field: true },
  ],
  'PUT /api/v1/care-groups/{id}/leader': (v, own) => [
    { at: `${API}/care-groups/${v.group}/leader`, json: { staff_id: own.leader } },
    { at: `${API}/care-groups/${own.group}/leader`, json: { staff_id: v.leader }, field: true },
  ],
};
