// The main job, played against the program itself on both databases: people are registered, the day is reported and
// locked, the program is stopped, a list is imported twice, the log is verified, and a stranger's change is found.

import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startProgram } from './harness.mjs';

const SAMPLES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../data/samples');
const TODAY = '2022-03-16';
const at = (time) => `${TODAY}T${time}+07:00`;

const databases = [
  ['SQLite', null],
  ['PostgreSQL', `${process.env.KEBEN_TEST_PG}?schema=story`],
];

const person = (name, phone, address, more = {}) => ({
  area_code: '03445',
  cluster: 'Bản Giẳng',
  kind: 'case',
  detected_on: '2022-03-15',
  person: { full_name: name, birth_date: '1980', phone },
  household: { address },
  ...more,
});

for (const [name, db] of databases) {
  describe(`the main job on ${name}`, () => {
    let kb;
    let token;
    before(async () => {
      kb = await startProgram({ db });
      token = await kb.tokens();
    });
    after(() => kb?.remove());

    test('a case is registered, placed, due, and never doubled', async () => {
      const clerk = token['clerk 03445'];
      const body = person('Lý Thị Hảo', '0912 345 678', 'nhà 900');
      const [status, made] = await kb.call('POST', '/episodes', clerk, body, { 'idempotency-key': 'hao' });
      assert.equal(status, 201, JSON.stringify(made));
      assert.deepEqual(made.gaps, []);
      assert.ok(made.care_group_id);
      assert.equal(made.first_contact_due_at, at('13:30:00'), 'six hours later');
      const again = await kb.call('POST', '/episodes', clerk, body, { 'idempotency-key': 'hao' });
      assert.deepEqual(again, [201, made], 'the same key gives the same answer');
      const [twice, problem] = await kb.call('POST', '/episodes', clerk, body);
      assert.deepEqual([twice, problem.code], [409, 'possible_duplicate']);
      assert.equal(problem.candidates.length, 1);

      const [, read] = await kb.call('GET', `/episodes/${made.id}`, clerk);
      assert.equal(read.person.full_name, 'Lý Thị Hảo');
      assert.deepEqual(read.person.phones, ['+84912345678']);
      assert.equal(read.first_contact.state, 'waiting');
    });

    test('two clerks who register the same person at once make one', async () => {
      const [one, two] = [token['clerk 03445'], token['station_leader 03445']];
      const body = person('Vàng A Sáu', '0987 111 222', 'nhà 901');
      const answers = await Promise.all([one, two].map((who) => kb.call('POST', '/episodes', who, body)));
      assert.deepEqual(answers.map(([status]) => status).sort(), [201, 409]);
    });

    test('who is registered at an address that is known joins that household, whatever their number', async () => {
      const clerk = token['clerk 03445'];
      const [, one] = await kb.call('POST', '/episodes', clerk, person('Sùng A Chứ', '0987 222 001', 'nhà 910, Giẳng'));
      const [, two] = await kb.call(
        'POST', '/episodes', clerk, person('Sùng Thị Máy', '0987 222 002', 'NHÀ 910 giẳng', { kind: 'contact' }));
      assert.equal(two.household_id, one.household_id);
      assert.equal(two.care_group_id, one.care_group_id, 'a home with any F0 is an F0 home');
      const elsewhere = person('Sùng A Tủa', '0987 222 003', 'nhà 910, Giẳng', { cluster: 'Bản Bó' });
      const [, three] = await kb.call('POST', '/episodes', clerk, elsewhere);
      assert.notEqual(three.household_id, one.household_id, 'the same words in another cluster are another home');
    });

    test('every gap names who must mend it', async () => {
      const [, board] = await kb.call('GET', '/gaps?area_code=107&limit=500', token['district_officer 107']);
      assert.ok(board.items.length > 0);
      const owners = Object.fromEntries(board.items.map((gap) => [gap.level, gap.owner.name]));
      for (const gap of board.items) assert.ok(gap.owner.name || gap.level === 'commune', JSON.stringify(gap));
      assert.equal(owners.district, 'Lỳ Xuyến Phù', 'what is a day late is the district officer\'s');
    });

    test('a first contact closes when all four were explained', async () => {
      const carer = token['carer 03445'];
      const [, made] = await kb.call(
        'POST', '/episodes', carer, person('Lò Văn Đôi', '0987 111 333', 'nhà 902', { cluster: 'Bản Nậm Hãn' }));
      const attempts = `/episodes/${made.id}/contact-attempts`;
      const no = await kb.call('POST', attempts, carer, { by: 'phone', outcome: 'no_answer' });
      assert.equal(no[0], 201, JSON.stringify(no[1]));
      const half = { danger_signs: true, number: true, how_to_report: false, responsible: false };
      await kb.call('POST', attempts, carer, { by: 'phone', outcome: 'reached', advised: half });
      const state = async () => (await kb.call('GET', `/episodes/${made.id}`, carer))[1].first_contact.state;
      assert.equal(await state(), 'reached');
      const rest = { danger_signs: false, number: false, how_to_report: true, responsible: true };
      await kb.call('POST', attempts, carer, { by: 'visit', outcome: 'reached', advised: rest });
      assert.equal(await state(), 'advised');
      const [, list] = await kb.call('GET', attempts, carer);
      assert.equal(list.items.length, 3);
    });

    test('nobody sees or touches the people of another commune', async () => {
      const mine = token['clerk 03445'];
      const other = token['clerk 26020'];
      const [, list] = await kb.call('GET', '/episodes?area_code=03445&limit=1', mine);
      const id = list.items[0].id;
      const house = list.items[0].household_id;
      assert.equal((await kb.call('GET', `/episodes/${id}`, other))[0], 404);
      assert.equal((await kb.call('POST', `/episodes/${id}/void`, other, { reason: 'thử' }))[0], 404);
      const inside = person('Người Lạ', '0987 000 111', 'x', { household: { id: house } });
      assert.equal((await kb.call('POST', '/episodes', other, inside))[0], 404);
      assert.equal(
        (await kb.call('POST', '/episodes', other, { ...inside, area_code: '26020', cluster: 'Khu phố 1' }))[0], 404);
      assert.deepEqual((await kb.call('GET', '/episodes?area_code=03445', other))[0], 404);
      assert.equal((await kb.call('GET', '/episodes'))[0], 401);
    });

    test('the day: confirmed, signed, late, locked, corrected, balanced', async () => {
      const clerk = token['clerk 03445'];
      const of = async (code, who, day = TODAY) =>
        (await kb.call('GET', `/reports?area_code=${code}&on=${day}`, who))[1].items[0];
      const report = await of('03445', clerk);
      const mine = `/reports/${report.id}`;
      assert.equal(report.state, 'draft');
      const to = async (time) => {
        const [status, body] = await kb.call('POST', '/demo/clock', null, { to: at(time) });
        assert.equal(status, 200, JSON.stringify(body));
      };
      await to('10:59:59');
      assert.equal((await kb.call('POST', `${mine}/confirm`, clerk, {}))[0], 404, 'only the station confirms');
      assert.equal((await kb.call('POST', `${mine}/confirm`, token['station_leader 03445'], {}))[0], 201);
      const [signed, sheet] = await kb.call(
        'POST', `${mine}/submit`, token['commune_leader 03445'], { narrative: 'Ổn định' });
      assert.deepEqual([signed, sheet.on_time, sheet.late], [201, true, false], JSON.stringify(sheet));

      await to('11:00:00');
      const second = await of('03408', token['clerk 03408']);
      const [late, lateSheet] = await kb.call(
        'POST', `/reports/${second.id}/submit`, token['commune_leader 03408'], { narrative: '' });
      assert.deepEqual([late, lateSheet.on_time, lateSheet.late], [201, false, true]);

      await to('11:59:59');
      const [made] = await kb.call('POST', '/episodes', clerk, person('Pờ Gia Hù', '0987 111 444', 'nhà 903'));
      assert.equal(made, 201);
      const open = await of('03445', clerk);
      assert.equal(open.figures.f0_new, open.submitted_figures.f0_new + 1, 'the supplement is seen');
      await to('12:00:00');
      const locked = await of('03445', clerk);
      assert.equal(locked.state, 'locked');
      assert.equal(locked.frozen_figures.f0_new, open.figures.f0_new);
      assert.deepEqual(locked.figures, locked.frozen_figures);
      const f = locked.frozen_figures;
      assert.equal(
        f.f0_end, f.f0_start + f.f0_new + f.f0_in - f.f0_recovered - f.f0_out - f.f0_died + f.f0_adjusted);
      assert.equal(
        f.f1_end, f.f1_start + f.f1_new + f.f1_in - f.f1_became_f0 - f.f1_completed - f.f1_out + f.f1_adjusted);

      const [next] = await kb.call('POST', '/episodes', clerk, person('Tẩn A Pao', '0987 111 555', 'nhà 904'));
      assert.equal(next, 201);
      assert.deepEqual((await of('03445', clerk)).frozen_figures, f, 'after the lock nothing moves it');
      assert.equal((await of('03445', clerk, '2022-03-17')).figures.f0_new, 1, 'it belongs to the next day');
      const [corrected, answer] = await kb.call(
        'POST', `${mine}/correct`, token['commune_leader 03445'], { indicator: 'f0_new', value: 9, reason: 'đếm lại' });
      assert.equal(corrected, 201, JSON.stringify(answer));
      assert.equal((await of('03445', clerk)).corrections.length, 1);
      assert.equal((await kb.call('POST', '/demo/clock', null, { to: at('11:00:00') }))[0], 409);

      const sum = async (code, who) => (await of(code, who)).frozen_figures.f0_end;
      const [, below] = await kb.call(
        'GET', `/reports?area_code=107&on=${TODAY}&below=1&limit=500`, token['district_officer 107']);
      const communes = below.items.filter((item) => item.area_code !== '107');
      assert.equal(communes.length, 14);
      const added = communes.reduce((n, item) => n + item.frozen_figures.f0_end, 0);
      assert.equal(await sum('107', token['district_officer 107']), added);
      assert.ok((await sum('12', token['province_officer 12'])) >= (await sum('107', token['district_officer 107'])));
    });

    test('stopped, a list is imported twice, and the log is whole', async () => {
      await kb.stop();
      const sample = 'danh-sach-muong-te.csv';
      const key = JSON.parse(await readFile(path.join(SAMPLES, `${sample}.key.json`), 'utf8'));
      const list = path.join(kb.folder, sample);
      await copyFile(path.join(SAMPLES, sample), list);
      for (const created of [key.people.length, 0]) {
        const { code, out } = await kb.command('import', 'episodes', list, '--area', '03445', '--json');
        assert.equal(code, 0);
        const result = JSON.parse(out);
        assert.deepEqual(
          [result.people, result.households, result.created], [key.people.length, key.households, created]);
        assert.deepEqual(
          result.refused.map((row) => [row.number, row.code]), key.refuse.map((row) => [String(row.row), row.why]));
      }
      const { code, out } = await kb.command('verify', '--json');
      const said = JSON.parse(out);
      assert.deepEqual([code, said.ok, said.anchored], [0, true, true], out);
    });
  });
}
