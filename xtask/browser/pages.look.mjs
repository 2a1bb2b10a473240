// Every page, as each person who may open it sees it: it answers, axe finds no fault on a carer's phone and on a desk,
// in both languages, light and dark, nothing scrolls sideways, and no word is missing. With KEBEN_SHOTS=1 pictures of
// all of it are kept under target/screenshots. It takes minutes: run it by hand when pages change (CONTRIBUTING.md).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertAccessible, assertFits, inLanguage, shots, start } from './harness.mjs';

let kb;
let tokens;
before(async () => {
  kb = await start();
  tokens = await kb.tokens();
});
after(() => kb?.stop());

async function first(role, area, at) {
  const [status, body] = await kb.call('GET', at, tokens[`${role} ${area}`]);
  assert.equal(status, 200, at);
  assert.ok(body.items.length > 0, `${at} is empty`);
  return body.items[0].id;
}

const report = (role, area) => first(role, area, `/reports?area_code=${area}&on=2022-03-16`).then((id) => `/reports/${id}`);
const episode = async (kind) => `/people/${await first('clerk', '03445', `/episodes?area_code=03445&kind=${kind}&limit=1`)}`;
const group = async () => `/groups/${await first('clerk', '03445', '/care-groups?area_code=03445')}`;

const VISITS = {
  nobody: ['/login', '/demo'],
  'clerk 03445': async () => {
    const person = await episode('case');
    const contact = await episode('contact');
    return [
      '/work', '/people', '/people?q=lo+thi', person, `${person}/contact`, `${person}/edit`, `${person}/merge`,
      `${person}/void`, `${person}/end`, `${person}/release`, `${person}/arrangement`, contact, `${contact}/convert`,
      '/register', '/register/household', '/import', '/groups', await group(), '/coverage', '/reports',
      await report('clerk', '03445'),
    ];
  },
  'carer 03445': async () => ['/work', '/alerts', '/people', '/groups', '/register', '/protocol'],
  'station_leader 03445': async () => [
    '/work', '/coverage', await report('station_leader', '03445'), await group(), `${await episode('case')}/severity`,
  ],
  'commune_leader 03445': async () => [await report('commune_leader', '03445')],
  'district_officer 107': async () => ['/overview', '/alerts', '/coverage', '/reports', await report('district_officer', '107')],
  'province_officer 12': async () => [
    '/overview', '/protocol', '/coverage', await report('province_officer', '12'),
    '/figures?area_code=12&on=2022-03-16&indicator=f0_new',
  ],
  'inspector 12': async () => [`${await episode('case')}/looked`, '/demo'],
  'admin 12': async () => ['/admin', '/admin/staff', '/admin/clusters', '/admin/settings'],
};

/** A word of the language files that has no text shows as its name: `work-empty`, `refusal-bad_phone`. */
const MISSING_WORD = /(?<![\w@/.-])(?:(?:refusal|event|act|nav|shell|admin|arrangement|outcome)-[a-z][a-z0-9_-]*|[a-z]+(?:-[a-z]+)*-[a-z]+_[a-z_]+)/g;

for (const [who, pages] of Object.entries(VISITS)) {
  test(`the pages of ${who}`, async () => {
    const [role, area] = who.split(' ');
    const { context, page } = area ? await kb.loginAs(role, area) : await kb.newPage();
    const broken = [];
    page.on('pageerror', (fault) => broken.push(String(fault)));
    for (const at of Array.isArray(pages) ? pages : await pages()) {
      for (const [language, screen, colorScheme] of [['vi', 'phone', 'light'], ['en', 'desk', 'dark']]) {
        await page.setViewportSize(SCREENS[screen]);
        await page.emulateMedia({ colorScheme });
        const answer = await page.goto(at);
        assert.equal(answer.status(), 200, `${at} as ${who}`);
        await inLanguage(page, language);
        await assertAccessible(page);
        await assertFits(page, `${at}, ${language}, ${screen}`);
        const words = await page.evaluate(() => document.body.innerText);
        assert.deepEqual(words.match(MISSING_WORD) ?? [], [], `words missing on ${at} (${language})`);
      }
      await page.setViewportSize({ width: 320, height: 640 });
      await assertFits(page, `${at} at 320 px`);
      if (process.env.KEBEN_SHOTS) {
        await shots(page, `${role}${at.split('?')[0].replace(/[0-9a-f-]{32,}/g, 'x').replace(/[^a-z0-9]+/gi, '-')}`);
      }
    }
    assert.deepEqual(broken, [], 'no script fails');
    await context.close();
  });
}
