// Whose work a home is today: one tap takes it on, a colleague sees whose it is, and it is handed over, put off, given
// back, and passed on when its owner goes off duty.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };

let kb;
let token;
before(async () => {
  kb = await start();
  token = (await kb.logins()).items.find((row) => row.role === 'station_leader' && row.area_code === '03445').token;
});
after(() => kb?.stop());

/** Somebody who waits for the first call, in the hamlet where the demo's carer works. */
async function waiting(name, address) {
  const [status, made] = await kb.call('POST', '/episodes', token, {
    area_code: '03445', cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
    person: { full_name: name, birth_date: '1950', phone: '0912 801 001' }, household: { address },
  });
  assert.equal(status, 201, JSON.stringify(made));
  return made.id;
}

/** What the form that takes somebody's home would send. */
const kept = (page, name) =>
  card(page, name).locator('form[action$="/task/take"]').evaluate((form) => ({
    at: form.action, form: Object.fromEntries(new FormData(form)),
  }));

const card = (page, name) => page.locator('article', { hasText: name });

test('a home is taken with one tap, seen as taken, put off, handed over and given back', async () => {
  await waiting('Phùng Thị Im', 'nhà 301');
  await waiting('Tẩn Mí Chảo', 'nhà 302');
  const carer = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  const head = await kb.loginAs('station_leader', '03445', SCREENS.desk, PLAIN);
  const carerName = (await kb.logins()).items.find((row) => row.role === 'carer' && row.area_code === '03445').name;

  // Two homes taken from one page (two tabs, an old browser's way back): its forms have one key and are not one command.
  await carer.page.goto('/work?show=waiting');
  const forms = [];
  for (const name of ['Phùng Thị Im', 'Tẩn Mí Chảo']) forms.push(await kept(carer.page, name));
  for (const { at, form } of forms) {
    const answer = await carer.context.request.post(at, { form, headers: { origin: kb.base }, maxRedirects: 0 });
    assert.equal(answer.status(), 303, at);
  }
  for (const name of ['Phùng Thị Im', 'Tẩn Mí Chảo']) {
    await carer.page.goto('/work?show=waiting');
    await card(carer.page, name).getByRole('link', { name: `Xem việc ${name}` }).click();
    await carer.page.getByRole('button', { name: 'Trả lại, để ai rảnh thì nhận' }).click();
  }
  await carer.page.goto('/work?show=waiting');
  await card(carer.page, 'Phùng Thị Im').getByRole('button', { name: 'Tôi nhận Phùng Thị Im' }).click();
  assert.match(carer.page.url(), /\/work\?show=waiting/, 'back to where one was');
  assert.match(await carer.page.locator('body').innerText(), /Việc của nhà này hôm nay là của anh\/chị/);
  assert.match(await card(carer.page, 'Phùng Thị Im').innerText(), /Tôi nhận lúc 07:30/);
  await carer.page.getByRole('link', { name: 'Việc tôi đã nhận: 1 nhà' }).click();
  assert.equal(await carer.page.locator('article.job').count(), 1);

  // The station head sees whose it is, below what nobody has.
  await head.page.goto('/work?show=waiting');
  assert.match(await card(head.page, 'Phùng Thị Im').innerText(), new RegExp(`${carerName} nhận lúc 07:30`));
  const names = await head.page.locator('article.job h3').allInnerTexts();
  assert.ok(names.indexOf('Tẩn Mí Chảo') < names.indexOf('Phùng Thị Im'), names.join(', '));

  // Put off: it stands under its own heading, and its counter takes it from the others.
  await card(carer.page, 'Phùng Thị Im').getByRole('link', { name: 'Xem việc Phùng Thị Im' }).click();
  const offered = await carer.page.locator('select[name=minutes] option').allInnerTexts();
  assert.deepEqual(offered, ['30 phút, đến 08:00', '60 phút, đến 08:30', '120 phút, đến 09:30', '240 phút, đến 11:30']);
  await carer.page.selectOption('select[name=minutes]', '60');
  await carer.page.fill('input[name=why]', 'bà đi nương, 8 giờ rưỡi về');
  await carer.page.getByRole('button', { name: 'Để lát nữa' }).click();
  await carer.page.goto('/work?show=later');
  assert.match(await card(carer.page, 'Phùng Thị Im').innerText(), /hẹn 08:30/);
  await carer.page.goto('/work?show=waiting');
  assert.equal(await card(carer.page, 'Phùng Thị Im').count(), 0);
  const counted = async (page, words) => Number(await page.locator('a.tile', { hasText: words }).locator('b').innerText());
  const shown = await carer.page.locator('article.job').count();
  assert.equal(await counted(carer.page, 'chưa liên lạc'), shown, 'the number of a counter is what it shows');

  // The head hands it to himself with one button, and gives it back.
  await head.page.goto('/work');
  await card(head.page, 'Phùng Thị Im').getByRole('link', { name: 'Xem việc Phùng Thị Im' }).click();
  assert.match(await head.page.locator('main').innerText(), /bà đi nương, 8 giờ rưỡi về/);
  await head.page.getByRole('button', { name: 'Tôi làm thay' }).click();
  await card(head.page, 'Phùng Thị Im').getByRole('link', { name: 'Xem việc Phùng Thị Im' }).click();
  await head.page.getByRole('button', { name: 'Bàn giao' }).click();
  assert.match(await head.page.locator('main').innerText(), /Cần điền chỗ này|Cần chọn/, 'nobody was named');
  const to = head.page.locator('select[name=to]');
  await to.selectOption({ index: 1 });
  await head.page.getByRole('button', { name: 'Bàn giao' }).click();
  assert.match(await head.page.locator('body').innerText(), /Đã bàn giao cho đồng nghiệp/);
  await card(head.page, 'Phùng Thị Im').getByRole('link', { name: 'Xem việc Phùng Thị Im' }).click();
  await head.page.getByRole('button', { name: 'Trả lại, để ai rảnh thì nhận' }).click();
  await head.page.goto('/work?show=waiting');
  assert.equal(await card(head.page, 'Phùng Thị Im').getByRole('button', { name: 'Tôi nhận Phùng Thị Im' }).count(), 1);
  await carer.context.close();
  await head.context.close();
});

test('what is overdue is not put off, and the work of who goes off duty is passed on', async () => {
  const id = await waiting('Lỳ Xá Pu', 'nhà 303');
  const carer = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await carer.page.goto(`/people/${id}/task`);
  await carer.page.getByRole('button', { name: 'Tôi nhận việc của nhà này' }).click();
  const [status] = await kb.call('POST', '/demo/clock', null, { to: '2022-03-16T13:30:00+07:00' });
  assert.equal(status, 200);
  await carer.page.goto(`/people/${id}/task`);
  assert.match(await carer.page.locator('main').innerText(), /không để lại được/);
  assert.equal(await carer.page.locator('select[name=minutes]').count(), 0);
  await carer.page.goto('/work');
  await carer.page.locator('form[action="/duty"] button, form[action$="/duty"] button').first().click();
  await carer.page.goto(`/people/${id}/task`);
  assert.doesNotMatch(await carer.page.locator('main').innerText(), /Tôi nhận lúc/);
  await carer.page.goto(`/people/${id}`);
  assert.match(await carer.page.locator('body').innerText(), /Chuyển việc của nhà cho người thay/);
  await carer.context.close();
});

test('the pages are good on both screens and in both languages', async () => {
  const id = await waiting('Giàng Thị Sua', 'nhà 304');
  const carer = await kb.loginAs('carer', '03445', SCREENS.phone);
  const head = await kb.loginAs('station_leader', '03445', SCREENS.phone);
  const token = (await kb.logins()).items.find((row) => row.role === 'carer' && row.area_code === '03445').token;
  assert.equal((await kb.call('POST', '/duty', token, { on: true }))[0], 200);
  await assertGood(head.page, `/people/${id}/task`, 'task-nobodys');
  const own = carer.page;
  await own.goto(`/people/${id}/task`);
  await own.locator('form[action$="/task/take"] button').click();
  await assertGood(own, `/people/${id}/task`, 'task-own');
  await assertGood(head.page, `/people/${id}/task`, 'task-theirs');
  await own.goto(`/people/${id}/task`);
  await own.locator('form[action$="/task/later"] button').click();
  await assertGood(own, '/work', 'work-task');
  await assertGood(own, '/work?show=later', 'work-task');
  await carer.context.close();
  await head.context.close();
});
