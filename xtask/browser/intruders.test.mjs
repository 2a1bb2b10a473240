// Somebody of another commune, somebody of this commune whose role is too low, and somebody who is not signed in ask
// every route of docs/routes.txt for people who are none of theirs: with ids in the address and in every field of what
// they send. No answer holds a name, a number or an address of those people, a record that is not theirs looks like
// one that does not exist, and nothing is written. A route without a case here makes the test fail.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { startProgram } from './harness.mjs';
import { API, CASES, DAY, KNOWN, LIST, readPermissions, readRoutes, send, signInAll } from './routes.mjs';

/** Where the people live whom nobody of elsewhere may see, and where the intruders work. */
const THEIRS = '26020';
const OWN = '03445';

/** Said nowhere else in the demo: an answer that holds one of these says too much. */
const SECRETS = {
  names: [KNOWN, 'Bí Văn Kín', 'Bí Văn Xong', 'Bí Thị Danh', 'Bí Thị Thăm'],
  phone: '908777001',
  address: 'ngõ Giấu Kín',
  reason: 'lời kín trong hồ sơ',
  file: 'danh-sach-kin',
};

let kb;
let routes;
let people;
before(async () => {
  routes = await readRoutes();
  kb = await startProgram({ people: 300 });
  people = await signInAll(kb);
});
after(() => kb?.remove());

const who = (role, area) => people.find((p) => p.role === role && p.area === area);

// ---- Records of each kind: theirs, the intruder's own, and ids that name nothing

async function records(area, cluster) {
  const clerk = who('clerk', area);
  const station = who('station_leader', area);
  const theirs = area === THEIRS;
  const named = (name, other) => (theirs ? name : other);
  const post = async (someone, at, body, expected = 201) => {
    const [status, made] = await kb.call('POST', at, someone.token, body);
    assert.equal(status, expected, `${at}: ${JSON.stringify(made)}`);
    return made;
  };
  const register = (name, kind, phone, address) =>
    post(clerk, '/episodes', {
      area_code: area, cluster, kind, detected_on: '2022-03-15',
      person: { full_name: name, birth_date: '1961', phone },
      household: { address: named(`${address} ngõ Giấu Kín`, `${address} đường Chợ`) },
    });
  const one = await register(named(SECRETS.names[0], 'Lò Thị Một'), 'case', named('0908777001', '0912000901'), 'số 7');
  const two = await register(named(SECRETS.names[1], 'Lò Văn Hai'), 'contact', named('0908777002', '0912000902'), 'số 17');
  const over = await register(named(SECRETS.names[2], 'Lò Văn Ba'), 'case', null, 'số 27');
  await post(clerk, `/episodes/${over.id}/void`, { reason: named(SECRETS.reason, 'nhập nhầm') });
  await post(station, `/episodes/${one.id}/contact-attempts`, { by: 'phone', outcome: 'reached' });
  await post(clerk, `/episodes/${one.id}/arrangement`, { kind: 'visitor', visitor: named(SECRETS.names[4], 'Lò A Năm') });
  const tested = await post(station, `/episodes/${one.id}/tests`, {
    kind: 'rapid', result: 'negative', taken_at: '2022-03-16T07:00:00+07:00', witness: 'staff' });
  const answered = await post(station, `/episodes/${one.id}/checkins`, { answered_by: 'staff', answers: { red_flags: ['drowsy'] } });
  const list = LIST.replaceAll('Bí Thị Danh', named(SECRETS.names[3], 'Lò Thị Bốn')).replaceAll('Khu phố 1', cluster);
  const upload = { upload: { area_code: area, dry_run: '0', contacted: '0' }, file: named(list, list.replaceAll('ngõ Giấu Kín', 'đường Chợ')), name: named(SECRETS.file, 'danh-sach') };
  const begun = await send(kb, { method: 'POST', isApi: true }, { ...upload, at: `${API}/imports` }, clerk);
  assert.equal(begun.status, 202, begun.text);
  const imported = JSON.parse(begun.text).id;
  const until = async (state) => {
    for (;;) {
      const [, at] = await kb.call('GET', `/imports/${imported}`, clerk.token);
      if (at.state === state) return at;
      assert.equal(at.state, 'running', JSON.stringify(at));
    }
  };
  await until('done');
  const [, groups] = await kb.call('GET', `/care-groups?area_code=${area}`, clerk.token);
  const group = groups.items.find((g) => g.id === one.care_group_id);
  const [, reports] = await kb.call('GET', `/reports?area_code=${area}&on=${DAY}`, clerk.token);
  return {
    area, cluster, episode: one.id, contact: two.id, closed: over.id, person: one.person_id, other: two.person_id,
    household: one.household_id, group: group.id, leader: group.leader.id, carer: group.carers[0].id,
    test: tested.id, checkin: answered.id, alert: answered.alert_id, import: imported, report: reports.items[0].id,
  };
}

/** The same places, but every id names nothing. */
function ghosts(records) {
  const ghost = { ...records };
  for (const name of Object.keys(records)) if (!['area', 'cluster'].includes(name)) ghost[name] = randomUUID();
  return ghost;
}

// ---- What an answer may not hold

function leaks(text) {
  const plain = text.normalize('NFC');
  const digits = plain.replace(/[\s.·-]/g, '');
  return [...SECRETS.names, SECRETS.address, SECRETS.reason, SECRETS.file].filter((word) => plain.includes(word))
    .concat(digits.includes(SECRETS.phone) ? [SECRETS.phone] : []);
}

/** What the asker typed comes back in a form that was refused: it says nothing that was not known. */
function withoutTyped(text, request) {
  const typed = [...Object.values(request.form ?? {}), ...new URL(request.at, kb.base).searchParams.values()];
  return typed.filter((word) => word.length > 2).reduce((left, word) => left.replaceAll(word, ''), text.normalize('NFC'));
}

const entries = async () => JSON.parse((await kb.command('verify', '--json')).out);

let theirs;
let own;
let ghost;
let granted;

test('every route has a case here, and no case is for a route that is gone', async () => {
  assert.deepEqual(Object.keys(CASES).sort(), routes.map((route) => route.key).sort());
  granted = await readPermissions();
  theirs = await records(THEIRS, 'Khu phố 1');
  own = await records(OWN, 'Bản Giẳng');
  ghost = ghosts(theirs);
  const clerk = who('clerk', THEIRS);
  const [, seen] = await kb.call('GET', `/episodes/${theirs.episode}`, clerk.token);
  assert.ok(leaks(JSON.stringify(seen)).length > 3, 'the test knows a leak when it sees one');
});

/** Sends everything to everything, and says at the end all that was wrong. */
async function sweep(expected) {
  const wrong = [];
  const before = await entries();
  assert.equal(before.ok, true);
  let asked = 0;
  let read = 0;
  for (const route of routes) {
    for (const { request, likeGhost, ghosts: none = ghost, someone, may } of expected(route)) {
      asked += 1;
      const answer = await send(kb, route, request, someone);
      const said = `${someone ? `${someone.role} ${someone.area}` : 'nobody'}: ${route.key} ${request.at} ${
        JSON.stringify(request.json ?? request.form ?? '')} -> ${answer.status}`;
      if (request.reads && answer.status === 200) read += 1;
      if (!may(answer, request)) wrong.push(`${said} ${answer.text.slice(0, answer.type.includes('json') ? 200 : 0)}`);
      const leaked = leaks(withoutTyped(answer.text, request));
      if (leaked.length > 0) wrong.push(`${said} holds ${leaked}`);
      if (likeGhost) {
        const empty = await send(kb, route, likeGhost, someone);
        const known = none === ghost ? theirs : own;
        const plain = (a, ids) => Object.keys(ids).reduce((text, name) => text.replaceAll(ids[name], ''), a.text);
        if (empty.status !== answer.status) wrong.push(`${said}, but ${empty.status} where there is no such record`);
        else if (route.isApi && plain(empty, none) !== plain(answer, known)) wrong.push(`${said} differs from no record: ${answer.text} / ${empty.text}`);
      }
    }
  }
  const after = await entries();
  const written = after.entries - before.entries - read;
  if (written !== 0) wrong.push(`${written} entries were written`);
  if (!after.ok) wrong.push(JSON.stringify(after));
  assert.equal(wrong.length, 0, `${wrong.length} of ${asked}:\n${wrong.join('\n')}`);
  return asked;
}

const refused = ({ status }, { field, list }) =>
  [401, 403, 404].includes(status) || (Boolean(field) && [409, 422].includes(status)) || (Boolean(list) && status === 200);

test('somebody of another commune', async () => {
  const strangers = [
    who('clerk', OWN), who('station_leader', OWN), who('commune_leader', OWN), who('carer', OWN),
    who('district_officer', '107'), who('admin', '12'), who('inspector', '12'),
  ];
  const asked = await sweep((route) => {
    // Those whom the gate lets through for this verb, and one whom it does not.
    const through = strangers.filter((p) => route.verbs.some((verb) => granted(verb).includes(p.role)));
    const not = strangers.filter((p) => !through.includes(p)).slice(0, 1);
    const pairs = CASES[route.key](theirs, own).map((request, i) => [request, CASES[route.key](ghost, own)[i]]);
    return pairs.flatMap(([request, empty]) =>
      [...through, ...not].map((someone) => ({
        request, likeGhost: JSON.stringify(empty) === JSON.stringify(request) ? null : empty, someone, may: refused })));
  });
  assert.ok(asked > 500, `${asked} requests`);
});

test('somebody of the commune whose role is too low', async () => {
  const here = people.filter((p) => [THEIRS, '731'].includes(p.area));
  const asked = await sweep((route) => {
    if (route.verbs.length === 0) return [];
    const low = here.filter((p) => !route.verbs.some((verb) => granted(verb).includes(p.role)));
    return CASES[route.key](theirs, theirs).flatMap((request) =>
      low.map((someone) => ({ request, someone, may: ({ status }) => status === 404 })));
  });
  assert.ok(asked > 300, `${asked} requests`);
});

test("the carer of one hamlet among another hamlet's people", async () => {
  const carer = who('carer', OWN);
  const ids = ['episode', 'contact', 'closed', 'person', 'other', 'household', 'test'];
  const names = (v, request) => ids.some((of) => JSON.stringify(request).includes(v[of]));
  const none = ghosts(own);
  const asked = await sweep((route) => {
    if (!route.verbs.some((verb) => granted(verb).includes('carer'))) return [];
    const pairs = CASES[route.key](own, own).map((request, i) => [request, CASES[route.key](none, own)[i]]);
    return pairs.filter(([request]) => names(own, request) && !request.at.includes('cursor='))
      .map(([request, empty]) => ({ request, likeGhost: names(own, empty) ? null : empty, ghosts: none, someone: carer, may: refused }));
  });
  assert.ok(asked > 50, `${asked} requests`);
});

test('somebody who is not signed in', async () => {
  const stale = { ...who('clerk', THEIRS), role: 'nobody', token: 'x'.repeat(43), cookie: 'kb=unknown' };
  const asked = await sweep((route) =>
    CASES[route.key](theirs, theirs).flatMap((request) =>
      [null, stale].map((someone) => ({
        request,
        someone,
        may: ({ status, to, type, text }) => {
          if (!route.isApi && route.method === 'GET') return status === 303 && to.startsWith('/login');
          if (!route.isApi) return status === 401;
          return status === 401 && type.startsWith('application/problem+json') && JSON.parse(text).code === 'signed_out';
        },
      }))));
  assert.ok(asked > 200, `${asked} requests`);
});

test('what needs nobody to sign in says nothing about anybody', async () => {
  for (const route of routes.filter((r) => r.verbs.length === 0 && r.method === 'GET')) {
    const answer = await send(kb, route, { at: route.at.replace('{file}', 'app.css') }, null);
    assert.deepEqual(leaks(answer.text), [], route.key);
  }
});
