// A home's own link: previews do no harm, whoever has it may say how somebody is and sees nothing that is stored, danger
// leads to the call, and whoever has no link that runs gets the same page. Plain forms: no script runs on these pages.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, SCREENSHOTS, assertAccessible, assertFits, shots, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };
const COMMUNE = '03445';
const NAME = 'Lù Thị Kín';
/** What a first visit may weigh in all, in bytes as they travel. */
const VISIT_BYTES_MAX = 30_000;

let kb;
let token;
let episode;
before(async () => {
  kb = await start();
  token = (await kb.logins()).items.find((row) => row.role === 'carer' && row.area_code === COMMUNE).token;
  const [status, made] = await kb.call('POST', '/episodes', token, {
    area_code: COMMUNE, cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
    person: { full_name: NAME, birth_date: '1951', sex: 'female', phone: '0912000977' }, household: { address: 'nhà thử liên kết' },
  });
  assert.equal(status, 201, JSON.stringify(made));
  episode = made.id;
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();
const answers = async () => (await kb.call('GET', `/episodes/${episode}/checkins`, token))[1].items;

/** A carer hands out the link: what the page shows once. */
async function handOut(word = 'Bà') {
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${episode}`);
  await page.getByRole('link', { name: 'Liên kết riêng của nhà' }).click();
  await page.fill('input[name="word.0"]', word);
  await page.check('input[name=delivery][value=in_person]');
  await page.click('form.form button.primary');
  const address = (await page.locator('#made .brk').innerText()).trim();
  assert.match(address, new RegExp(`^${kb.base}/h/[0-9a-f]{32}$`));
  assert.equal(await page.locator('svg.qr').count(), 1);
  await page.goto(`/people/${episode}/link`);
  assert.ok(!(await page.content()).includes(address), 'it is shown once');
  assert.match(await text(page), /Liên kết của nhà này có từ 07:30/);
  await context.close();
  return address;
}

const phone = async (more = {}) => {
  const context = await kb.browser.newContext({ baseURL: kb.base, viewport: SCREENS.phone, locale: 'vi-VN', ...more });
  return { context, page: await context.newPage() };
};

test('a preview learns and does nothing; behind the button nothing stored is shown', async () => {
  const address = await handOut();
  for (const at of [address, address.replace(/h\/.*/, `h/${'0'.repeat(32)}`)]) {
    const preview = await fetch(at, { redirect: 'manual' });
    assert.equal(preview.status, 200, 'the same for every token');
    assert.equal(preview.headers.get('set-cookie'), null);
    assert.equal(preview.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(preview.headers.get('cache-control'), 'no-store');
  }
  const { context, page } = await phone(PLAIN);
  await page.goto(address);
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/own', 'the link is out of the address');
  const seen = await page.content();
  for (const secret of [NAME, 'nhà thử liên kết', '0912', '1951', 'F0']) assert.ok(!seen.includes(secret), secret);
  assert.match(await text(page), /Khó thở, tím môi, lơ mơ: gọi ngay/);
  assert.ok((await page.locator('a.sos[href^="tel:"]').count()) > 0);

  // Three taps when well.
  await page.getByRole('link', { name: 'Bà', exact: true }).click();
  await page.check('input[name=none]');
  await page.click('button.big');
  assert.match(await text(page), /Đã nhận lời khai/);
  const [well] = await answers();
  assert.deepEqual([well.answered_by, well.verified, well.judgement.level], ['self', false, 'routine']);

  // Danger: the call stands first, and somebody is told.
  await page.goto('/own/checkin?who=0');
  await page.check('input[name=red_flags][value=cyanosis]');
  await page.click('button.big');
  assert.match(await text(page), /Nguy hiểm: gọi ngay/);
  assert.ok((await page.locator('a.sos[href^="tel:"]').count()) > 0);
  const [, alarms] = await kb.call('GET', `/alerts?area_code=${COMMUNE}`, token);
  assert.ok(alarms.items.some((alarm) => alarm.episode_id === episode && alarm.level === 'emergency'));

  // A faulty number is asked again, with everything kept.
  await page.goto('/own/checkin?who=0');
  await page.check('input[name=none]');
  await page.locator('summary').click();
  await page.fill('#spo2', '970');
  await page.click('button.big');
  assert.equal(await page.inputValue('#spo2'), '970');
  assert.ok(await page.isChecked('input[name=none]'));
  // A low one is measured again, on the next page.
  await page.fill('#spo2', '95');
  await page.click('button.big');
  assert.match(await text(page), /Đo lại một lần nữa/);
  await page.fill('#spo2_second', '98');
  await page.click('form.form button.big');
  assert.match(await text(page), /Đã nhận lời khai/);

  // The staff see what came by the link, and that nobody verified it.
  const carer = await kb.loginAs('carer', COMMUNE);
  const last = (await answers()).at(-1);
  await carer.page.goto(`/checkins/${last.id}`);
  assert.match(await text(carer.page), /chưa xác minh người khai/);
  await Promise.all([context.close(), carer.context.close()]);
});

test('without a link that runs every page of the home is the same, and nothing is written', async () => {
  const address = await handOut();
  const enter = await fetch(address, { method: 'POST', headers: { origin: kb.base }, redirect: 'manual' });
  assert.equal(enter.status, 303);
  assert.match(enter.headers.get('set-cookie'), /HttpOnly; SameSite=Lax/);
  const revoked = enter.headers.get('set-cookie').split(';')[0];
  await handOut();
  const count = (await answers()).length;
  const name = revoked.split('=')[0];
  const told = [];
  for (const cookie of [null, revoked, `${name}=`, `${name}=${'0'.repeat(32)}`, `kb=${revoked.split('=')[1]}`]) {
    for (const [method, at] of [
      ['GET', '/own'], ['GET', '/own/checkin?who=0'], ['POST', '/own/checkin'], ['POST', `/h/${'0'.repeat(32)}`],
      ['POST', new URL(address).pathname],
    ]) {
      const headers = { origin: kb.base, 'accept-language': 'vi', ...(cookie ? { cookie } : {}) };
      const body = method === 'POST' ? new URLSearchParams({ who: '0', red_flags: 'cyanosis', answered_by: 'self' }) : undefined;
      const answer = await fetch(kb.base + at, { method, headers, body, redirect: 'manual' });
      told.push([`${method} ${at} ${cookie}`, answer.status, (await answer.text()).match(/<main[^]*<\/main>/)[0]]);
    }
  }
  for (const [what, status, main] of told) {
    assert.equal(status, 404, what);
    assert.equal(main, told[0][2], what);
  }
  assert.equal((await answers()).length, count);
  // What the home holds opens nothing of the staff's, and a form from elsewhere is not taken.
  const staff = await fetch(`${kb.base}/people/${episode}`, { headers: { cookie: revoked }, redirect: 'manual' });
  assert.equal(staff.status, 303);
  const foreign = await fetch(`${kb.base}/own/checkin`, {
    method: 'POST', headers: { cookie: revoked, origin: 'https://example.org' }, body: new URLSearchParams({ who: '0' }), redirect: 'manual',
  });
  assert.equal(foreign.status, 403);
});

test('revoked on the page, it opens nothing', async () => {
  const address = await handOut();
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${episode}/link`);
  await page.click('form[action$="/revoke"] button');
  assert.match(await text(page), /Đã thu hồi/);
  const enter = await fetch(address, { method: 'POST', headers: { origin: kb.base }, redirect: 'manual' });
  assert.equal(enter.status, 404);
  await context.close();
});

test('the demo has homes with links of their own, the same after a restart', async () => {
  const { patients } = await kb.logins();
  assert.ok(patients.length >= 3, JSON.stringify(patients));
  assert.ok(patients.some((home) => home.area_code === COMMUNE) && patients.some((home) => home.area_code === '26020'));
  const { context, page } = await phone(PLAIN);
  await page.goto(patients[0].link);
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/own');
  await context.close();
});

test('the pages of a home are light, accessible and fit, in both languages', async () => {
  const address = await handOut('Bà nội');
  const { context, page } = await phone();
  let bytes = 0;
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const sizes = {};
  session.on('Network.responseReceived', (event) => { sizes[event.requestId] = new URL(event.response.url).pathname; });
  session.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
    sizes[event.requestId] += ` ${event.encodedDataLength}`;
  });
  await page.goto(address);
  await page.click('main button');
  await page.waitForLoadState('networkidle');
  assert.ok(bytes > 0 && bytes <= VISIT_BYTES_MAX, `a first visit weighs ${bytes} bytes: ${Object.values(sizes).join(', ')}`);
  for (const at of ['/own', '/own/checkin?who=0', new URL(address).pathname]) {
    for (const [screen, colorScheme, language] of [['phone', 'light', 'vi'], ['desk', 'dark', 'en']]) {
      await page.setViewportSize(SCREENS[screen]);
      await page.emulateMedia({ colorScheme });
      await page.goto(`/lang?to=${language}&back=/own`);
      assert.equal((await page.goto(at)).status(), 200, at);
      assert.equal(await page.getAttribute('html', 'lang'), language);
      await assertAccessible(page);
      await assertFits(page, `${at}, ${language}`);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    await assertFits(page, `${at} at 320 px`);
    if (process.env.KEBEN_SHOTS) {
      await page.setViewportSize(SCREENS.phone);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto('/lang?to=vi&back=/own');
      await page.goto(at);
      const name = at.replace(/[0-9a-f]{32}/, 'one').replace(/[^a-z0-9]+/gi, '-');
      await page.screenshot({ path: `${SCREENSHOTS}/own${name}.png` });
    }
  }
  await context.close();
});
