// How somebody is: recorded by a carer without script, judged by the protocol in force, and what follows from it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };
const COMMUNE = '03445';

let kb;
let tokens;
let hamlet;
before(async () => {
  kb = await start();
  const { items } = await kb.logins();
  tokens = (role, area = COMMUNE) => items.find((i) => i.role === role && i.area_code === area).token;
  // The carer works in one hamlet.
  const [, mine] = await kb.call('GET', `/episodes?area_code=${COMMUNE}&limit=1`, tokens('carer'));
  hamlet = mine.items[0].cluster;
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();

async function moveTo(time) {
  const [status, body] = await kb.call('POST', '/demo/clock', null, { to: `2022-03-16T${time}+07:00` });
  assert.equal(status, 200, JSON.stringify(body));
}

let registered = 0;
/** A new case of the commune, in a home of their own. */
async function somebody(name, birth) {
  registered += 1;
  const body = {
    area_code: COMMUNE,
    cluster: hamlet,
    kind: 'case',
    detected_on: '2022-03-15',
    person: { full_name: name, birth_date: birth, phone: `09120009${String(registered).padStart(2, '0')}` },
    household: { address: `nhà thử ${registered}` },
  };
  const [status, answer] = await kb.call('POST', '/episodes', tokens('clerk'), body);
  assert.equal(status, 201, JSON.stringify(answer));
  return answer.id;
}

async function alarms() {
  const [status, body] = await kb.call('GET', `/alerts?area_code=${COMMUNE}&state=open`, tokens('station_leader'));
  assert.equal(status, 200, JSON.stringify(body));
  return body.items;
}

test('three taps for somebody who is well, without script', async () => {
  const id = await somebody('Vàng Thị Khoẻ', '1980');
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${id}`);
  await page.click('#checkins header a');
  await page.check('input[name=none]');
  await page.click('button.primary.big');
  assert.match(page.url(), /\/checkins\//, await text(page));
  const said = await text(page);
  assert.match(said, /Không có dấu hiệu báo động/);
  assert.match(said, /Chưa biết: .*SpO2/, 'what was not measured is named');
  assert.match(said, /covid19-vn-2022 1\.2\.0/);
  assert.deepEqual(await alarms(), []);
  await page.goto(`/people/${id}`);
  assert.match(await page.locator('#checkins').innerText(), /không có dấu hiệu báo động/);
  await context.close();
});

test('what is missing or impossible is asked again, and nothing typed is lost', async () => {
  const id = await somebody('Vàng Thị Sót', '1980');
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${id}/checkin`);
  await page.click('details.more >> nth=0 >> summary');
  await page.fill('#spo2', '970');
  await page.fill('#temp', '38,2');
  await page.click('button.primary.big');
  let said = await text(page);
  assert.match(said, /Hỏi đủ các dấu hiệu nguy hiểm/);
  await page.check('input[name=none]');
  await page.check('input[name=red_flags][value=drowsy]');
  await page.click('button.primary.big');
  assert.match(await text(page), /Vừa chọn dấu hiệu vừa chọn/);
  await page.uncheck('input[name=red_flags][value=drowsy]');
  await page.check('input[name=answered_by][value=relative]');
  await page.click('button.primary.big');
  said = await text(page);
  assert.doesNotMatch(said, /refusal-/);
  assert.equal(await page.inputValue('#spo2'), '970');
  assert.equal(await page.inputValue('#temp'), '38,2');
  await page.fill('#spo2', '98');
  await page.click('button.primary.big');
  assert.match(await text(page), /Cần điền chỗ này/, 'who answered for them');
  await page.fill('#answerer', 'con gái');
  await page.click('button.primary.big');
  assert.match(page.url(), /\/checkins\//, await text(page));
  assert.match(await text(page), /38,2 °C/);
  assert.match(await text(page), /con gái/);
  await context.close();
});

test('a low reading is taken again before anybody is alarmed', async () => {
  const id = await somebody('Vàng A Thấp', '1975');
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  const first = async () => {
    await page.goto(`/people/${id}/checkin`);
    await page.check('input[name=none]');
    await page.click('details.more >> nth=0 >> summary');
    await page.fill('#spo2', '96');
    await page.click('button.primary.big');
    assert.match(await text(page), /Đo lại/);
  };
  await first();
  assert.deepEqual(await alarms(), []);
  await page.fill('#spo2_second', '97');
  await page.click('#again button');
  assert.match(await text(page), /Không có dấu hiệu báo động/);
  assert.match(await text(page), /lần hai/);
  await moveTo('07:50:00');
  assert.deepEqual(await alarms(), [], 'the second reading settled it');

  await first();
  await page.fill('#spo2_second', '95');
  await page.click('#again button');
  assert.match(await text(page), /Báo ngay/);
  assert.match(await text(page), /261\/QĐ-BYT/, 'the document behind the rule');
  const raised = await alarms();
  assert.deepEqual(raised.map((a) => [a.level, a.state, a.subject]), [['urgent', 'open', 'Vàng A Thấp']]);
  await context.close();
});

test('a drowsy grandmother leads to the call, and her page says that nobody has the alarm', async () => {
  const id = await somebody('Lỳ Thị Lơ', '1940');
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${id}/checkin`);
  await page.check('input[name=red_flags][value=drowsy]');
  await page.click('button.primary.big');
  const said = await text(page);
  assert.match(said, /Cấp cứu/);
  assert.match(said, /Lơ mơ/);
  assert.ok((await page.locator('main a[href^="tel:"]').count()) > 0, 'numbers to call');
  await page.goto(`/people/${id}`);
  assert.match(await page.locator('#alarm').innerText(), /Cấp cứu: Lỳ Thị Lơ/);
  assert.match(await page.locator('#alarm').innerText(), /chưa ai nhận/);
  await context.close();

  const elsewhere = await kb.loginAs('carer', '26020', SCREENS.phone, PLAIN);
  for (const path of [`/people/${id}/checkin`, `/people/${id}`]) {
    assert.equal((await elsewhere.page.goto(path)).status(), 404, path);
  }
  await elsewhere.context.close();
});

test('the pages look right', async () => {
  const id = await somebody('Lò Thị Ngắm', '1950');
  const [status, answer] = await kb.call('POST', `/episodes/${id}/checkins`, tokens('carer'), {
    answered_by: 'carer',
    answers: { spo2: 88, spo2_second: 88, rr: 31, temp: 39.2, bp: { sys: 85, dia: 55 }, red_flags: ['drowsy', 'cyanosis'], symptoms: ['fever', 'cough'] },
  });
  assert.equal(status, 201, JSON.stringify(answer));
  const again = await somebody('Lò Văn Lại', '1950');
  const [, repeat] = await kb.call('POST', `/episodes/${again}/checkins`, tokens('carer'), {
    answered_by: 'self',
    answers: { spo2: 95, red_flags: [] },
  });
  assert.equal(repeat.judgement.level, 'repeat');
  const { context, page } = await kb.loginAs('carer', COMMUNE);
  const pages = {
    'checkin-sheet': `/people/${again}/checkin`,
    'checkin-emergency': `/checkins/${answer.id}`,
    'checkin-repeat': `/checkins/${repeat.id}`,
    'person-alarm': `/people/${id}`,
  };
  for (const [name, at] of Object.entries(pages)) await assertGood(page, at, name);
  await context.close();
});
