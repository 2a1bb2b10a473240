// An answer with a danger sign raises an alarm: it stands on top of the worklist, calling takes it, nobody's alarm goes up
// and becomes a gap, its end is on record; and the protocol that decides all this is read and adopted on its page.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCREENS, assertAccessible, assertFits, assertGood, shots, start } from './harness.mjs';

const PROTOCOL = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../protocols/covid19-vn-2022.toml');
const PLAIN = { javaScriptEnabled: false };

let kb;
let tokens;
before(async () => {
  kb = await start();
  tokens = await kb.tokens();
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();

async function moveTo(time) {
  const [status, body] = await kb.call('POST', '/demo/clock', null, { to: `2022-03-16T${time}+07:00` });
  assert.equal(status, 200, JSON.stringify(body));
}

let homes = 700;

/** Registers somebody in a home of their own in the carer's hamlet: the id of their episode. */
async function someone(name, { phone = `0912 700 ${homes}`, address = `nhà ${homes + 1}` } = {}) {
  homes += 1;
  const [status, made] = await kb.call('POST', '/episodes', tokens['carer 03445'], {
    area_code: '03445',
    cluster: 'Bản Nậm Hãn',
    kind: 'case',
    detected_on: '2022-03-15',
    person: { full_name: name, birth_date: '1950', ...(phone ? { phone } : {}) },
    household: { address },
  });
  assert.equal(status, 201, JSON.stringify(made));
  return made.id;
}

/** Answers for them so that an alarm is raised: the alarm's id. */
async function answer(episode, answers) {
  const [status, made] = await kb.call(
    'POST', `/episodes/${episode}/checkins`, tokens['carer 03445'], { answered_by: 'carer', answers });
  assert.equal(status, 201, JSON.stringify(made));
  assert.ok(made.alert_id, JSON.stringify(made));
  return made.alert_id;
}

const card = (page, alarm) => page.locator(`[data-alert="${alarm}"]`);

test('where there is no alarm the worklist says nothing of alarms, and their page says so in words', async () => {
  const { context, page } = await kb.loginAs('carer', '03445');
  await page.goto('/work');
  assert.equal(await page.locator('[data-alert]').count(), 0);
  assert.equal(await page.locator('#sec-alerts').count(), 0);
  await page.goto('/alerts');
  assert.match(await text(page), /Không có báo động nào/);
  await assertAccessible(page);
  await context.close();
});

test('an alarm stands on top of the worklist; calling takes it and leads to the sheet, without script', async () => {
  const episode = await someone('Lò Thị Mơ');
  const alarm = await answer(episode, { red_flags: ['drowsy'], rr: 28, spo2: 93 });
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/work');
  const top = page.locator('main article').first();
  assert.equal(await top.getAttribute('data-alert'), alarm, 'before the first contacts');
  const said = await top.innerText();
  for (const words of ['Lò Thị Mơ', 'cấp cứu', 'Co giật, tím tái hoặc lơ mơ', 'Đang chờ trưởng nhóm', 'nhận trước 07:35']) {
    assert.ok(said.includes(words), `${words} is not in: ${said}`);
  }
  await top.locator('form button').click();
  assert.match(page.url(), new RegExp(`/people/${episode}/contact\\?after=call&next=/alerts/${alarm}$`));
  const [, list] = await kb.call('GET', '/alerts?area_code=03445', tokens['carer 03445']);
  assert.equal(list.items.find((item) => item.id === alarm).state, 'acknowledged');

  await page.check('input[name=outcome][value=reached]');
  await page.click('form.sheet button.primary');
  assert.match(page.url(), new RegExp(`/alerts/${alarm}\\?done=contact$`));
  const life = await text(page);
  for (const words of ['Anh/chị đã nhận lúc 07:30', '28 lần/phút', '93%', 'Lơ mơ, ngủ li bì', 'COVID-19 (covid19-vn-2022 1.2.0)']) {
    assert.ok(life.includes(words), `${words} is not in: ${life}`);
  }

  await page.check('input[name=how][value=advised]');
  await page.fill('#note', 'đã uống nước, người nhà ở cạnh');
  await page.click('form[action$="/close"] button');
  const over = await text(page);
  assert.match(over, /Báo động này đã xong/);
  assert.match(over, /đã uống nước, người nhà ở cạnh/);
  assert.equal(await page.locator('form[action$="/call"]').count(), 0);
  await page.goto('/alerts?state=closed');
  assert.equal(await card(page, alarm).count(), 1);
  await page.goto('/work');
  assert.equal(await card(page, alarm).count(), 0);
  await context.close();
});

test('with script the phone dials, and the sheet stands open', async () => {
  const episode = await someone('Lò Văn Pản');
  const alarm = await answer(episode, { red_flags: ['cyanosis'] });
  const { context, page } = await kb.loginAs('station_leader', '03445');
  const broken = [];
  page.on('pageerror', (fault) => broken.push(String(fault)));
  await page.goto('/alerts');
  await card(page, alarm).locator('form button').click();
  // The number itself is a navigation that leads nowhere here: the sheet is waited for, not the address.
  await page.locator('form.sheet').waitFor();
  assert.match(page.url(), new RegExp(`/people/${episode}/contact\\?after=call&next=/alerts/${alarm}$`));
  assert.deepEqual(broken, []);

  // A colleague who opens it later sees who has it, and takes over only by saying so.
  const carer = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await carer.page.goto(`/alerts/${alarm}`);
  assert.match(await text(carer.page), /đã nhận lúc 07:30/);
  await carer.page.locator('form[action$="/take"] button').click();
  assert.match(await text(carer.page), /Anh\/chị đã nhận lúc 07:30/);
  await Promise.all([context.close(), carer.context.close()]);
});

test('two alarms are taken one after the other from the same page', async () => {
  const alarms = [];
  for (const name of ['Pờ Gia Xè', 'Pờ Mý Hừ']) {
    alarms.push(await answer(await someone(name), { red_flags: ['cyanosis'] }));
  }
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/alerts');
  const key = await card(page, alarms[0]).locator('input[name=key]').inputValue();
  for (const alarm of alarms) {
    const taken = await context.request.post(`${kb.base}/alerts/${alarm}/call`, {
      form: { key }, headers: { origin: kb.base }, maxRedirects: 0,
    });
    assert.equal(taken.status(), 303, await taken.text());
  }
  await context.close();
});

test('two in danger in one home are both named, and whoever stays keeps the alarm', async () => {
  const address = 'nhà hai người';
  const first = await someone('Chang Thị Mẩy', { address });
  const second = await someone('Chang A Tủa', { address });
  const alarm = await answer(first, { red_flags: ['drowsy'] });
  assert.equal(await answer(second, { red_flags: ['chest_pain'] }), alarm);
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone);
  await page.goto('/alerts');
  assert.match(await card(page, alarm).innerText(), /Cũng cần lo ở nhà này: Chang A Tủa \(báo ngay/);
  await page.goto(`/alerts/${alarm}`);
  await assertAccessible(page);
  await assertFits(page, 'an alarm about two');
  assert.match(await text(page), /Thêm người trong nhà/);
  if (process.env.KEBEN_SHOTS) await shots(page, 'alarm-two');
  const [ended] = await kb.call('POST', `/episodes/${first}/outcome`, tokens['carer 03445'], {
    outcome: 'hospital', at: '2022-03-16T07:30:00+07:00', place: 'Trung tâm Y tế Mường Tè',
  });
  assert.ok(ended < 300, `the first one goes to hospital: ${ended}`);
  await page.goto(`/alerts/${alarm}`);
  const left = await text(page);
  assert.match(left, /Chang A Tủa/);
  assert.match(left, /Chuyển cho người khác trong nhà/);
  assert.doesNotMatch(left, /Cũng cần lo/);
  const [, list] = await kb.call('GET', '/alerts?area_code=03445', tokens['carer 03445']);
  const item = list.items.find((row) => row.id === alarm);
  assert.deepEqual([item.subject, item.level, item.state], ['Chang A Tủa', 'urgent', 'open']);
  assert.deepEqual(item.subjects.map((row) => [row.subject, row.level, row.state]), [
    ['Chang Thị Mẩy', 'emergency', 'closed'], ['Chang A Tủa', 'urgent', 'open'],
  ]);
  await context.close();
});

test('a home without a phone is gone to', async () => {
  const episode = await someone('Vàng Thị Mỷ', { phone: null });
  const alarm = await answer(episode, { red_flags: ['feels_wrong'] });
  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto(`/alerts/${alarm}`);
  const button = page.locator('form[action$="/call"] button');
  assert.match(await button.innerText(), /Nhận và đến nhà/);
  await button.click();
  assert.match(page.url(), new RegExp(`/people/${episode}/contact\\?by=visit&next=/alerts/${alarm}$`));
  assert.ok(await page.isChecked('input[name=by][value=visit]'));
  await context.close();
});

test('a mistake is closed only with a note, and the page keeps what was chosen', async () => {
  const alarm = await answer(await someone('Sùng A Dơ'), { red_flags: ['convulsion'] });
  const { context, page } = await kb.loginAs('commune_leader', '03445', SCREENS.phone, PLAIN);
  await page.goto(`/alerts/${alarm}`);
  await page.click('form[action$="/close"] button');
  assert.match(await text(page), /Cần điền chỗ này/);
  await page.check('input[name=how][value=mistaken]');
  await page.click('form[action$="/close"] button');
  assert.match(page.url(), /\/close$/);
  assert.equal(await page.locator('#note-em').innerText(), 'Cần điền chỗ này.');
  assert.ok(await page.isChecked('input[name=how][value=mistaken]'));
  await assertFits(page, 'a refused close');
  await page.fill('#note', 'bấm nhầm nhà');
  await page.click('form[action$="/close"] button');
  assert.match(await text(page), /khai nhầm: bấm nhầm nhà/);
  // What is over is not taken again, and the page says so.
  const late = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  const answered = await late.context.request.post(`${kb.base}/alerts/${alarm}/call`, { headers: { origin: kb.base } });
  assert.equal(answered.status(), 409);
  assert.match(await answered.text(), /Báo động này đã xong/);
  await Promise.all([context.close(), late.context.close()]);
});

test('the clerk sees an alarm and cannot take it; another commune does not see it', async () => {
  const alarm = await answer(await someone('Giàng A Sình'), { red_flags: ['cyanosis'] });
  const clerk = await kb.loginAs('clerk', '03445');
  await clerk.page.goto('/work');
  assert.ok((await clerk.page.locator('[data-alert]').count()) > 0);
  await clerk.page.goto(`/alerts/${alarm}`);
  assert.equal(await clerk.page.locator('form[action*="/alerts/"]').count(), 0);
  const taken = await clerk.context.request.post(`${kb.base}/alerts/${alarm}/take`, { headers: { origin: kb.base } });
  assert.equal(taken.status(), 404);
  const stranger = await kb.loginAs('station_leader', '03408');
  assert.equal((await stranger.page.goto(`/alerts/${alarm}`)).status(), 404);
  await Promise.all([clerk, stranger].map(({ context }) => context.close()));
});

test('the pages are accessible on a phone and a desk, in both languages, light and dark', async () => {
  const alarm = await answer(await someone('Tẩn Mý Pham'), {
    red_flags: ['drowsy', 'cannot_drink'], symptoms: ['cough'], rr: 28, spo2: 89, temp: 38.5,
  });
  const visits = [
    ['carer', '03445', ['/work', '/alerts', '/alerts?state=closed', `/alerts/${alarm}`]],
    ['district_officer', '107', ['/alerts', `/alerts/${alarm}`, '/overview']],
    ['province_officer', '12', ['/alerts', '/protocol', '/overview']],
    ['admin', '12', ['/admin', '/protocol']],
  ];
  for (const [role, area, pages] of visits) {
    const { context, page } = await kb.loginAs(role, area);
    for (const at of pages) await assertGood(page, at, `alarm-${role}`);
    await context.close();
  }
});

test('nobody takes it: after its time it is the commune\'s, then the district\'s, and a gap by name', async () => {
  const alarm = await answer(await someone('Lý Mé Phin'), { red_flags: ['drowsy'] });
  await moveTo('07:35:30');
  const carer = await kb.loginAs('carer', '03445');
  await carer.page.goto('/alerts');
  assert.match(await card(carer.page, alarm).innerText(), /đã chuyển lên xã/);
  assert.match(await card(carer.page, alarm).innerText(), /phải nhận trước 07:35/);
  const leader = await kb.loginAs('commune_leader', '03445', SCREENS.phone, PLAIN);
  await leader.page.goto('/coverage?kind=alarm_unacknowledged');
  const board = await text(leader.page);
  assert.match(board, /Lý Mé Phin/);
  await leader.page.click(`a[href="/alerts/${alarm}"]`);
  assert.match(await text(leader.page), /Đến 07:40 chưa ai nhận thì chuyển lên huyện/);

  await moveTo('07:40:30');
  const district = await kb.loginAs('district_officer', '107', SCREENS.desk, PLAIN);
  await district.page.goto('/overview');
  await district.page.click('a[href="/alerts?area=107"]');
  await card(district.page, alarm).locator('form button').click();
  assert.match(district.page.url(), new RegExp(`/alerts/${alarm}\\?done=alarm_taken$`), 'keeps no contacts there');
  const life = await text(district.page);
  for (const words of ['Chưa ai nhận, chuyển lên xã', 'Chưa ai nhận, chuyển lên huyện', 'Đã nhận']) {
    assert.ok(life.includes(words), `${words} is not in: ${life}`);
  }
  await Promise.all([carer, leader, district].map(({ context }) => context.close()));
});

test('the officer reads the protocol, a faulty file is refused with its line, a sound one is adopted', async () => {
  const { context, page } = await kb.loginAs('province_officer', '12', SCREENS.desk, PLAIN);
  await page.goto('/overview');
  await page.click('a[href^="/protocol"]');
  const read = await text(page);
  for (const words of [
    'COVID-19. Bản 1.2.0', '261/QĐ-BYT', '340/HD-SYT Lai Châu', 'Nhịp thở ≥ ngưỡng theo tuổi', 'SpO2 ≤ 96%',
    'phải có người nhận trong 5 phút', 'Lơ mơ, ngủ li bì, khó đánh thức',
  ]) {
    assert.ok(read.includes(words), `${words} is not in: ${read}`);
  }
  await page.fill('#note', 'thử lại');
  await page.click('form[action="/protocol"] button');
  assert.match(await text(page), /đang được áp dụng rồi/);

  const shipped = await readFile(PROTOCOL, 'utf8');
  const faulty = shipped.replace('spo2 <= 96', 'spo3 <= 96');
  const line = faulty.split('\n').findIndex((row) => row.includes('spo3')) + 1;
  await page.check('input[name=which][value=own]');
  await page.locator('summary', { hasText: 'dán hoặc chọn tệp' }).click();
  await page.setInputFiles('input[type=file]', { name: 'phac-do.toml', mimeType: 'text/plain', buffer: Buffer.from(faulty) });
  await page.fill('#note', 'QĐ 12/QĐ-SYT');
  await page.click('form[action="/protocol"] button');
  const refused = await text(page);
  assert.ok(refused.includes(`Dòng ${line}: Không có chỉ số này trong tệp spo3`), refused);
  assert.equal(await page.inputValue('#note'), 'QĐ 12/QĐ-SYT');
  assert.equal(await page.inputValue('#body'), faulty, 'the file can be mended on the page');
  await assertFits(page, 'a refused protocol');

  await page.fill('#body', shipped.replace('version = "1.2.0"', 'version = "1.0.1"').replace('spo2 <= 96', 'spo2 <= 95'));
  await page.click('form[action="/protocol"] button');
  const adopted = await text(page);
  for (const words of ['Đã áp dụng phác đồ', 'COVID-19. Bản 1.0.1', 'SpO2 ≤ 95%', 'QĐ 12/QĐ-SYT', 'covid19-vn-2022, bản 1.2.0']) {
    assert.ok(adopted.includes(words), `${words} is not in: ${adopted}`);
  }
  await context.close();

  const carer = await kb.loginAs('carer', '03445');
  await carer.page.goto('/protocol');
  assert.match(await text(carer.page), /Bản 1\.0\.1/);
  assert.equal(await carer.page.locator('form[action="/protocol"]').count(), 0);
  await carer.context.close();
});
