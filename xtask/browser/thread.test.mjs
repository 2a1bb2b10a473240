// A home and its team talk: live on both sides, in order, nothing lost or doubled when a stream breaks off, and nobody waits unseen.
// Whoever has the link alone writes; the home's own devices read.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCREENS, assertGood, start, startProgram } from './harness.mjs';

const PLAIN = { javaScriptEnabled: false };
const COMMUNE = '03445';
/** Messages that one side sends while the other's stream is cut again and again. */
const UNDER_LOAD = 120;
/** Streams of its own thread that a home may have open. */
const HOME_STREAMS_MAX = 40;
/** What a first visit of a home's page may weigh in all, in bytes as they travel. */
const VISIT_BYTES_MAX = 30_000;
/** A stream is cut when it brought so many events. */
const CUT_AFTER = 7;

let kb;
let tokens;
let count = 0;
before(async () => {
  kb = await start();
  tokens = await kb.tokens();
});
after(() => kb?.stop());

const carer = () => tokens[`carer ${COMMUNE}`];
const text = (page, of = 'main') => page.locator(of).innerText();

/** A new home with one person under care: its ids. */
async function newHome() {
  count += 1;
  const [status, made] = await kb.call('POST', '/episodes', carer(), {
    area_code: COMMUNE, cluster: 'Bản Nậm Hãn', kind: 'case', detected_on: '2022-03-15',
    person: { full_name: `Lò Thị Tin ${count}`, birth_date: '1951', sex: 'female', phone: `09120088${String(count).padStart(2, '0')}` },
    household: { address: `nhà tin ${count}` },
  });
  assert.equal(status, 201, JSON.stringify(made));
  assert.equal(made.conversation_id, made.household_id, 'a home has one thread');
  return { episode: made.id, thread: made.conversation_id };
}

/** A carer hands the home its link. */
async function handOut(episode, delivery = 'in_person') {
  const { context, page } = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await page.goto(`/people/${episode}/link`);
  await page.fill('input[name="word.0"]', 'Bà');
  await page.check(`input[name=delivery][value=${delivery}]`);
  await page.click('form.form button.primary');
  const address = (await page.locator('#made .brk').innerText()).trim();
  await context.close();
  return address;
}

async function phone(address, more = {}) {
  const context = await kb.browser.newContext({ baseURL: kb.base, viewport: SCREENS.phone, locale: 'vi-VN', ...more });
  const page = await context.newPage();
  await page.goto(address);
  await page.click('main button');
  return { context, page };
}

/** The home's own phone, which reads. */
async function bound(address, more = {}) {
  const opened = await phone(address, more);
  await opened.page.goto('/own/thread');
  await opened.page.getByRole('button', { name: 'Đây là máy của nhà' }).click();
  await opened.page.waitForSelector('[data-say]');
  return opened;
}

const live = (page) => page.waitForSelector('.msgs[data-ready]', { state: 'attached' });
const said = (page) => page.locator('.msgs .m .txt').allInnerTexts();
const items = async (thread) => (await kb.call('GET', `/conversations/${thread}/messages?limit=500`, carer()))[1].items;

test('whoever has the link writes without reading, is told by when, and is answered or stands on the board', async () => {
  const { episode, thread } = await newHome();
  const address = await handOut(episode);
  const { context, page } = await phone(address, PLAIN);
  await page.getByRole('link', { name: 'Xem và nhắn cho tổ chăm sóc' }).click();
  assert.equal(await page.locator('.msgs').count(), 0, 'this device reads nothing');
  assert.equal(await page.locator('main > a.sos-line[href^="tel:"]').count(), 1, 'danger is called, not written');
  await page.fill('textarea[name=text]', 'Bà mệt, cần người đến xem');
  await page.getByRole('button', { name: 'Gửi' }).click();
  assert.match(await text(page), /Đã gửi cho tổ chăm sóc[^]*Tổ trả lời trước 08:00/);
  assert.ok(!(await page.content()).includes('Bà mệt'), 'what was written is not shown again');
  const [first] = await items(thread);
  assert.deepEqual([first.text, first.author.side, first.author.verified], ['Bà mệt, cần người đến xem', 'home', false]);

  const desk = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await desk.page.goto('/work');
  assert.match(await text(desk.page), /Đang chờ trả lời[^]*nhà tin/);
  await desk.page.goto('/threads');
  assert.match(await text(desk.page), /nhà tin 1, Bản Nậm Hãn[^]*mới[^]*Bà mệt, cần người đến xem[^]*còn 0:30/);
  const moved = await kb.call('POST', '/demo/clock', null, { to: '2022-03-16T08:00:00+07:00' });
  assert.equal(moved[0], 200);
  const gaps = async () => (await kb.call('GET', `/gaps?area_code=${COMMUNE}&kind=unanswered`, carer()))[1].items;
  assert.deepEqual((await gaps()).map((gap) => gap.episode_id), [episode]);
  await desk.page.goto('/coverage?kind=unanswered');
  assert.match(await text(desk.page), /nhắn mà chưa ai trả lời/);
  await desk.page.getByRole('link', { name: 'Xem tin nhắn' }).first().click();
  assert.match(await text(desk.page), /chưa rõ máy nào gửi[^]*Nhà đang chờ trả lời\./);
  await desk.page.fill('textarea[name=text]', 'Tôi sang ngay đây');
  await desk.page.getByRole('button', { name: 'Gửi', exact: true }).click();
  assert.ok(!/Nhà đang chờ trả lời/.test(await text(desk.page)));
  assert.deepEqual(await gaps(), []);
  assert.deepEqual((await items(thread)).map((m) => m.author.side), ['home', 'team']);
  await context.close();
  await desk.context.close();
});

test('both sides see what is said at once, and who has seen it', async () => {
  const { episode, thread } = await newHome();
  const home = await bound(await handOut(episode));
  await live(home.page);
  const desk = await kb.loginAs('carer', COMMUNE, SCREENS.desk);
  await desk.page.goto(`/threads/${thread}`);
  await live(desk.page);
  await home.page.fill('textarea[name=text]', 'Bà ho nhiều');
  await home.page.getByRole('button', { name: 'Gửi' }).click();
  await desk.page.getByText('Bà ho nhiều').waitFor();
  await desk.page.getByText('Nhà đang chờ trả lời.').waitFor();
  await home.page.getByText(/đã xem lúc/).waitFor();
  await home.page.getByText(/Tổ trả lời trước/).waitFor();
  await desk.page.fill('textarea[name=text]', 'Đo SpO2 giúp tôi');
  await desk.page.keyboard.press('Control+Enter');
  await home.page.getByText('Đo SpO2 giúp tôi').waitFor();
  await home.page.getByText(/Tổ trả lời trước/).waitFor({ state: 'detached' });
  await desk.page.getByText(/Nhà đã xem lúc/).waitFor();
  assert.deepEqual(await said(home.page), ['Bà ho nhiều', 'Đo SpO2 giúp tôi']);
  assert.deepEqual(await said(desk.page), ['Bà ho nhiều', 'Đo SpO2 giúp tôi']);
  assert.equal(await desk.page.locator('.m.held').count(), 0, 'what waited is there once, as it was kept');

  // Put right beside it: the first words stay, and say so on both sides.
  await desk.page.reload();
  await desk.page.getByRole('link', { name: 'Đính chính' }).click();
  await desk.page.fill('textarea[name=text]', 'Đo SpO2 và nhiệt độ giúp tôi');
  await desk.page.getByRole('button', { name: 'Gửi', exact: true }).click();
  await home.page.getByText('Đo SpO2 và nhiệt độ giúp tôi').waitFor();
  await home.page.locator('.m.wrong', { hasText: 'đã đính chính' }).waitFor();
  assert.equal((await items(thread)).filter((m) => m.kind === 'text').length, 3);

  // A device that is ended sees nothing more, while it is looking.
  await kb.call('POST', `/conversations/${thread}/messages`, carer(), { guidance: 'answer_twice' });
  await home.page.getByText(/261\/QĐ-BYT, phụ lục 2/).waitFor();
  const office = await kb.loginAs('station_leader', COMMUNE, SCREENS.desk, PLAIN);
  await office.page.goto(`/people/${episode}/link`);
  await office.page.getByRole('button', { name: /Thôi cho đọc/ }).click();
  await home.page.getByText('Muốn đọc tin tổ gửi trên máy này thì cần mã 6 số').waitFor();
  assert.ok(!(await home.page.content()).includes('Bà ho nhiều'));

  // Whoever signs out on one page is shown nothing more on another.
  const other = await desk.context.newPage();
  await other.goto('/work');
  await other.request.post('/logout', { headers: { origin: kb.base } });
  await desk.page.waitForURL(/\/login/);
  for (const one of [home, desk, office]) await one.context.close();
});

test('without a signal what is written waits on the phone and goes out once; what was missed comes in order', async () => {
  const { episode, thread } = await newHome();
  const home = await bound(await handOut(episode));
  await live(home.page);
  await home.context.setOffline(true);
  await home.page.fill('textarea[name=text]', 'Nhà mất sóng');
  await home.page.getByRole('button', { name: 'Gửi' }).click();
  await home.page.locator('.m.held', { hasText: 'Đang chờ sóng' }).waitFor();
  for (const words of ['một', 'hai', 'ba']) await kb.call('POST', `/conversations/${thread}/messages`, carer(), { text: words });
  await home.context.setOffline(false);
  await home.page.getByText('ba', { exact: true }).waitFor();
  await home.page.locator('.m.held').waitFor({ state: 'detached' });
  const texts = (await items(thread)).filter((m) => m.kind === 'text').map((m) => m.text);
  assert.deepEqual(texts, ['một', 'hai', 'ba', 'Nhà mất sóng']);
  assert.deepEqual(await said(home.page), texts);

  // The page may even be closed: it is kept on the phone.
  await home.context.setOffline(true);
  await home.page.fill('textarea[name=text]', 'Vẫn mất sóng');
  await home.page.getByRole('button', { name: 'Gửi' }).click();
  await home.page.locator('.m.held', { hasText: 'Đang chờ sóng' }).waitFor();
  await home.context.setOffline(false);
  await home.page.goto('/own/thread');
  await home.page.locator('.m[id]', { hasText: 'Vẫn mất sóng' }).waitFor();
  const again = (await items(thread)).filter((m) => m.text === 'Vẫn mất sóng');
  assert.deepEqual(again.map((m) => m.author.verified), [true]);
  await home.context.close();
});

test('what cannot be sent comes back into the field with the reason; the page stays light', async () => {
  const { episode, thread } = await newHome();
  const home = await bound(await handOut(episode));
  const fresh = await kb.browser.newContext({ baseURL: kb.base, viewport: SCREENS.phone, locale: 'vi-VN', storageState: await home.context.storageState() });
  const page = await fresh.newPage();
  const session = await fresh.newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  await page.goto('/own/thread');
  await live(page);
  assert.ok(bytes > 1_000 && bytes <= VISIT_BYTES_MAX, `a first visit of the thread weighs ${bytes} bytes`);
  const long = 'ă'.repeat(2_001);
  await page.fill('textarea[name=text]', long);
  await page.getByRole('button', { name: 'Gửi' }).click();
  await page.getByText('Dài quá. Viết gọn lại.').waitFor();
  assert.equal(await page.inputValue('textarea[name=text]'), long);
  assert.equal(await page.locator('.m.held').count(), 0);
  assert.deepEqual((await items(thread)).map((m) => m.kind), ['system']);
  await fresh.close();
  await home.context.close();
});

test('a second device comes in by a code, and a wrong one is counted', async () => {
  const { episode } = await newHome();
  const address = await handOut(episode);
  const first = await bound(address, PLAIN);
  const second = await phone(address, PLAIN);
  await second.page.goto('/own/thread');
  assert.equal(await second.page.locator('input[name=first]').count(), 0, 'the first one came');
  await second.page.fill('input[name=code]', '12');
  await second.page.getByRole('button', { name: 'Đây là máy của nhà' }).click();
  assert.match(await text(second.page), /Mã này không dùng được nữa/);
  await first.page.goto('/own/devices');
  await first.page.getByRole('button', { name: 'Cho thêm một máy' }).click();
  const code = (await first.page.locator('p.code').innerText()).trim();
  assert.match(code, /^\d{6}$/);
  await second.page.fill('input[name=code]', code === '000000' ? '000001' : '000000');
  await second.page.getByRole('button', { name: 'Đây là máy của nhà' }).click();
  assert.match(await text(second.page), /Mã chưa đúng\. Còn 4 lần nhập\./);
  await second.page.fill('input[name=code]', code);
  await second.page.getByRole('button', { name: 'Đây là máy của nhà' }).click();
  assert.match(await text(second.page), /Một máy của nhà vừa được đọc tin ở đây/);
  await second.page.goto('/own/devices');
  assert.equal(await second.page.locator('.rows li').count(), 2);

  // By telephone: staff read out a code after calling the number on record.
  const third = await phone(address, PLAIN);
  const office = await kb.loginAs('carer', COMMUNE, SCREENS.phone, PLAIN);
  await office.page.goto(`/people/${episode}/link`);
  await office.page.getByRole('button', { name: 'Lấy mã' }).click();
  assert.equal(await office.page.locator('#code').count(), 0, 'nobody called');
  await office.page.check('input[name=called]');
  await office.page.getByRole('button', { name: 'Lấy mã' }).click();
  const told = (await office.page.locator('#code .code').innerText()).trim();
  await third.page.goto('/own/thread');
  await third.page.fill('input[name=code]', told);
  await third.page.getByRole('button', { name: 'Đây là máy của nhà' }).click();
  assert.match(await text(third.page), /Tin nhắn với tổ chăm sóc/);
  assert.equal(await third.page.locator('.msgs .sys').count(), 3);
  for (const one of [first, second, third, office]) await one.context.close();
});

/** Reads a stream until `enough` says so or it ends; gives its events. */
async function follow(base, thread, token, from, enough) {
  const headers = { authorization: `Bearer ${token}`, ...(from ? { 'last-event-id': from } : {}) };
  return listen(`${base}/api/v1/conversations/${thread}/stream`, headers, enough);
}

async function listen(at, headers, enough) {
  const gone = new AbortController();
  const answer = await fetch(at, { headers, signal: gone.signal });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  const events = [];
  let rest = '';
  try {
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const event = {};
        for (const line of block.split('\n')) {
          const [, name, value] = line.match(/^(\w+):\s?(.*)$/) ?? [];
          if (name) event[name] = value;
        }
        if (event.event) events.push(event);
        if (enough(events)) return events;
      }
    }
  } catch (fault) {
    if (fault.name !== 'AbortError') return events;
  } finally {
    gone.abort();
  }
  return events;
}

test('who may read no more is shown nothing that is said afterwards', async () => {
  const { episode, thread } = await newHome();
  const home = await bound(await handOut(episode));
  const cookies = (await home.context.cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
  const say = (words) => kb.call('POST', `/conversations/${thread}/messages`, carer(), { text: words });
  let ended = false;
  const events = await listen(`${kb.base}/own/stream`, { cookie: cookies }, (all) => {
    if (all.length === 1) say('trước khi thôi');
    if (!ended && all.some((event) => event.data?.includes('trước khi thôi'))) {
      ended = true;
      // The page asks for the list, finds itself there, and ends it; then the team writes on.
      home.page.goto('/own/devices').then(() => home.page.click('.rows button')).then(() => say('sau khi thôi'));
    }
    return all.some((event) => event.event === 'gone' || event.data?.includes('sau khi thôi'));
  });
  assert.equal(events.at(-1).event, 'gone');
  assert.ok(events.some((event) => event.data?.includes('trước khi thôi')));
  assert.ok(!events.some((event) => event.data?.includes('sau khi thôi')), 'it was told before that');
  const again = await fetch(`${kb.base}/own/stream`, { headers: { cookie: cookies } });
  assert.equal(again.status, 404);
  await home.context.close();
});

test('a home opens a bounded number of streams, and its first form sent twice is one device', async () => {
  const { episode } = await newHome();
  const { context, page } = await phone(await handOut(episode), PLAIN);
  await page.goto('/own/thread');
  const key = await page.locator('form[action="/own/bind"] input[name=key]').inputValue();
  const send = async () => {
    const answer = await context.request.post('/own/bind', { form: { key, first: '1' }, headers: { origin: kb.base }, maxRedirects: 0 });
    const cookie = answer.headers()['set-cookie'];
    // The first answer is lost on its way: what it set is not there when the form goes out again.
    await context.clearCookies({ name: 'kb_device' });
    return [answer.status(), cookie?.split(';')[0]];
  };
  const [first, again] = [await send(), await send()];
  assert.deepEqual(again, first);
  assert.equal(first[0], 303);
  const home = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
  const cookie = `${home}; ${first[1]}`;
  const devices = await fetch(`${kb.base}/own/devices`, { headers: { cookie } });
  assert.equal((await devices.text()).match(/\/own\/devices\/[0-9a-f]{32}\/end/g).length, 1);

  const all = new AbortController();
  const open = () => fetch(`${kb.base}/own/stream`, { headers: { cookie }, signal: all.signal }).then((answer) => answer.status);
  const opened = await Promise.all(Array.from({ length: HOME_STREAMS_MAX }, open));
  assert.deepEqual([...new Set(opened)], [200]);
  const more = await fetch(`${kb.base}/own/stream`, { headers: { cookie } });
  assert.deepEqual([more.status, more.headers.get('retry-after') !== null], [503, true]);
  all.abort();
  await context.close();
});

test('a stream that is cut again and again under load loses nothing and doubles nothing', async () => {
  const { thread } = await newHome();
  const sent = [];
  const writing = (async () => {
    for (let n = 0; n < UNDER_LOAD; n += 4) {
      const four = [0, 1, 2, 3].map((k) => kb.call('POST', `/conversations/${thread}/messages`, carer(), { text: `tin ${n + k}` }));
      for (const [status, body] of await Promise.all(four)) {
        assert.equal(status, 201);
        sent.push(body.id);
      }
    }
  })();
  const got = [];
  // Where a page begins before anybody wrote.
  let place = '1.0';
  while (got.length < UNDER_LOAD) {
    // Cut anywhere, also in the middle of what one entry of the log says.
    const events = await follow(kb.base, thread, carer(), place, (all) => all.length >= CUT_AFTER
      || (all.at(-1)?.id && got.length + all.filter((e) => e.event === 'message').length >= UNDER_LOAD));
    for (const event of events) {
      if (event.event === 'reset') assert.fail('fewer were missed than are sent again');
      // A message without its place was cut in the middle: it is sent again.
      if (event.event === 'message') got.push(JSON.parse(event.data).id);
      if (event.id) place = event.id;
      else if (event === events.at(-1) && event.event === 'message') got.pop();
    }
  }
  await writing;
  assert.deepEqual([...got].sort(), [...sent].sort());
  assert.deepEqual(got, (await items(thread)).map((m) => m.id), 'in the order in which they are kept');

  // Too far behind, or of another life of the store: the page is told to load anew.
  for (const from of ['1.0', '7.1']) {
    const [, reset] = await follow(kb.base, thread, carer(), from, (all) => all.length >= 2);
    if (from === '7.1') assert.equal(reset.event, 'reset');
  }
  const [status] = await kb.call('GET', `/conversations/${thread}/messages`, tokens['carer 26020']);
  assert.equal(status, 404, 'nobody of another commune');
});

test('what was acknowledged is there after the program was killed, and a repeated message is one', async () => {
  const first = await startProgram({ people: 60 });
  let second;
  try {
    const token = (await first.tokens())[`carer ${COMMUNE}`];
    const [, listed] = await first.call('GET', `/episodes?area_code=${COMMUNE}&limit=1`, token);
    const thread = listed.items[0].conversation_id;
    const kept = [];
    const unsure = [];
    const write = async (program, n) => program.call('POST', `/conversations/${thread}/messages`, token, { text: `tin ${n}` }, { 'idempotency-key': `k${n}` });
    let next = 0;
    // Each goes on until the program is gone, so something is always on its way when it dies.
    const writer = async () => {
      for (;;) {
        const n = next;
        next += 1;
        try {
          const [status, body] = await write(first, n);
          assert.equal(status, 201);
          kept.push([n, body.id]);
        } catch {
          unsure.push(n);
          return;
        }
        if (kept.length === 20) await first.kill();
      }
    };
    await Promise.all(Array.from({ length: 8 }, writer));
    assert.ok(kept.length >= 20 && unsure.length === 8, `${kept.length} were acknowledged, ${unsure.length} were not`);
    second = await startProgram({ folder: first.folder });
    const after = (await second.call('GET', `/conversations/${thread}/messages?limit=500`, token))[1].items;
    for (const [n, id] of kept) assert.equal(after.filter((m) => m.id === id && m.text === `tin ${n}`).length, 1, `tin ${n}`);
    for (let n = 0; n < next; n += 1) assert.equal((await write(second, n))[0], 201);
    const all = (await second.call('GET', `/conversations/${thread}/messages?limit=500`, token))[1].items;
    assert.deepEqual(all.map((m) => m.text).sort(), Array.from({ length: next }, (_, n) => `tin ${n}`).sort(), 'each once');
    await second.stop();
    assert.equal((await second.command('verify', '--json')).code, 0);
  } finally {
    await (second ?? first).remove();
  }
});

test('the pages of threads are good on both screens, in both languages', async () => {
  const { episode, thread } = await newHome();
  const address = await handOut(episode);
  const home = await bound(address);
  await live(home.page);
  await home.page.fill('textarea[name=text]', 'Bà hơi mệt, ăn được ít cháo. Nhà còn hai viên thuốc hạ sốt.');
  await home.page.getByRole('button', { name: 'Gửi' }).click();
  await home.page.locator('.m[id]').waitFor();
  const [asked] = (await items(thread)).filter((m) => m.kind === 'text');
  await kb.call('POST', `/conversations/${thread}/messages`, carer(), { guidance: 'danger_signs' });
  const [, wrong] = await kb.call('POST', `/conversations/${thread}/messages`, carer(), { text: 'Mai tôi sang lúc 8 giờ', quotes: asked.id });
  await kb.call('POST', `/conversations/${thread}/messages`, carer(), { text: 'Mai tôi sang lúc 9 giờ', corrects: wrong.id });
  await home.page.fill('textarea[name=text]', 'Vâng, cảm ơn chị');
  await home.page.getByRole('button', { name: 'Gửi' }).click();
  await home.page.getByText('Vâng, cảm ơn chị').waitFor();
  for (const at of ['/own', '/own/thread', '/own/devices']) await assertGood(home.page, at, 'own');
  await home.context.close();
  const stranger = await phone(address);
  await assertGood(stranger.page, '/own/thread', 'own-bind');
  await stranger.context.close();
  const desk = await kb.loginAs('carer', COMMUNE);
  for (const at of ['/threads', '/threads?show=all', `/threads/${thread}`, `/people/${episode}/link`, '/work']) {
    await assertGood(desk.page, at, 'thread');
  }
  await desk.context.close();
});
