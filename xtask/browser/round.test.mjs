// The village round: three answers a home; it goes on without a signal, survives a reload there, is sent once and in order
// when the signal is back, never under another's name, and is gone from the phone only when the server has it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };

let kb;
let tokens;
before(async () => {
  kb = await start();
  tokens = await kb.tokens();
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();

/** A home of the carer's hamlet with these people: their episodes. */
async function home(address, ...names) {
  const episodes = [];
  for (const name of names) {
    const [status, made] = await kb.call('POST', '/episodes', tokens['carer 03445'], {
      area_code: '03445', cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
      person: { full_name: name, birth_date: '1950' }, household: { address },
    });
    assert.equal(status, 201, JSON.stringify(made));
    episodes.push(made.id);
  }
  return episodes;
}

const card = (page, address) => page.locator('[data-home]', { has: page.locator('h2', { hasText: address }) });
const answers = async (episode) =>
  (await kb.call('GET', `/episodes/${episode}/checkins`, tokens['carer 03445']))[1].items;

test('without script each home is a form: well, not well, not met', async () => {
  const [well, also] = await home('nhà vòng 1', 'Lò Thị Một', 'Lò Thị Hai');
  const [ill, fine] = await home('nhà vòng 2', 'Lò Thị Ba', 'Lò Thị Bốn');
  const [missed] = await home('nhà vòng 3', 'Lò Thị Năm');
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/work');
  await page.locator('nav a[href="/round"]:visible').click();
  assert.match(await text(page), /Đã đi \d+\/\d+ nhà/);

  await card(page, 'nhà vòng 1').locator('summary', { hasText: 'Cả nhà khoẻ' }).click();
  assert.match(await card(page, 'nhà vòng 1').innerText(), /khó thở, hụt hơi; đau tức ngực/);
  await card(page, 'nhà vòng 1').locator('button[value=all_well]').click();
  assert.match(page.url(), /\/round\?done=round$/);
  assert.match(await card(page, 'nhà vòng 1').innerText(), /đã nghe tin/);
  for (const episode of [well, also]) {
    const [said] = await answers(episode);
    assert.deepEqual([said.judgement.level, said.answered_by], ['routine', 'carer']);
    assert.ok(said.judgement.unknown.includes('spo2'), 'what was not measured is unknown');
  }

  await card(page, 'nhà vòng 2').locator('summary', { hasText: 'Có người mệt' }).click();
  await card(page, 'nhà vòng 2').locator(`input[value="${ill}"]`).check();
  await card(page, 'nhà vòng 2').locator('input[name=signs_asked]').check();
  await card(page, 'nhà vòng 2').locator('button[value=some_unwell]').click();
  assert.match(page.url(), /\/round\/[0-9a-f]+\?unwell=/);
  assert.deepEqual([(await answers(ill)).length, (await answers(fine)).length], [0, 1]);
  await page.getByRole('link', { name: 'Ghi khai báo sức khoẻ Lò Thị Ba' }).click();
  await page.check('input[value=drowsy]');
  await page.click('form.sheet button.primary');
  assert.match(await text(page), /Gọi ngay số khẩn cấp/);

  await page.goto('/round');
  assert.match(await card(page, 'nhà vòng 2').innerText(), /đang có báo động/);
  await card(page, 'nhà vòng 3').locator('button[value=not_met]').click();
  const [, tried] = await kb.call('GET', `/episodes/${missed}/contact-attempts`, tokens['carer 03445']);
  assert.deepEqual(tried.items.map((one) => [one.by, one.outcome]), [['visit', 'no_answer']]);
  await context.close();
});

/** The page once its script keeps the round: it may be loaded without a signal. */
async function ready(page) {
  await page.goto('/round');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await page.goto('/round');
}

const kept = (page) => page.evaluate(() => new Promise((done) => {
  const asked = indexedDB.open('keben', 1);
  asked.onsuccess = () => {
    const all = asked.result.transaction('outbox').objectStore('outbox').getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result); };
  };
}));

test('without a signal the round goes on, survives a reload, and is sent once, with the time it was made', async () => {
  const [well] = await home('nhà xa 1', 'Pờ Thị Một');
  const [ill] = await home('nhà xa 2', 'Pờ Thị Hai');
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone);
  await ready(page);
  await context.setOffline(true);
  await page.reload();
  await page.locator('#outbox', { hasText: 'Đang không có sóng: xem bản lưu lúc 07:30' }).waitFor();

  await card(page, 'nhà xa 1').locator('summary', { hasText: 'Cả nhà khoẻ' }).click();
  await card(page, 'nhà xa 1').locator('button[value=all_well]').click();
  await card(page, 'nhà xa 1').locator('[data-state]', { hasText: 'đang chờ sóng' }).waitFor();
  await card(page, 'nhà xa 2').locator('summary', { hasText: 'Có người mệt' }).click();
  await card(page, 'nhà xa 2').locator('input[name=unwell]').check();
  await card(page, 'nhà xa 2').locator('button[value=some_unwell]').click();
  const asking = card(page, 'nhà xa 2').locator('form.ask');
  await asking.locator('input[value=drowsy]').check();
  // Danger is told at once, signal or not: whom to call stands there.
  assert.match(await asking.innerText(), /Gọi ngay, đừng đợi ai trả lời/);
  assert.ok((await asking.locator('a[href^="tel:"]').count()) > 0);
  await asking.locator('input[name=rr]').fill('28');
  await asking.locator('button.primary').click();
  await page.waitForFunction(() => document.querySelector('#outbox').innerText.includes('3 đang chờ sóng'));
  await page.reload();
  await card(page, 'nhà xa 2').locator('[data-state]', { hasText: 'đang chờ sóng' }).waitFor();
  assert.equal((await kept(page)).length, 3);
  assert.deepEqual([(await answers(well)).length, (await answers(ill)).length], [0, 0]);

  const [moved] = await kb.call('POST', '/demo/clock', null, { to: '2022-03-16T09:00:00+07:00' });
  assert.equal(moved, 200);
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector('#outbox').hidden);
  assert.deepEqual(await kept(page), []);
  const [said] = await answers(well);
  assert.deepEqual([said.made_at, said.received_at], ['2022-03-16T07:30:00+07:00', '2022-03-16T09:00:00+07:00']);
  const told = await answers(ill);
  assert.deepEqual(told.map((one) => one.judgement.level), ['emergency']);
  assert.equal(told[0].answers.rr, 28);
  const [, alarms] = await kb.call('GET', '/alerts?area_code=03445', tokens['carer 03445']);
  assert.equal(alarms.items.filter((alarm) => alarm.episode_id === ill).length, 1);
  await context.close();
});

test('what was written by another waits for them, and what is refused is kept and shown', async () => {
  const [one] = await home('nhà chung máy', 'Sùng Thị Một');
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone);
  await ready(page);
  await context.setOffline(true);
  await card(page, 'nhà chung máy').locator('summary', { hasText: 'Cả nhà khoẻ' }).click();
  await card(page, 'nhà chung máy').locator('button[value=all_well]').click();
  await card(page, 'nhà chung máy').locator('[data-state]', { hasText: 'đang chờ sóng' }).waitFor();
  const [written] = await kept(page);

  // The same phone in another's hands: their session does not send it, and the server would not take it.
  await context.setOffline(false);
  await page.waitForFunction(() => document.querySelector('#outbox').hidden);
  const foreign = await context.request.post(`${kb.base}${written.url}`, {
    data: written.body, maxRedirects: 0,
    headers: {
      'content-type': 'application/x-www-form-urlencoded', origin: kb.base, 'x-kb-outbox': 'k-other', 'x-kb-author': 'staff:1',
    },
  });
  assert.equal(foreign.status(), 409);
  assert.equal(foreign.headers()['x-kb-ack'], undefined);
  // Sent a second time, because the answer was lost: one effect, acknowledged again.
  const again = await context.request.post(`${kb.base}${written.url}`, {
    data: written.body, maxRedirects: 0,
    headers: {
      'content-type': 'application/x-www-form-urlencoded', origin: kb.base, 'x-kb-outbox': written.id, 'x-kb-author': written.author,
    },
  });
  assert.deepEqual([again.status(), again.headers()['x-kb-ack']], [200, written.id]);
  assert.equal((await answers(one)).length, 1);

  // The home was closed meanwhile: nothing is lost, and the page says so.
  await context.setOffline(true);
  await card(page, 'nhà chung máy').locator('button[value=not_met]').click();
  await card(page, 'nhà chung máy').locator('[data-state]', { hasText: 'đang chờ sóng' }).waitFor();
  const [, now] = await kb.call('GET', '/demo/clock');
  const [ended] = await kb.call('POST', `/episodes/${one}/outcome`, tokens['carer 03445'], {
    outcome: 'hospital', at: now.now, place: 'Trung tâm Y tế Mường Tè',
  });
  assert.ok(ended < 300);
  await context.setOffline(false);
  await card(page, 'nhà chung máy').locator('[data-state]', { hasText: 'cần xem lại' }).waitFor();
  assert.equal((await kept(page)).length, 1);
  await context.close();
});

test('who signs out leaves no page behind on the phone', async () => {
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone);
  await ready(page);
  const pages = () => page.evaluate(async () => (await caches.has('kb-pages')) && (await (await caches.open('kb-pages')).keys()).length);
  assert.ok((await pages()) > 0);
  await page.evaluate(() => document.querySelector('form[action="/logout"]').requestSubmit());
  await page.waitForURL(/\/(login|demo|$)/);
  await page.waitForFunction(async () => !(await caches.has('kb-pages')));
  await context.close();
});

test('a sheet of paper is written back at once, and a gap in it is said', async () => {
  const [first] = await home('nhà giấy 1', 'Vàng Thị Một');
  const [second] = await home('nhà giấy 2', 'Vàng Thị Hai');
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/round');
  await page.getByRole('link', { name: 'Ghi lại từ giấy' }).click();
  const row = (address) => page.locator('tr', { hasText: address });
  await row('nhà giấy 1').locator('input[value=all_well]').check();
  await row('nhà giấy 2').locator('input[value=not_met]').check();
  await page.fill('#made_at', '7:10');
  await page.click('form.paper button.primary');
  assert.match(await text(page), /Hỏi đủ các dấu hiệu nguy hiểm|Hỏi đủ/);
  assert.ok(await row('nhà giấy 1').locator('input[value=all_well]').isChecked(), 'the sheet is kept');
  assert.deepEqual([(await answers(first)).length, (await answers(second)).length], [0, 0]);
  await page.check('#signs_asked');
  await page.click('form.paper button.primary');
  assert.match(page.url(), /done=round/);
  const [said] = await answers(first);
  assert.equal(said.made_at, '2022-03-16T07:10:00+07:00');
  await context.close();
});

test('the pages are accessible and fit, in both languages', async () => {
  const [ill] = await home('nhà đẹp', 'Chang Thị Một', 'Chang Thị Hai');
  const { context, page } = await kb.loginAs('carer', '03445');
  await page.goto('/round');
  const house = await card(page, 'nhà đẹp').getAttribute('data-home');
  await assertGood(page, '/round', 'round', async () => {
    for (const nth of [0, 3]) await page.locator('summary').nth(nth).click();
  });
  for (const at of ['/round?paper=1', `/round/${house}?unwell=${ill}`]) await assertGood(page, at, 'round');
  await context.close();
});
