// Care at home ends as the protocol says it: the page names every way with what is missing on it and the earliest day,
// takes the missing test on the spot, and the record says by which clause.

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
const station = (method, at, body) => kb.call(method, at, tokens['station_leader 03445'], body);

/** Somebody found on this day of March 2022 who was met this morning. */
async function somebody(name, day, kind = 'case', doses = null) {
  const [status, made] = await station('POST', '/episodes', {
    area_code: '03445', cluster: 'Bản Nậm Hãn', kind, detected_on: `2022-03-${day}`,
    person: { full_name: name, birth_date: '1970', doses }, household: { address: `nhà ${name}` },
  });
  assert.equal(status, 201, JSON.stringify(made));
  const [met] = await station('POST', `/episodes/${made.id}/contact-attempts`, { by: 'visit', outcome: 'reached' });
  assert.equal(met, 201);
  return made.id;
}

const release = (id, outcome = 'recovered') => station('POST', `/episodes/${id}/release`, { outcome, certified_by: 'BS. Vàng' });
const tested = (id, result, witness = 'staff') =>
  station('POST', `/episodes/${id}/tests`, { kind: 'rapid', result, taken_at: '2022-03-16T07:20:00+07:00', witness });

test('the interface names what is missing and from when on, and lets go by a clause', async () => {
  const early = await somebody('Lù Thị Sớm', '10');
  const [, shown] = await station('GET', `/episodes/${early}`);
  assert.equal(shown.day, 6);
  assert.deepEqual(shown.release, {
    possible: false, on: '2022-03-17', clause: 'tested', missing: ['release_needs_test', 'release_too_early'],
  });
  await tested(early, 'negative');
  const [refused, why] = await release(early);
  assert.deepEqual([refused, why.earliest], [409, '2022-03-17']);
  assert.ok(why.missing.includes('release_too_early'), 'day 6');

  const due = await somebody('Lù Thị Đủ', '09');
  assert.deepEqual((await release(due))[1].missing, ['release_needs_test']);
  await tested(due, 'negative', 'none');
  assert.deepEqual((await release(due))[1].missing, ['release_needs_test'], 'nobody saw it');
  await tested(due, 'negative', 'staff_remote');
  assert.equal((await release(due))[0], 201);
  const [, over] = await station('GET', `/episodes/${due}`);
  assert.deepEqual([over.outcome, over.release], ['recovered', null]);
  const ended = over.timeline.find((line) => line.kind === 'episode_ended');
  assert.deepEqual([ended.details.clause, ended.details.day], ['tested', '7']);

  // Still positive: ten days with all doses, fourteen without.
  for (const [name, day, doses, status] of [
    ['Lù A Mười', '06', 2, 201], ['Lù A Mười Không', '06', 1, 409], ['Lù A Mười Bốn', '02', 0, 201],
  ]) {
    const id = await somebody(name, day, 'case', doses);
    await tested(id, 'positive');
    assert.equal((await release(id))[0], status, name);
  }
});

test('a contact with a positive test is a case, whatever a later one says', async () => {
  const id = await somebody('Lù Thị Đổi', '09', 'contact');
  await tested(id, 'positive');
  await tested(id, 'negative');
  const [, shown] = await station('GET', `/episodes/${id}`);
  assert.equal(shown.release.possible, false);
  assert.ok(shown.release.missing.includes('became_a_case'));
  const [status, why] = await release(id, 'completed');
  assert.deepEqual([status, why.code], [409, 'became_a_case']);
});

test('who lives with a case is not let go by the day on which they were found', async () => {
  const sick = await somebody('Lù Thị Ốm', '12');
  const [, { household_id: home }] = await station('GET', `/episodes/${sick}`);
  const [status, made] = await station('POST', '/episodes', {
    area_code: '03445', cluster: 'Bản Nậm Hãn', kind: 'contact', detected_on: '2022-03-05',
    person: { full_name: 'Lù A Khoẻ', birth_date: '1968' }, household: { id: home },
  });
  assert.equal(status, 201, JSON.stringify(made));
  await station('POST', `/episodes/${made.id}/contact-attempts`, { by: 'visit', outcome: 'reached' });
  await tested(made.id, 'negative');
  const [, shown] = await station('GET', `/episodes/${made.id}`);
  assert.deepEqual([shown.release.possible, shown.release.on], [false, '2022-03-23']);
  assert.ok(shown.release.missing.includes('release_lives_with_case'));
  const { context, page } = await kb.loginAs('station_leader', '03445', SCREENS.phone, PLAIN);
  await page.goto(`/people/${made.id}/release`);
  assert.match(await text(page), /Trong nhà còn người mắc bệnh \(F0\)/);
  await page.goto('/protocol');
  assert.match(await text(page), /ngày tính từ lần tiếp xúc cuối với F0/);
  await context.close();
  // The case goes to hospital: from then on the days count.
  await station('POST', `/episodes/${sick}/outcome`, { outcome: 'hospital', at: '2022-03-16T07:25:00+07:00', place: 'Trung tâm Y tế' });
  const [, after] = await station('GET', `/episodes/${made.id}`);
  assert.ok(!after.release.missing.includes('release_lives_with_case'));
  assert.equal((await release(made.id, 'completed'))[0], 409);
});

test('the page names every way, takes the missing test, and lets go, without script', async () => {
  const id = await somebody('Giàng Thị Khỏi', '09');
  const { context, page } = await kb.loginAs('station_leader', '03445', SCREENS.phone, PLAIN);
  await page.goto(`/people/${id}/release`);
  const before = await text(page);
  for (const words of ['Hôm nay là ngày 7', 'Từ ngày 10, đã tiêm đủ liều', 'Sớm nhất 19/3/2022', '762/BYT-DP', 'Chưa có xét nghiệm âm tính']) {
    assert.ok(before.includes(words), `${words} is not in: ${before}`);
  }
  await page.selectOption('#test_kind', 'rapid');
  await page.selectOption('#test_result', 'negative');
  await page.fill('#test_taken_at', '7:10');
  await page.selectOption('#test_witness', 'staff');
  await page.click('form.form button.primary');
  assert.match(page.url(), /done=released$/);
  assert.match(await text(page), /Theo covid19-vn-2022 1\.2\.0, khoản tested, ngày 7/);
  await context.close();
});

test('who is far enough stands on a list, a carer writes the test down, and the head lets go', async () => {
  const id = await somebody('Lý Thị Đủ Ngày', '09');
  const early = await somebody('Lý Thị Sáu Ngày', '10');
  const carer = await kb.loginAs('carer', '03445', SCREENS.phone, PLAIN);
  await carer.page.goto('/work');
  const link = carer.page.getByRole('link', { name: /Đã đủ ngày để xét nghiệm hoặc kết thúc: \d+ người/ });
  const count = Number((await link.innerText()).match(/: (\d+) người/)[1]);
  await link.click();
  assert.equal(await carer.page.locator('article.job').count(), Math.min(count, 50));
  assert.equal(await carer.page.locator('article', { hasText: 'Lý Thị Sáu Ngày' }).count(), 0);
  const card = carer.page.locator('section', { hasText: 'Cần xét nghiệm' }).locator('article', { hasText: 'Lý Thị Đủ Ngày' });
  await card.getByRole('link', { name: 'Ghi xét nghiệm Lý Thị Đủ Ngày' }).click();
  await carer.page.click('form.form button.primary');
  assert.match(await text(carer.page), /Kết quả: cần điền chỗ này/, 'a result is not guessed');
  await carer.page.check('input[name=test_result][value=negative]');
  await carer.page.click('form.form button.primary');
  assert.match(carer.page.url(), /\/endings\?done=test/);
  const open = carer.page.locator('section', { hasText: 'Kết thúc được hôm nay' }).locator('article', { hasText: 'Lý Thị Đủ Ngày' });
  assert.equal(await open.count(), 1);
  assert.equal(await open.getByRole('link', { name: /Kết thúc cách ly/ }).count(), 0, 'a carer lets nobody go');
  const head = await kb.loginAs('station_leader', '03445', SCREENS.phone, PLAIN);
  await head.page.goto('/endings');
  await head.page.locator('article', { hasText: 'Lý Thị Đủ Ngày' }).locator('a.primary').click();
  await head.page.click('form.form button.primary');
  assert.match(head.page.url(), /done=released$/);

  // A contact's positive test leads to where they turn case.
  const contact = await somebody('Lý A Tiếp Xúc', '11', 'contact');
  await carer.page.goto(`/people/${contact}/test`);
  await carer.page.check('input[name=test_result][value=positive]');
  await carer.page.click('form.form button.primary');
  assert.match(carer.page.url(), new RegExp(`/people/${contact}/convert`));
  assert.match(await carer.page.locator('body').innerText(), /Người này là F0/);
  // It was somebody else's: taken back, it stays on record and decides nothing.
  await carer.page.goto(`/people/${contact}/test`);
  const line = carer.page.locator('section li', { hasText: 'dương tính' });
  await line.locator('summary').click();
  await line.getByRole('button', { name: 'Bỏ xét nghiệm này' }).click();
  assert.match(await text(carer.page), /Lý do: cần điền chỗ này/);
  await line.locator('summary').click();
  await line.locator('input[name=reason]').fill('của người cùng nhà');
  await line.getByRole('button', { name: 'Bỏ xét nghiệm này' }).click();
  assert.match(carer.page.url(), /done=test_voided/);
  assert.match(await line.innerText(), /Ghi nhầm, bỏ lúc 07:30: của người cùng nhà/);
  const [, after] = await station('GET', `/episodes/${contact}`);
  assert.ok(!after.release.missing.includes('became_a_case'), JSON.stringify(after.release));
  assert.ok(early);
  await carer.context.close();
  await head.context.close();
});

test('the pages are accessible and fit, in both languages', async () => {
  const id = await somebody('Giàng A Đẹp', '05', 'contact', 2);
  const { context, page } = await kb.loginAs('station_leader', '03445');
  for (const at of [`/people/${id}/release`, `/people/${id}/test`, '/endings', '/protocol']) await assertGood(page, at, 'release');
  await context.close();
});
