// The leader's board: who got worse, who is silent, who waits, how much each carer has; and all homes of one carer are
// moved to a colleague in one step.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };

let kb;
let token;
before(async () => {
  kb = await start();
  token = (await kb.tokens())['station_leader 03445'];
});
after(() => kb?.stop());

async function somebody(name) {
  const [status, made] = await kb.call('POST', '/episodes', token, {
    area_code: '03445', cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
    person: { full_name: name, birth_date: '1950', phone: '0912 801 001' }, household: { address: `nhà ${name}` },
  });
  assert.equal(status, 201, JSON.stringify(made));
  return made.id;
}

const answer = (id, flags) => kb.call('POST', `/episodes/${id}/checkins`, token, { answered_by: 'carer', answers: { red_flags: flags } });
const tile = async (page, words) => Number(await page.locator('a.tile', { hasText: words }).locator('b').innerText());

test('whoever got worse stands on the board, and nobody else', async () => {
  const { context, page } = await kb.loginAs('station_leader', '03445', SCREENS.desk, PLAIN);
  await page.goto('/work');
  await page.getByRole('link', { name: 'Bảng của người phụ trách' }).click();
  const before = await tile(page, 'người xấu đi');
  const [worse, steady] = [await somebody('Lý Thị Nặng Lên'), await somebody('Lý Thị Như Cũ')];
  for (const [id, flags] of [[worse, []], [steady, ['breathless']]]) assert.equal((await answer(id, flags))[0], 201);
  const [status] = await kb.call('POST', '/demo/clock', null, { to: '2022-03-16T08:00:00+07:00' });
  assert.equal(status, 200);
  for (const [id, flags] of [[worse, ['drowsy']], [steady, ['breathless']]]) assert.equal((await answer(id, flags))[0], 201);
  await page.goto('/team');
  assert.equal(await tile(page, 'người xấu đi'), before + 1);
  assert.ok((await tile(page, 'báo động chưa ai nhận')) >= 2);
  const rows = await page.locator('section', { hasText: 'Xấu đi trong 24 giờ qua' }).locator('li').allInnerTexts();
  assert.match(rows[0], /Lý Thị Nặng Lên/, 'the gravest first');
  assert.ok(!rows.some((row) => row.includes('Lý Thị Như Cũ')), rows.join('; '));
  // Well again: off the board.
  await kb.call('POST', '/demo/clock', null, { to: '2022-03-16T08:30:00+07:00' });
  assert.equal((await answer(worse, []))[0], 201);
  await page.goto('/team');
  assert.equal(await tile(page, 'người xấu đi'), before);
  await context.close();
});

test('all homes of one carer become a colleague\'s, and the numbers say so', async () => {
  const [, { items }] = await kb.call('GET', '/care-groups?area_code=03445', token);
  const [own, other] = items.find((group) => group.carers.length > 1).carers;
  const id = await somebody('Lý A Chuyển');
  const { context, page } = await kb.loginAs('station_leader', '03445', SCREENS.phone, PLAIN);
  await page.goto('/team');
  const unnamed = () => tile(page, 'nhà chưa có người phụ trách');
  const all = await unnamed();
  assert.ok(all > 0);
  const [given] = await kb.call('POST', '/assignments', token, { episode_ids: [id], carer_id: own.id });
  assert.equal(given, 201);
  await page.goto('/team');
  assert.equal(await unnamed(), all - 1);
  const homes = async (name) => {
    const row = await page.locator('section', { hasText: 'Ai đang lo bao nhiêu' }).locator('li', { hasText: name }).innerText();
    return Number(row.match(/(\d+) nhà/)[1]);
  };
  const [had, has] = [await homes(own.name), await homes(other.name)];
  assert.ok(had > 0);
  await page.selectOption('select[name=from]', own.id);
  await page.selectOption('select[name=to]', own.id);
  await page.getByRole('button', { name: 'Chuyển', exact: true }).click();
  assert.match(await page.locator('main').innerText(), /Hai người phải khác nhau/);
  await page.selectOption('select[name=to]', other.id);
  await page.getByRole('button', { name: 'Chuyển', exact: true }).click();
  assert.match(await page.locator('body').innerText(), /Đã chuyển các nhà/);
  assert.deepEqual([await homes(own.name), await homes(other.name)], [0, has + had]);
  await page.goto(`/people/${id}`);
  assert.match(await page.locator('body').innerText(), /Giao nhà này cho người chăm sóc/);
  await context.close();
});

test('homes that are in nobody\'s care are given to a carer at once', async () => {
  const { context, page } = await kb.loginAs('commune_leader', '03445', SCREENS.phone, PLAIN);
  await page.goto('/team');
  await page.getByRole('button', { name: 'Chuyển', exact: true }).click();
  const wrong = await page.locator('main').innerText();
  for (const words of ['Của ai: cần điền chỗ này', 'Người nhận: cần điền chỗ này']) assert.ok(wrong.includes(words), wrong);
  await page.selectOption('select[name=from]', 'nobody');
  await page.selectOption('select[name=to]', { index: 1 });
  await page.getByRole('button', { name: 'Chuyển', exact: true }).click();
  assert.equal(await tile(page, 'nhà chưa có người phụ trách'), 0);
  assert.equal(await page.locator('select[name=from] option[value=nobody]').count(), 0);
  await context.close();
});

test('the board is good on both screens and in both languages', async () => {
  const { context, page } = await kb.loginAs('commune_leader', '03445');
  await assertGood(page, '/team', 'team');
  await context.close();
});
