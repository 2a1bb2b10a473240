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
