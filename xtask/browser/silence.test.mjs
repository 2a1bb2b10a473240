// Silence is never health: whoever is not heard of by the time that the protocol says is a gap by name, stands on the
// worklist with since when, and is off it once an answer is written down.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };
const EVERYTHING = { danger_signs: true, number: true, how_to_report: true, responsible: true };

let kb;
let token;
before(async () => {
  kb = await start();
  token = (await kb.logins()).items.find((row) => row.role === 'carer' && row.area_code === '03445').token;
});
after(() => kb?.stop());

const text = (page) => page.locator('main').innerText();

async function moveTo(moment) {
  const [status, body] = await kb.call('POST', '/demo/clock', null, { to: moment });
  assert.equal(status, 200, JSON.stringify(body));
}

/** Somebody who was called and advised at the story's beginning. */
async function advised(name) {
  const [status, made] = await kb.call('POST', '/episodes', token, {
    area_code: '03445', cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
    person: { full_name: name, birth_date: '1950', phone: '0912 801 001' }, household: { address: `nhà ${name}` },
  });
  assert.equal(status, 201, JSON.stringify(made));
  const [called] = await kb.call('POST', `/episodes/${made.id}/contact-attempts`, token, {
    by: 'phone', outcome: 'reached', advised: EVERYTHING,
  });
  assert.equal(called, 201);
  return made.id;
}

const episode = async (id) => (await kb.call('GET', `/episodes/${id}`, token))[1];

test('by when they are to be heard of is said, and silence beyond it is a gap until somebody heard', async () => {
  const id = await advised('Phùng Thị Im');
  const made = await episode(id);
  assert.equal(made.next_contact_at, '2022-03-16T20:00:00+07:00');
  assert.equal(made.heard_at, '2022-03-16T07:30:00+07:00');
  const gaps = async () => {
    const [, list] = await kb.call('GET', '/gaps?area_code=03445&kind=silent&limit=500', token);
    return list.items.filter((gap) => gap.episode_id === id);
  };
  await moveTo('2022-03-16T19:59:59+07:00');
  assert.deepEqual(await gaps(), []);
  await moveTo('2022-03-16T20:00:00+07:00');
  const [gap] = await gaps();
  assert.equal(gap.since, '2022-03-16T20:00:00+07:00');

  const { context, page } = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await page.goto('/work?show=silent');
  const card = page.locator('article', { hasText: 'Phùng Thị Im' });
  assert.match(await card.innerText(), /Nghe tin lần cuối 07:30/);
  await card.getByRole('link', { name: 'Ghi khai báo sức khoẻ của Phùng Thị Im' }).click();
  await page.check('input[name=none]');
  await page.click('form.sheet button.primary, form button.primary.big');
  assert.match(page.url(), /\/checkins\//);
  assert.deepEqual(await gaps(), []);
  await page.goto('/work?show=silent');
  assert.equal(await page.locator('article', { hasText: 'Phùng Thị Im' }).count(), 0);
  await page.goto(`/people/${id}`);
  const shown = await text(page);
  for (const words of ['Nghe tin lần cuối', 'Lần tới trước', '14:00–18:00']) {
    assert.ok(shown.includes(words), `${words} is not in: ${shown}`);
  }
  assert.equal((await episode(id)).next_contact_at, '2022-03-17T12:00:00+07:00');
  await context.close();
});

test('the pages that tell of silence are accessible and fit, in both languages', async () => {
  await moveTo('2022-03-17T12:30:00+07:00');
  const [, list] = await kb.call('GET', '/gaps?area_code=03445&kind=silent', token);
  const silent = list.items[0].episode_id;
  const { context, page } = await kb.loginAs('carer', '03445');
  for (const at of ['/work?show=silent', '/work', `/people/${silent}`, '/coverage?kind=silent']) await assertGood(page, at, 'silent');
  await context.close();
});
