// The program is killed while many register at once, stopped and killed while a list comes in and while it is taken
// back. What was acknowledged is there, once; what was not is there once or not at all, and its repetition decides;
// nobody is without a group; the log verifies.

import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startProgram } from './harness.mjs';
import { signInAll } from './routes.mjs';

const COMMUNE = '03408';
const CLIENTS = 16;
const KILLS = 3;
/** Registrations acknowledged before a kill: at least, and fewer than. */
const ACKNOWLEDGED = [15, 45];
const HOMES = 401;
const HOUSEHOLDS_MAX = 100;

const databases = [
  ['SQLite', null],
  ['PostgreSQL', `${process.env.KEBEN_TEST_PG}?schema=kills`],
];

for (const [name, db] of databases) {
  describe(`killed and stopped, on ${name}`, () => {
    let kb;
    let people;
    const who = (role) => people.find((p) => p.role === role && p.area === COMMUNE);
    before(async () => {
      kb = await startProgram({ db });
      people = await signInAll(kb);
    });
    after(() => kb?.remove());

    /** Starts again on the same store, and finds its log whole. */
    async function again() {
      kb = await startProgram({ db, folder: kb.folder });
      const { code, out } = await kb.command('verify', '--json');
      assert.deepEqual([code, JSON.parse(out).ok], [0, true], out);
    }

    /** Everybody of the commune, by name. */
    async function everybody(words = {}) {
      const found = new Map();
      for (let cursor = ''; cursor !== null; ) {
        const query = new URLSearchParams({ area_code: COMMUNE, limit: '500', ...words, ...(cursor ? { cursor } : {}) });
        const [status, list] = await kb.call('GET', `/episodes?${query}`, who('clerk').token);
        assert.equal(status, 200, JSON.stringify(list));
        for (const item of list.items) {
          found.set(item.person.full_name, [...(found.get(item.person.full_name) ?? []), item]);
        }
        cursor = list.next;
      }
      return found;
    }

    /** One person by the interface, or a home of three by the page: `{names, send}`; `send` answers the id. */
    function registration(n, client) {
      const key = randomUUID();
      const three = n % 3 === 0;
      const names = (three ? ['Một', 'Hai', 'Ba'] : ['Mình']).map((given) => `Thử ${key.slice(0, 8)} ${given}`);
      const address = `nhà ${key}`;
      const someone = [who('clerk'), who('station_leader'), who('commune_leader')][client % 3];
      const one = async () => {
        const [status, made] = await kb.call('POST', '/episodes', someone.token, {
          area_code: COMMUNE, kind: n % 2 ? 'case' : 'contact', detected_on: '2022-03-15',
          person: { full_name: names[0], birth_date: '1980' }, household: { address },
        }, { 'idempotency-key': key });
        assert.equal(status, 201, JSON.stringify(made));
        return made.id;
      };
      const home = async () => {
        const form = { key, area_code: COMMUNE, detected_on: '15/3/2022', address, household_kind: 'house', rows: '3' };
        names.forEach((given, i) => Object.assign(form, { [`full_name_${i + 1}`]: given, [`kind_${i + 1}`]: i ? 'contact' : 'case' }));
        const answer = await fetch(`${kb.base}/register/household`, {
          method: 'POST', headers: { origin: kb.base, cookie: someone.cookie }, body: new URLSearchParams(form), redirect: 'manual' });
        assert.equal(answer.status, 303, await answer.text());
        return answer.headers.get('location').match(/[0-9a-f]{32}/)[0];
      };
      return { names, address, id: null, send: three ? home : one };
    }

    test('what was acknowledged before a kill is there once', async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const sent = [];
        const wanted = randomInt(...ACKNOWLEDGED);
        let acknowledged = 0;
        let dead = null;
        const work = async (client) => {
          while (!dead) {
            const next = registration(sent.length, client);
            sent.push(next);
            try {
              next.id = await next.send();
            } catch (fault) {
              // Whoever was waiting when the line broke has no answer; a refusal would be a fault.
              if (fault instanceof assert.AssertionError) throw fault;
              return;
            }
            acknowledged += 1;
            if (acknowledged === wanted) dead = kb.kill();
          }
        };
        await Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));
        await dead;
        const said = `kill ${kill + 1} after ${wanted} of ${sent.length}`;
        await again();
        const found = await everybody();
        for (const { id, names, address } of sent) {
          const there = names.flatMap((name) => found.get(name) ?? []);
          if (id) assert.equal(there.length, names.length, `${said}: ${names} were acknowledged`);
          assert.ok([0, names.length].includes(there.length), `${said}: half a home, ${there.length} of ${names}`);
          assert.ok(new Set(there.map((item) => item.household_id)).size <= 1, `${said}: two homes at ${address}`);
          if (id) assert.ok(there.some((item) => item.id === id), said);
          assert.ok(there.every((item) => item.care_group_id), `${said}: somebody has no group`);
        }
        for (const one of sent) {
          const id = await one.send();
          assert.equal(id, one.id ?? id, `${said}: the same key gives the same id`);
        }
        const after = await everybody();
        for (const { names } of sent) {
          assert.deepEqual(names.map((name) => after.get(name)?.length), names.map(() => 1), said);
        }
      }
    });

    test('two clerks who send homes with one person in common at once make that person once', async () => {
      const form = (round, names) => ({
        area_code: COMMUNE, detected_on: '15/3/2022', address: `nhà chung ${round}`, household_kind: 'house', rows: '3', key: randomUUID(),
        ...Object.fromEntries(names.flatMap((given, i) => [[`full_name_${i + 1}`, `${given} Vòng ${round}`], [`kind_${i + 1}`, 'case']])),
      });
      const post = async (someone, body) => {
        const headers = { origin: kb.base, cookie: someone.cookie };
        const answer = await fetch(`${kb.base}/register/household`, { method: 'POST', headers, body: new URLSearchParams(body), redirect: 'manual' });
        return answer.status;
      };
      for (let round = 0; round < 5; round += 1) {
        const statuses = await Promise.all([
          post(who('clerk'), form(round, ['Lường Văn Trước', 'Lường Thị Giữa'])),
          post(who('station_leader'), form(round, ['Lường Văn Sau', 'Lường Thị Giữa'])),
        ]);
        assert.deepEqual(statuses.sort(), [303, 409]);
        assert.equal((await everybody({ q: `Lường Thị Giữa Vòng ${round}` })).get(`Lường Thị Giữa Vòng ${round}`).length, 1);
      }
    });

    // ---- Lists

    const nameOf = (list, i) => `Danh Sách ${list} Số ${i}`;
    const rows = (list) => Array.from({ length: HOMES }, (_, i) => i + 1)
      .flatMap((i) => [[2 * i, nameOf(list, 2 * i), 'F0', i], [2 * i + 1, nameOf(list, 2 * i + 1), 'F1', i]])
      .map(([number, full, kind, i]) => `${number},${full},1980,,${list} nhà ${i},${kind},15/03/2022`);

    async function upload(list, someone = who('clerk'), key = list) {
      const body = new FormData();
      body.set('area_code', COMMUNE);
      body.set('file', new Blob([['STT,Họ và tên,Năm sinh,Điện thoại,Địa chỉ,F0/F1,Ngày phát hiện', ...rows(list)].join('\n')]), `${list}.csv`);
      const headers = { authorization: `Bearer ${someone.token}`, 'idempotency-key': key };
      const answer = await fetch(`${kb.base}/api/v1/imports`, { method: 'POST', headers, body });
      assert.equal(answer.status, 202, await answer.clone().text());
      return (await answer.json()).id;
    }

    const state = async (id) => (await kb.call('GET', `/imports/${id}`, who('clerk').token))[1];

    /** Asks until `is` holds of the import. */
    async function until(id, is) {
      for (;;) {
        const now = await state(id);
        if (is(now)) return now;
        assert.ok(['running', 'done'].includes(now.state), JSON.stringify(now));
      }
    }

    test('three who bring in the same list at once, and one who registers by hand meanwhile', async () => {
      const senders = [who('clerk'), who('station_leader'), who('commune_leader')];
      const ids = await Promise.all(senders.map((someone, i) => upload('Chung', someone, `chung-${i}`)));
      const byHand = [];
      for (let number = 2 * HOMES; number > 2 * HOMES - 20; number -= 2) {
        byHand.push((await kb.call('POST', '/episodes', who('clerk').token, {
          area_code: COMMUNE, kind: 'case', detected_on: '2022-03-15',
          person: { full_name: nameOf('Chung', number), birth_date: '1980' }, household: { address: `Chung nhà ${number / 2}` } }))[0]);
      }
      assert.ok(byHand.every((status) => [201, 409].includes(status)), String(byHand));
      for (const id of ids) await until(id, (now) => now.state === 'done');
      const results = await Promise.all(ids.map(async (id) => (await state(id)).result));
      const made = results.reduce((n, result) => n + result.created, 0);
      assert.equal(made + byHand.filter((status) => status === 201).length, 2 * HOMES);
      const found = await everybody();
      for (let number = 2; number < 2 * HOMES + 2; number += 1) {
        const there = found.get(nameOf('Chung', number)) ?? [];
        assert.equal(there.length, 1, `${nameOf('Chung', number)} is there ${there.length} times`);
      }
    });

    for (const [what, list, end] of [
      ['stopped', 'Ngung', () => kb.stop()],
      ['killed', 'Huy', () => kb.kill()],
    ]) {
      test(`${what} while a list comes in, it goes on at the next start`, async () => {
        const id = await upload(list);
        const then = await until(id, (now) => now.done > 0);
        assert.equal(then.state, 'running', 'the list is too short to be interrupted');
        await end();
        await again();
        const { result } = await until(id, (now) => now.state === 'done');
        assert.equal(await upload(list), id, 'the same key gives the same import');
        assert.deepEqual([result.people, result.households, result.created], [2 * HOMES, HOMES, 2 * HOMES]);
        assert.deepEqual(result.refused, []);
        assert.equal(result.placed.reduce((n, line) => n + line.households, 0), HOMES);
        const found = await everybody({ state: 'open' });
        const homes = new Set();
        for (let number = 2; number < 2 * HOMES + 2; number += 1) {
          const there = found.get(nameOf(list, number)) ?? [];
          assert.equal(there.length, 1, `${nameOf(list, number)} is there ${there.length} times`);
          assert.ok(there[0].care_group_id, `${nameOf(list, number)} has no group`);
          homes.add(there[0].household_id);
        }
        assert.equal(homes.size, HOMES);
        const [, groups] = await kb.call('GET', `/care-groups?area_code=${COMMUNE}&limit=500`, who('clerk').token);
        for (const group of groups.items) assert.ok(group.households <= HOUSEHOLDS_MAX, JSON.stringify(group));
      });
    }

    test('killed while a list is taken back, it is taken back when asked again', async () => {
      const id = await upload('Huy');
      const undo = (key) => kb.call('POST', `/imports/${id}/undo`, who('clerk').token, {}, { 'idempotency-key': key });
      const gone = undo('undo-1').catch(() => null);
      const voided = async () =>
        (await kb.call('GET', `/episodes?area_code=${COMMUNE}&outcome=void&limit=1`, who('clerk').token))[1].items.length;
      while ((await voided()) === 0);
      await kb.kill();
      await gone;
      await again();
      assert.equal((await state(id)).state, 'done', 'taken back too soon to be interrupted');
      const [status, answer] = await undo('undo-1');
      assert.equal(status, 200, JSON.stringify(answer));
      assert.deepEqual(await undo('undo-1'), [200, answer], 'the same key gives the same answer');
      assert.equal((await state(id)).state, 'undone');
      const open = await everybody({ state: 'open' });
      for (let number = 2; number < 2 * HOMES + 2; number += 1) assert.equal(open.get(nameOf('Huy', number)), undefined);
      assert.equal((await undo('undo-2'))[0], 409);
      const { code, out } = await kb.command('verify', '--json');
      assert.deepEqual([code, JSON.parse(out).ok], [0, true], out);
    });
  });
}
