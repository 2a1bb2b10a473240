// The first page anybody sees.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertAccessible, shots, start } from './harness.mjs';

let kb;
before(async () => {
  kb = await start();
});
after(() => kb?.stop());

test('the login page is reachable, in Vietnamese, and axe finds no fault', async () => {
  for (const screen of Object.values(SCREENS)) {
    for (const colorScheme of ['light', 'dark']) {
      const { context, page } = await kb.newPage(screen, { colorScheme });
      const answer = await page.goto('/login');
      assert.equal(answer.status(), 200);
      assert.equal(await page.getAttribute('html', 'lang'), 'vi');
      await assertAccessible(page);
      await context.close();
    }
  }
});

test('the login page is kept as pictures for people to look at', async () => {
  const { context, page } = await kb.newPage();
  await page.goto('/login');
  await shots(page, 'login');
  await context.close();
});

test('whoever has no page of their own is greeted and told whom to ask', async () => {
  const admin = await kb.loginAs('admin', '12');
  await admin.page.goto('/admin/staff');
  await admin.page.locator('summary').first().click();
  await admin.page.fill('#name', 'Giàng A Chu');
  await admin.page.fill('#login', 'congan.muongte');
  await admin.page.selectOption('#role', 'police');
  await admin.page.selectOption('#organisation', { index: 1 });
  await admin.page.selectOption('#area', '03445');
  await admin.page.click('form[action="/admin/staff"] .btn.primary');
  const link = new URL(await admin.page.locator('.note.ok code').last().innerText());
  await admin.context.close();

  const { context, page } = await kb.newPage();
  await page.goto(link.pathname + link.search);
  for (const field of ['#password', '#again']) await page.fill(field, 'mưa rơi trên mái nhà sàn');
  await page.click('button.big');
  assert.equal(await page.locator('h1').innerText(), 'Chào Giàng A Chu');
  assert.match(await page.locator('main').innerText(), /Công an cấp xã, Xã Mường Tè[^]*hỏi trạm Y tế/);
  await assertAccessible(page);
  await page.click('main form[action="/logout"] button');
  assert.ok(new URL(page.url()).pathname !== '/', 'logged out');
  await context.close();
});

test('a carer whose list is empty before the story begins learns what comes next', async () => {
  const { context, page } = await kb.loginAs('carer', '03445');
  await page.goto('/work');
  assert.match(await page.locator('main').innerText(), /Kể tiếp/);
  await page.goto('/work?show=overdue');
  assert.match(await page.locator('main').innerText(), /Không có ai ở mục này/);
  await context.close();
});
