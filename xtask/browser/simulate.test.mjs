// `keben simulate` as an operator runs it: figures at the end, no traces, and nothing done to a store with people in it.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { command } from './harness.mjs';

let folder;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'keben-simulated-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** The shortest scenario that comes along, with some words of it replaced. */
async function scenario(name, words) {
  const quick = await readFile(new URL('../../scenarios/quick.toml', import.meta.url), 'utf8');
  const file = path.join(folder, name);
  await writeFile(file, words.reduce((text, [from, to]) => text.replace(from, to), quick));
  return file;
}

test('a scenario is played to its end, and the same seed tells it again', async () => {
  const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('keben-simulate-'));
  const before = await left();
  const file = await scenario('day.toml', [[/^days = .*$/m, 'days = 1']]);
  const first = await command('simulate', file, '--seed', '5', '--json');
  assert.equal(first.code, 0, first.out);
  const { ok, played } = JSON.parse(first.out);
  assert.equal(ok, true);
  assert.ok(played.seed === 5 && played.steps > 20 && played.entries > 200 && played.counts.registered > 0, first.out);
  assert.equal((await command('simulate', file, '--seed', '5', '--json')).out, first.out);
  const inWords = await command('simulate', file, '--seed', '6');
  assert.equal(inWords.code, 0);
  assert.match(inWords.out, /^seed 6: \d+ steps, nothing that must never be\n/);
  assert.deepEqual(await left(), before, 'a store was left behind');
});

test('what cannot be played is refused, and a store with people in it is left alone', async () => {
  for (const wrong of ['nothing-of-this-name', await scenario('wrong.toml', [[/^days = .*$/m, 'days = 0']])]) {
    assert.deepEqual(await command('simulate', wrong, '--json'), { code: 2, out: '' });
  }
  const file = await scenario('once.toml', [[/^days = .*$/m, 'days = 1'], [/^restarts_a_day = .*$/m, 'restarts_a_day = 0']]);
  const data = ['--data', path.join(folder, 'data'), '--heads', path.join(folder, 'heads')];
  assert.equal((await command('simulate', file, '--json', ...data)).code, 0);
  const entries = async () => JSON.parse((await command('verify', '--json', ...data)).out);
  const there = await entries();
  assert.equal(there.ok, true);
  assert.deepEqual(await command('simulate', file, '--json', ...data), { code: 2, out: '' });
  assert.deepEqual(await entries(), there);
});
