import type { Answer, Kit } from './kit.ts';
import { expectProblem, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const text = async (kit: Kit) => ({
  name: 'message.send',
  data: {
    schemaVersion: 1,
    idempotencyKey: kit.name('N'),
    to: (await kit.technician()).externalId,
    text: 'Gate 4 is closed today.',
  },
});

const post = (kit: Kit, key: string, body: unknown, path = '/notifications') =>
  kit.post(path, body, { headers: { 'Idempotency-Key': key } });

const isReplayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';

export const idempotency: Rule[] = [
  {
    says: 'the same body gets the first answer again, with Idempotency-Replayed: true',
    check: async (kit) => {
      const [key, body] = [kit.name('I'), await text(kit)];
      const first = expectStatus(await post(kit, key, body), 202);
      expectThat(!isReplayed(first), 'the first answer without Idempotency-Replayed', 'true');
      const second = expectStatus(await post(kit, key, body), 202);
      expectThat(isReplayed(second), 'Idempotency-Replayed: true', null);
      expectSame('the first answer', second.body, first.body);
    },
  },
  {
    says: 'another body is 422 idempotency-mismatch',
    check: async (kit) => {
      const key = kit.name('I');
      expectStatus(await post(kit, key, await text(kit)), 202);
      expectProblem(await post(kit, key, await text(kit)), 422, 'idempotency-mismatch');
    },
  },
  {
    says: 'a refusal is remembered as well',
    check: async (kit) => {
      const [key, body] = [kit.name('I'), { name: 'message.send', data: {} }];
      const first = await post(kit, key, body);
      expectProblem(first, 422, 'invalid');
      const second = expectStatus(await post(kit, key, body), 422);
      expectThat(isReplayed(second), 'Idempotency-Replayed: true', null);
      expectSame('the first answer', second.body, first.body);
    },
  },
  {
    says: 'of two at once one is done; the other gets its answer, or 409 while it runs',
    check: async (kit) => {
      const [key, body] = [kit.name('I'), await text(kit)];
      const answers = await Promise.all([post(kit, key, body), post(kit, key, body), post(kit, key, body)]);
      for (const answer of answers) expectStatus(answer, 202, 409);
      expectSame(
        'done for the first time',
        answers.filter((answer) => answer.status === 202 && !isReplayed(answer)).length,
        1,
      );
    },
  },
  {
    says: 'a key has 1 to 200 characters',
    check: async (kit) => {
      const body = await text(kit);
      expectStatus(await post(kit, kit.name('I').padEnd(200, 'x'), body), 202);
      expectStatus(await post(kit, kit.name('I').padEnd(201, 'x'), await text(kit)), 400, 422);
    },
  },
  {
    says: 'a key counts for its route only',
    check: async (kit) => {
      const key = kit.name('I');
      expectStatus(await post(kit, key, await text(kit)), 202);
      const path = `/webhook-endpoints/${kit.name('W')}`;
      expectStatus(await kit.put(path, { url: 'https://example.com/rbm', active: false }), 201);
      const rotated = expectStatus(await post(kit, key, {}, `${path}/rotate`), 200, 201);
      expectThat(!isReplayed(rotated), 'an answer of its own', rotated.body);
    },
  },
];
