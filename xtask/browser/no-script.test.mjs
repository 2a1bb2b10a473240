// The main job by hand, with JavaScript off: the clerk imports the commune's list, names visitors for a home without
// a phone, registers a household; the carer ticks what was explained; the day is confirmed, signed and locked; the
// inspector's change in a copy of the log is found.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCREENS, start } from './harness.mjs';

const SAMPLES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../data/samples');
const PLAIN = { javaScriptEnabled: false };

let kb;
before(async () => {
  kb = await start();
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();

async function moveTo(time) {
  const [status, body] = await kb.call('POST', '/demo/clock', null, { to: `2022-03-16T${time}+07:00` });
  assert.equal(status, 200, JSON.stringify(body));
}

test('the clerk imports the list, sees what was taken, what comes back and where everybody was placed', async () => {
  const { context, page } = await kb.loginAs('clerk', '03445', SCREENS.desk, PLAIN);
  await page.goto('/import');
  await page.setInputFiles('input[type=file]', path.join(SAMPLES, 'danh-sach-f0-f1-muong-te.xlsx'));
  await page.click('button[name=dry_run]');
  await page.waitForURL(/\/import\/./);
  await page.waitForSelector('.kpis');
  const tried = await text(page);
  assert.match(tried, /63/, 'people of the list');
  assert.match(tried, /37/, 'households of the list');
  await page.click('form.note button.primary');
  await page.waitForSelector('.kpis');
  const taken = await text(page);
  assert.match(taken, /63/);
  const answer = await page.request.get(await page.getAttribute('a[href$="refused.xlsx"]', 'href'));
  assert.equal(answer.status(), 200);
  assert.equal((await answer.body()).subarray(0, 2).toString(), 'PK', 'a workbook');

  await page.goto('/import');
  await page.setInputFiles('input[type=file]', { name: 'danh sach.xlsx', mimeType: 'application/zip', buffer: Buffer.from('%PDF-1.4 no list') });
  await page.click('button[name=dry_run]');
  const refused = await text(page);
  assert.doesNotMatch(refused, /refusal-/, refused);
  await context.close();
});

test('a clerk registers a household of three; the home without a phone gets two visitors', async () => {
  const { context, page } = await kb.loginAs('clerk', '03445', SCREENS.phone, PLAIN);
  await page.goto('/register/household');
  await page.selectOption('#cluster', { label: 'Bản Pắc Ma' });
  await page.fill('#address', 'nhà 73 trên');
  await page.fill('#detected_on', '15/3/2022');
  await page.fill('#full_name_1', 'Lỳ Thị Chản Mới');
  await page.fill('#birth_1', '1942');
  await page.selectOption('#kind_1', 'case');
  await page.fill('#full_name_2', 'Lỳ Gó Xè');
  await page.fill('#birth_2', '1970');
  await page.fill('#full_name_3', 'Pờ Mý Lế');
  await page.click('button.primary.big');
  assert.match(page.url(), /\/people\//, await text(page));
  const person = page.url().match(/\/people\/[0-9a-f]+/)[0];
  let said = await text(page);
  for (const name of ['Lỳ Thị Chản Mới', 'Lỳ Gó Xè', 'Pờ Mý Lế']) assert.ok(said.includes(name), name);

  await page.goto('/coverage');
  assert.ok((await text(page)).includes('Lỳ Thị Chản Mới'), 'nobody can reach her yet: a gap by name');

  await page.goto(`${person}/arrangement`);
  await page.check('input[name=kind][value=visitor]');
  await page.fill('#visitor_name', 'Lỳ Xá Hừ');
  await page.fill('#visitor_phone', '0912 000 111');
  await page.fill('#second_name', 'Pờ A Tư');
  await page.fill('#second_phone', '0912 000 222');
  await page.check('input[name=household]');
  await page.click('form.form button.primary');
  said = await text(page);
  assert.ok(said.includes('Lỳ Xá Hừ') && said.includes('Pờ A Tư'), said);
  await page.goto('/coverage');
  assert.ok(!(await text(page)).includes('Lỳ Thị Chản Mới'), 'the gap is gone');
  await context.close();
});

test('a wrong form keeps what was typed and says the next step', async () => {
  const { context, page } = await kb.loginAs('clerk', '03445', SCREENS.phone, PLAIN);
  await page.goto('/register');
  await page.fill('#full_name', 'Giàng Thị Mua');
  await page.fill('#phone', '123');
  await page.click('form.form button.primary');
  assert.equal(await page.inputValue('#full_name'), 'Giàng Thị Mua');
  assert.equal(await page.inputValue('#phone'), '123');
  assert.ok((await page.locator('[aria-invalid=true]').count()) > 0);
  await context.close();
});

test('a carer sees whom to contact first and ticks what was explained', async () => {
  const [, made] = await kb.call(
    'POST',
    '/episodes',
    (await kb.logins()).items.find((row) => row.role === 'clerk' && row.area_code === '03445').token,
    {
      area_code: '03445',
      cluster: 'Bản Nậm Hãn',
      kind: 'case',
      detected_on: '2022-03-16',
      person: { full_name: 'Lò Thị Ón', birth_date: '1990', phone: '0977 123 123' },
      household: { address: 'nhà 12 mới' },
    },
  );
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/work');
  assert.ok((await text(page)).includes('Lò Thị Ón'));
  await page.goto(`/people/${made.id}/contact`);
  await page.check('input[name=outcome][value=reached]');
  await page.check('input[name=by][value=phone]');
  for (const tick of ['danger_signs', 'number', 'how_to_report', 'responsible']) await page.check(`input[name=${tick}]`);
  await page.click('form.sheet button.primary');
  await page.goto('/work');
  assert.ok(!(await text(page)).includes('Lò Thị Ón'), 'advised: no longer waiting');
  await page.goto(`/people/${made.id}`);
  assert.equal(await page.locator('time').count() > 0, true);
  await context.close();
});

test('the day: confirmed by the station, signed by the leader, locked at noon, corrected afterwards', async () => {
  const open = async (role) => {
    const { items } = await kb.logins();
    const { token } = items.find((row) => row.role === role && row.area_code === '03445');
    const [, reports] = await kb.call('GET', '/reports?area_code=03445&on=2022-03-16', token);
    const { context, page } = await kb.loginAs(role, '03445', SCREENS.desk, PLAIN);
    await page.goto(`/reports/${reports.items[0].id}`);
    return { context, page };
  };
  await moveTo('10:58:00');
  const station = await open('station_leader');
  await station.page.click('form[action$="/confirm"] button');
  const leader = await open('commune_leader');
  await leader.page.fill('#narrative', 'Mưa to, đường vào Pắc Ma sạt lở');
  await leader.page.click('form[action$="/submit"] button');
  assert.equal(await leader.page.locator('form[action$="/submit"]').count(), 0, 'signed once');
  assert.ok((await text(leader.page)).includes('sạt lở'));
  await moveTo('12:07:00');
  await leader.page.reload();
  assert.equal(await leader.page.locator('form[action$="/correct"]').count(), 1, 'after the lock only corrections');
  await leader.page.locator('details:has(form[action$="/correct"]) summary').click();
  await leader.page.selectOption('#indicator', 'f0_new');
  await leader.page.fill('#value', '7');
  await leader.page.fill('#reason', 'đếm lại với trạm');
  await leader.page.click('form[action$="/correct"] button');
  assert.ok((await text(leader.page)).includes('đếm lại với trạm'));
  const book = await leader.page.request.get(await leader.page.getAttribute('a[href*="xlsx"]', 'href'));
  assert.equal((await book.body()).subarray(0, 2).toString(), 'PK');
  await station.context.close();
  await leader.context.close();
});

test("a change in a copy of the store is found, and the store itself stays whole", async () => {
  const { context, page } = await kb.loginAs('inspector', '12', SCREENS.desk, PLAIN);
  await page.goto('/demo');
  await page.click('form[action="/demo/tamper"] button');
  const said = await text(page);
  assert.match(said, /Sai từ mục [\d.]+ của sổ/, said);
  assert.match(said, /không còn khớp/, said);
  assert.doesNotMatch(said, /\bentry\b|what was hashed/, 'no word of the program itself');
  const { out } = await kb.command('verify', '--json');
  assert.equal(JSON.parse(out).ok, true, out);
  await context.close();
});

test('log-in by password, a wrong one named in words', async () => {
  const { context, page } = await kb.newPage(SCREENS.phone, PLAIN);
  await page.goto('/work');
  assert.equal(new URL(page.url()).pathname, '/login');
  await page.fill('#login', 'muongte.vanthu');
  await page.fill('#password', 'sai mật khẩu');
  await page.click('form button.primary');
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.equal(await page.inputValue('#login'), 'muongte.vanthu');
  assert.ok((await page.locator('[role=alert], .em, .errors').count()) > 0);
  await context.close();
});

test('the story is told on by a button, and what was done by hand stays', async () => {
  const { context, page } = await kb.loginAs('clerk', '03445', SCREENS.phone, PLAIN);
  await page.goto('/demo');
  const list = await page.request.get('/demo/list.xlsx');
  assert.equal((await list.body()).subarray(0, 2).toString(), 'PK', 'a workbook');
  const before = (await kb.call('GET', '/demo/clock', null))[1].now;
  await page.click('form[action="/demo/step"] button');
  assert.match(await text(page), /bước 1 trên 14/);
  assert.equal((await kb.call('GET', '/demo/clock', null))[1].now, before, 'the clock is past the first step');
  const [status, body] = await kb.call('POST', '/demo/step', null);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.step, 'visitors');
  await context.close();
});
