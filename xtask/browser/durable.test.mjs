// Acknowledged means on disk: strace watches the program while people are registered. Between a request and its answer
// something is written and synced after that; an answer that came first would be a promise nobody keeps.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { startProgram } from './harness.mjs';

const CALLS = 'fsync,fdatasync,pwrite64,sendto,sendmsg,write,writev';
const COUNT = 3;

let kb;
before(async () => {
  kb = await startProgram();
});
after(() => kb?.remove());

/** Watches a process from the moment the promise is kept; `end` stops and gives the lines. */
async function watch(pid, file) {
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${CALLS}`, '-s', '80', '-o', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => tracer.on('close', resolve));
  await new Promise((resolve, reject) => {
    let said = '';
    tracer.stderr.setEncoding('utf8').on('data', (chunk) => {
      said += chunk;
      if (said.includes('attached')) resolve();
    });
    tracer.on('error', reject);
    tracer.on('close', () => reject(new Error(`strace watched nothing: ${said}`)));
  });
  return async () => {
    tracer.kill('SIGINT');
    await ended;
    return (await readFile(file, 'utf8')).split('\n');
  };
}

test('the disk is synced between a request and its answer', async () => {
  const { items } = await kb.logins();
  const { token } = items.find((i) => i.role === 'clerk' && i.area_code === '03445');
  const end = await watch(kb.server.pid, path.join(kb.folder, 'calls'));
  for (let n = 0; n < COUNT; n += 1) {
    const body = {
      area_code: '03445', kind: 'case', detected_on: '2022-03-15',
      person: { full_name: `Lò Thị Bền ${'ABC'[n]}`, birth_date: '1970' }, household: { address: `nhà bền ${n}` },
    };
    const [status, answer] = await kb.call('POST', '/episodes', token, body);
    assert.equal(status, 201, JSON.stringify(answer));
  }
  const lines = await end();
  const from = (start, wanted, what) => {
    const found = lines.findIndex((line, at) => at > start && wanted.test(line));
    assert.ok(found >= 0, `${what} is not among the calls`);
    return found;
  };
  // Each request is sent when the answer before it is here: what stands between two answers belongs to the later one.
  let at = -1;
  for (let n = 0; n < COUNT; n += 1) {
    const answered = from(at, /HTTP\/1\.1 201/, `answer ${n}`);
    const written = from(at, /pwrite64\(/, 'a write');
    const synced = from(written, /f(data)?sync.*= 0/, 'a sync');
    assert.ok(synced < answered, `answer ${n} left before the sync:\n${lines.slice(at + 1, answered + 2).join('\n')}`);
    at = answered;
  }
});
