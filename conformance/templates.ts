import { expectFaults, expectSame, expectStatus, expectThat, type Rule, skip } from './rule.ts';

// A language that nobody's phone is set to, so that what is left behind is never used.
const locale = 'eo';
const path = `/templates/message.send/${locale}`;

export const templates: Rule[] = [
  {
    says: 'a template is kept by kind and locale with contentSid and variables; GET adds approval',
    check: async (kit) => {
      const before = await kit.get(path);
      if (before.status === 200 && before.body.contentSid) skip(`a template for ${locale} is in use`);
      const template = { contentSid: `HX${kit.runId.padEnd(32, '0')}`, variables: ['text'] };
      kit.leave(path, { contentSid: null });
      const saved = expectStatus(await kit.put(path, template), 200, 201).body;
      expectSame('contentSid and variables', [saved.contentSid, saved.variables], Object.values(template));
      const { body } = expectStatus(await kit.get(path), 200);
      expectSame('contentSid and variables', [body.contentSid, body.variables], Object.values(template));
      expectThat('approval' in body, 'approval', body);
    },
  },
  {
    says: 'null as contentSid takes a template away',
    check: async (kit) => {
      if ((await kit.get(path)).status === 200) skip(`a template for ${locale} is in use`);
      kit.leave(path, { contentSid: null });
      expectStatus(await kit.put(path, { contentSid: `HX${kit.runId.padEnd(32, '0')}` }), 200, 201);
      const { body } = expectStatus(await kit.put(path, { contentSid: null }), 200);
      expectSame(
        'contentSid, variables and approval',
        [body.contentSid, body.variables, body.approval],
        [null, [], null],
      );
      expectStatus(await kit.get(path), 404);
    },
  },
  {
    says: 'kinds are the job names, and unknown fields are refused',
    check: async (kit) => {
      const template = { contentSid: `HX${'0'.repeat(32)}`, variables: [] };
      expectStatus(await kit.put(`/templates/love.letter/${locale}`, template), 404, 422);
      expectStatus(await kit.get(`/templates/love.letter/${locale}`), 404);
      expectFaults(
        await kit.put(path, { ...template, variables: 'text', colour: 'red' }),
        '/variables',
        '/colour',
      );
    },
  },
];
