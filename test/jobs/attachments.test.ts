import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type AttachmentsDeps, attachments } from '../../jobs/attachments.ts';
import { createFolder, keyOf } from '../../src/attachments/files.ts';
import { eraseTechnician } from '../../src/cmms/erase-technician.ts';
import { sha256 } from '../../src/crypto.ts';
import { type MediaAnswer, noAccount } from '../../src/messaging/provider.ts';
import { createTwilio } from '../../src/messaging/twilio.ts';
import type { NewAttachment } from '../../src/store/attachments.ts';
import { jpeg, png } from '../attachments/samples.ts';
import { createFakeTemplates, newSid, useOutbox } from '../messaging/outbox-stage.ts';
import {
  breaksOff,
  gives,
  neverEnds,
  sendsTo,
  startMediaHost,
  status,
  withCredentials,
  withoutCredentials,
} from '../support/media-host.ts';

const outbox = useOutbox();
const authToken = 'token-nobody-may-see';

/** A channel at a provider of this machine, and a technician who sends things. */
const setUp = async () => {
  const channel = await outbox.channel();
  const { tenantId, channelId, store } = channel;
  const tech = await channel.technician();
  const twilio = await startMediaHost();
  const root = mkdtempSync(join(tmpdir(), 'rbm-attachments-'));
  onTestFinished(() => {
    twilio.close();
    rmSync(root, { recursive: true, force: true });
  });
  const accountSid = `AC${'0'.repeat(32)}`;
  const deps: AttachmentsDeps = {
    ...channel.deps,
    providerOf: () => createTwilio({ accountSid, authToken }, twilio.origin),
    files: createFolder(root),
  };

  const path = () => `/2010-04-01/Accounts/${accountSid}/Messages/${newSid()}/Media/${newSid()}`;
  /** Something the technician sent, stored as its drain would. */
  const sent = async (url: string, fields: Partial<NewAttachment> = {}) => {
    const id = randomUUID();
    const messageId = randomUUID();
    const providerId = newSid();
    await store.gate.storeInbound([
      {
        ...{ kind: 'message', tenantId, channelId, id: messageId, key: sha256(providerId), providerId },
        ...{ raw: Buffer.from('Body='), source: 'webhook', status: 'received', receivedAt: null },
        ...{ way: 'whatsapp', address: tech.address, userId: null, attemptId: null },
      },
    ]);
    await store.tenant(tenantId, (tx) =>
      tx.attachments.add({
        ...{ id, messageId, channelId, technicianId: tech.id, workOrderId: null, kind: 'image' },
        ...{ caption: null, sourceUrl: url, declaredType: 'image/jpeg', place: null, receivedAt: new Date() },
        ...fields,
      }),
    );
    return id;
  };
  const run = (changed: Partial<AttachmentsDeps> = {}) =>
    attachments({ ...deps, ...changed })({ tenantId, id: channelId });
  const get = async (id: string) => (await store.tenant(tenantId, (tx) => tx.attachments.get(id)))!;
  const bytesOf = async (id: string) => {
    const stream = await deps.files.open(keyOf(tenantId, id));
    return stream && Buffer.from(await new Response(stream).arrayBuffer());
  };
  /** Seconds until it is due; null when nothing is left to do. */
  const dueIn = async (id: string): Promise<number | null> =>
    (
      await channel.query(
        'SELECT extract(epoch FROM fetch_at - clock_timestamp())::float8 AS s FROM attachment WHERE id = $1',
        [id],
      )
    )[0].s;
  const pass = (seconds: number) =>
    channel.query(
      `UPDATE attachment SET fetch_at = fetch_at - $1 * interval '1 second',
         received_at = received_at - $1 * interval '1 second' WHERE tenant_id = $2`,
      [seconds, tenantId],
    );
  /** It was put off by that much, and the machine may have stood still since. */
  const isPutOff = async (id: string, seconds: number) => {
    const left = (await dueIn(id))!;
    expect(left).toBeLessThanOrEqual(seconds);
    expect(left).toBeGreaterThan(seconds - 30);
    expect(lines().at(-1)).toMatchObject({ outcome: 'again', afterMs: seconds * 1000 });
  };
  const lines = () =>
    channel.logged.filter(({ event }) => event === 'attachment') as (Record<string, unknown> & {
      alarm?: boolean;
    })[];
  return { ...channel, twilio, root, deps, path, sent, run, get, bytesOf, dueIn, isPutOff, pass, lines };
};

const fakeMedia = (media: () => Promise<MediaAnswer>): Partial<AttachmentsDeps> => ({
  providerOf: () => ({
    send: () => Promise.reject(new Error('not here')),
    listSentTo: async () => [],
    listReceived: async () => [],
    createContent: async () => ({ sid: null, code: 'none' }),
    templates: createFakeTemplates(),
    account: noAccount('none'),
    media,
  }),
});

test('a photo is fetched with the credentials, past the redirect without them, and stored once', async () => {
  const { twilio, path, sent, run, get, bytesOf, dueIn, lines, logged, bells } = await setUp();
  const at = path();
  twilio.on(at, withCredentials(`AC${'0'.repeat(32)}:${authToken}`, sendsTo('/cdn?Signature=signed-away')));
  twilio.on('/cdn?Signature=signed-away', withoutCredentials(gives(jpeg)));
  const id = await sent(twilio.origin + at);
  await run();
  await run();

  expect(await get(id)).toMatchObject({
    ...{ state: 'stored', contentType: 'image/jpeg', sizeBytes: jpeg.length, problem: null },
    sha256: createHash('sha256').update(jpeg).digest('hex'),
  });
  expect((await bytesOf(id))?.equals(jpeg)).toBe(true);
  expect(await dueIn(id)).toBeNull();
  expect(twilio.asked).toHaveLength(2);
  expect(bells).toEqual([]);
  expect(lines()).toEqual([
    expect.objectContaining({
      attachmentId: id,
      outcome: 'stored',
      bytes: jpeg.length,
      ms: expect.any(Number),
    }),
  ]);
  expect(JSON.stringify(logged)).not.toMatch(/signed-away|nobody-may-see|http|\+1202555/);
});

test('several runs at once fetch each of many once', async () => {
  const { twilio, path, sent, run, get } = await setUp();
  const ids: string[] = [];
  for (let n = 0; n < 12; n++) {
    const at = path();
    twilio.on(at, gives(jpeg));
    ids.push(await sent(twilio.origin + at));
  }
  await Promise.all([run(), run(), run()]);
  for (const id of ids) expect((await get(id)).state).toBe('stored');
  expect(twilio.asked).toHaveLength(12);
});

test('what the bytes show counts, not what was declared', async () => {
  const { twilio, path, sent, run, get } = await setUp();
  const [photo, page] = [path(), path()];
  twilio.on(photo, gives(png));
  twilio.on(page, gives(Buffer.from('<script>alert(1)</script>')));
  const ids = [await sent(twilio.origin + photo), await sent(twilio.origin + page)];
  await run();
  expect((await Promise.all(ids.map(get))).map(({ contentType }) => contentType)).toEqual([
    'image/png',
    'application/octet-stream',
  ]);
});

test('what is not there yet is asked for again, a little later each time', async () => {
  const { twilio, path, sent, run, get, isPutOff, pass, bells, channelId, logged } = await setUp();
  const at = path();
  twilio.on(at, status(404), status(404), gives(jpeg));
  const id = await sent(twilio.origin + at);
  await run();
  await isPutOff(id, 2);
  expect(bells).toEqual([{ queue: 'attachments', id: channelId, afterMs: expect.any(Number) }]);
  expect(bells[0]!.afterMs).toBeLessThanOrEqual(2000);
  // Not before its time.
  await run();
  expect(twilio.asked).toHaveLength(1);

  await pass(2);
  await run();
  await isPutOff(id, 10);
  await pass(10);
  await run();
  expect((await get(id)).state).toBe('stored');
  expect(logged.filter(({ alarm }) => alarm)).toEqual([]);
});

test('what stays away is lost after some minutes, and says so', async () => {
  const { twilio, path, sent, run, get, dueIn, isPutOff, pass } = await setUp();
  const id = await sent(twilio.origin + path());
  for (const seconds of [2, 10, 60, 300]) {
    await run();
    await isPutOff(id, seconds);
    await pass(seconds);
  }
  await run();
  expect(await get(id)).toMatchObject({ state: 'lost', problem: 'the provider does not have it' });
  expect(await dueIn(id)).toBeNull();
  await run();
  expect(twilio.asked).toHaveLength(5);
});

test.each([
  [401, 'the provider refused our credentials for a day', true],
  [500, 'it could not be fetched from the provider for a day', undefined],
])('after a %i it is tried for a day, and lost then', async (code, problem, alarm) => {
  const { twilio, path, sent, run, get, pass, isPutOff, lines } = await setUp();
  const at = path();
  twilio.on(at, status(code));
  const id = await sent(twilio.origin + at);
  await run();
  expect(lines().at(-1)).toMatchObject({ outcome: 'again', afterMs: 2000, ...(alarm ? { alarm } : {}) });
  expect(lines().at(-1)?.alarm).toBe(alarm);
  for (let hours = 0; hours < 23; hours++) {
    await pass(3600);
    await run();
  }
  expect(await get(id)).toMatchObject({ state: 'waiting', problem: null });
  await isPutOff(id, 3600);
  await pass(3600);
  await run();
  expect(await get(id)).toMatchObject({ state: 'lost', problem });
  expect(lines().at(-1)).toMatchObject({ outcome: 'lost', alarm: true });
});

test('credentials that are mended within the day are enough', async () => {
  const { twilio, path, sent, run, get, pass } = await setUp();
  const at = path();
  twilio.on(at, status(403), gives(jpeg));
  const id = await sent(twilio.origin + at);
  await run();
  await pass(3600);
  await run();
  expect((await get(id)).state).toBe('stored');
});

test('what never ends is refused as too big', async () => {
  const { twilio, path, sent, run, get, lines } = await setUp();
  const at = path();
  twilio.on(at, neverEnds);
  const id = await sent(twilio.origin + at);
  await run();
  expect(await get(id)).toMatchObject({ state: 'refused', problem: 'it is too big: more than 25 MB' });
  expect(lines()).toEqual([expect.not.objectContaining({ alarm: true })]);
});

test.each(['http://169.254.169.254/latest', 'http://127.0.0.1:9/x', 'https://example.com/x'])(
  'what is sent on to %s is refused, with an alarm',
  async (location) => {
    const { twilio, path, sent, run, get, lines } = await setUp();
    const at = path();
    twilio.on(at, sendsTo(location));
    const id = await sent(twilio.origin + at);
    await run();
    expect(await get(id)).toMatchObject({
      state: 'refused',
      problem: expect.stringContaining("not the provider's"),
    });
    expect(lines()).toEqual([expect.objectContaining({ outcome: 'refused', alarm: true })]);
  },
);

test('a body that breaks off, or a redirect in a circle, stores nothing and is tried again', async () => {
  const { twilio, path, sent, run, get, root, pass } = await setUp();
  const [broken, circle] = [path(), path()];
  twilio.on(broken, breaksOff(jpeg), gives(jpeg));
  twilio.on(circle, sendsTo(circle), sendsTo(circle), sendsTo(circle), sendsTo(circle), gives(jpeg));
  const ids = [await sent(twilio.origin + broken), await sent(twilio.origin + circle)];
  await run();
  for (const id of ids) expect(await get(id)).toMatchObject({ state: 'waiting', contentType: null });
  expect(readdirSync(root)).toEqual([]);
  expect(twilio.asked).toHaveLength(5);
  await pass(2);
  await run();
  for (const id of ids) expect((await get(id)).state).toBe('stored');
});

test('what a killed worker had taken is fetched by another one, and not before it must be dead', async () => {
  const { twilio, path, sent, run, get, pass, dueIn } = await setUp();
  const at = path();
  twilio.on(at, gives(jpeg));
  const id = await sent(twilio.origin + at);
  // It never comes back from fetching.
  let isTaken = () => {};
  const taken = new Promise<void>((done) => {
    isTaken = done;
  });
  void run(
    fakeMedia(() => {
      isTaken();
      return new Promise(() => {});
    }),
  );
  await taken;
  await run();
  expect((await get(id)).state).toBe('waiting');
  expect(twilio.asked).toEqual([]);
  expect(await dueIn(id)).toBeGreaterThan(60);
  expect(await dueIn(id)).toBeLessThanOrEqual(90);
  await pass(90);
  await run();
  expect((await get(id)).state).toBe('stored');
});

test('one that was killed between keeping the bytes and saying so does no harm', async () => {
  const { twilio, path, sent, run, get, bytesOf, pass, deps, store } = await setUp();
  const at = path();
  twilio.on(at, gives(jpeg));
  const id = await sent(twilio.origin + at);
  const killed = new Error('killed');
  const dying = {
    ...store,
    tenant: (async (tenantId, work) =>
      store.tenant(tenantId, (tx) =>
        work({ ...tx, attachments: { ...tx.attachments, stored: () => Promise.reject(killed) } }),
      )) as typeof store.tenant,
  };
  await expect(run({ store: dying })).rejects.toBe(killed);
  expect(await bytesOf(id)).toEqual(jpeg);
  expect((await get(id)).state).toBe('waiting');
  await pass(90);
  await run(deps);
  expect((await get(id)).state).toBe('stored');
  expect(await bytesOf(id)).toEqual(jpeg);
});

test('one that comes late with another end changes nothing', async () => {
  const { twilio, path, sent, run, get, store, tenantId } = await setUp();
  const at = path();
  twilio.on(at, gives(jpeg));
  const id = await sent(twilio.origin + at);
  await run();
  await store.tenant(tenantId, async (tx) => {
    await tx.attachments.lost(id, 'gone');
    await tx.attachments.refused(id, 'too big');
    await tx.attachments.again(id, 0);
  });
  expect(await get(id)).toMatchObject({ state: 'stored', problem: null, contentType: 'image/jpeg' });
});

test('while nothing can be kept, it waits, with an alarm', async () => {
  const { twilio, path, sent, run, get, deps, pass, lines } = await setUp();
  const at = path();
  twilio.on(at, gives(jpeg));
  const id = await sent(twilio.origin + at);
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  await run({ files: { ...deps.files, put: () => Promise.reject(full) } });
  expect((await get(id)).state).toBe('waiting');
  expect(lines()).toEqual([
    expect.objectContaining({ outcome: 'again', reason: 'cannot be kept: ENOSPC', alarm: true }),
  ]);
  await pass(3600);
  await run();
  expect((await get(id)).state).toBe('stored');
});

test('a worker that stops gives back what it was fetching at once', async () => {
  const { twilio, path, sent, run, get, dueIn, bells } = await setUp();
  const at = path();
  const stopping = new AbortController();
  twilio.on(
    at,
    (response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('x');
      stopping.abort();
    },
    gives(jpeg),
  );
  const id = await sent(twilio.origin + at);
  await run({ stopping: stopping.signal });
  expect((await get(id)).state).toBe('waiting');
  expect(await dueIn(id)).toBeLessThanOrEqual(0);
  expect(bells).toEqual([]);
  await run();
  expect((await get(id)).state).toBe('stored');
});

test('a location has nothing to fetch, and recovery rings for channels that have', async () => {
  const { twilio, path, sent, run, store, channelId, tenantId } = await setUp();
  const place = { latitude: 25.01, longitude: -77.39, label: null, address: null };
  await sent('', { kind: 'location', sourceUrl: null, declaredType: null, place });
  const rings = async () =>
    (await store.gate.dueWork(0, 100)).filter(({ queue, id }) => queue === 'attachments' && id === channelId);
  expect(await rings()).toEqual([]);
  const at = path();
  twilio.on(at, gives(jpeg));
  await sent(twilio.origin + at);
  expect(await rings()).toEqual([{ queue: 'attachments', tenantId, id: channelId }]);
  expect(await store.gate.dueWork(60_000, 100)).not.toContainEqual(
    expect.objectContaining({ queue: 'attachments' }),
  );
  await run();
  expect(await rings()).toEqual([]);
});

test('what is fetched while its sender is erased is not kept', async () => {
  const { twilio, path, sent, run, get, bytesOf, store, tenantId, deps, query } = await setUp();
  const at = path();
  twilio.on(at, gives(jpeg));
  const id = await sent(twilio.origin + at);
  const { technician } = await get(id);
  const erase = async () => {
    await query('UPDATE technician SET active = false WHERE external_id = $1', [technician]);
    await query("UPDATE message SET status = 'processed' WHERE tenant_id = $1", [tenantId]);
    const erased = store.tenant(tenantId, (tx) => eraseTechnician(tx, technician, { now: new Date() }));
    expect(await erased).toBeNull();
  };
  const put = async (key: string, bytes: Buffer) => {
    await erase();
    await deps.files.put(key, bytes);
  };
  await run({ files: { ...deps.files, put } });
  expect((await get(id)).state).toBe('lost');
  expect(await bytesOf(id)).toBeNull();
});
