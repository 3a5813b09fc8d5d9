import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { whatsappChannel } from '../../src/messaging/poll-templates.ts';
import { readProposals } from '../../src/templates/files.ts';
import { submitTemplates } from '../../src/templates/submit.ts';
import { startProcess } from '../support/process.ts';
import { backends, type Stage, secretKey, setStage } from './stage.ts';

const everySecond = { patterns: { templates: '* * * * * *' } };

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend, recovery: everySecond });
  });
  afterAll(() => stage?.strike());

  /** What an operator types, and how it ended. */
  const templates = (...args: string[]) => templatesAt(stage.twilioUrl, ...args);
  const templatesAt = async (twilioUrl: string, ...args: string[]) => {
    const command = await startProcess({
      script: 'src/templates/main.ts',
      args,
      env: {
        DATABASE_URL: stage.databaseUrl,
        SECRET_KEY: secretKey,
        TWILIO_API_BASE_URL: twilioUrl,
        WHATSAPP_PROVIDER: 'twilio',
      },
    });
    const { code } = await command.exited;
    return { code, lines: command.lines };
  };
  const set = (kind: string, locale = 'en') =>
    stage.store.tenant(stage.tenantId, (tx) => tx.templates.get(kind, locale));
  const decide = async (kind: string, state: Parameters<Stage['simulator']['decide']>[1], locale = 'en') => {
    stage.simulator.decide((await set(kind, locale))!.contentSid, state);
    await stage.until(async () => (await set(kind, locale))!.approval?.status === state);
  };
  const messageAbout = (number: string) =>
    stage.messages().then((all) => all.find(({ workOrders }) => workOrders.includes(number))!);
  const failed = (number: string) =>
    stage.until(async () => {
      const message = await messageAbout(number);
      return message.status === 'failed' ? message : null;
    });

  test('without any template the text goes, WhatsApp refuses it, and the reason says what is missing', async () => {
    const tech = await stage.technician();
    tech.turns({ windowClosed: true });
    await stage.order('N-1', { assignee: tech.externalId });
    expect(await failed('N-1')).toMatchObject({
      reason: 'no-template',
      error: { code: '63016', text: expect.stringContaining('none is set for "work-order.assigned"') },
      attempts: [{ template: null }],
    });
    expect(tech.heard()).toEqual([]);
  });

  if (backend === 'postgres')
    test('the proposed templates are submitted without the command', async () => {
      const channel = (await stage.store.tenant(stage.tenantId, whatsappChannel))!;
      const { proposals } = readProposals();
      await submitTemplates(stage.deps, stage.tenantId, stage.providerOf(channel), proposals, () => {});
      for (const { sid } of stage.simulator.contents()) stage.simulator.decide(sid, 'approved');
      await stage.until(
        async () => (await set('work-order.assigned', 'es'))!.approval?.status === 'approved',
      );
      await stage.until(async () => (await set('work-order.assigned'))!.approval?.status === 'approved');
    });

  // The command knows no queue; once is enough.
  if (backend === 'redis') {
    test('the proposed templates are submitted once, however often the command runs', async () => {
      const first = await templates('submit');
      expect(first.lines.filter((line) => / submitted: pending as UTILITY HX/.test(line))).toHaveLength(12);
      expect(first.code).toBe(0);
      const made = stage.simulator.contents().length;

      const second = await templates('submit');
      expect(second.lines.filter((line) => / was there: pending/.test(line))).toHaveLength(12);
      expect(second.code).toBe(0);
      expect(stage.simulator.contents()).toHaveLength(made);

      for (const { sid } of stage.simulator.contents()) stage.simulator.decide(sid, 'approved');
      const status = await templates('status');
      expect(status.lines.filter((line) => / approved as UTILITY HX/.test(line))).toHaveLength(12);
      expect(status.code).toBe(0);
    }, 60_000);

    test('what Twilio does not tell is not taken for what it told before', async () => {
      const unreachable = `http://127.0.0.1:${await findFreePort()}`;
      const refusing = await answerAll(401, { code: 20003, message: 'Authenticate', status: 401 });
      for (const [at, says] of [
        [unreachable, 'Twilio could not be reached (ECONNREFUSED)'],
        [refusing, 'Twilio refuses our credentials'],
      ] as const) {
        const status = await templatesAt(at, 'status');
        expect(status.lines[0]).toContain(says);
        expect(status.lines.filter((line) => / not told now; approved at 20/.test(line))).toHaveLength(12);
        expect(status.code).toBe(1);
        const submit = await templatesAt(at, 'submit');
        expect(submit.lines.filter((line) => line.includes(`was not submitted: ${says}`))).toHaveLength(12);
        expect(submit.code).toBe(1);
      }
    }, 60_000);

    test('one that WhatsApp rejected needs somebody, whichever command meets it', async () => {
      await decide('message.send', 'rejected');
      const submit = await templates('submit');
      expect(submit.lines.filter((line) => / was there: rejected/.test(line))).toHaveLength(1);
      expect(submit.code).toBe(1);
      expect((await templates('status')).code).toBe(1);
      await decide('message.send', 'approved');
    }, 60_000);

    test('what the command cannot do it says in a sentence', async () => {
      const nobody = await templates('status', '--tenant', 'nobody');
      expect([nobody.code, ...nobody.lines]).toEqual([1, expect.stringContaining('no tenant "nobody"')]);
      const usage = await templates('love');
      expect([usage.code, usage.lines[0]]).toEqual([1, expect.stringContaining('templates -- submit')]);
    });
  }

  test('to a closed window comes the template with its buttons; a tap shows the order in full', async () => {
    const tech = await stage.technician();
    tech.turns({ windowClosed: true });
    await stage.order('T-1', {
      assignee: tech.externalId,
      title: "Replace the pump's seal",
      description: 'Isolate at V-12 first.',
      priority: 'high',
      dueAt: '2030-12-25',
    });
    const told = await tech.hears('New Work Order Assigned');
    expect(told.text).toBe(
      [
        '🔧 *New Work Order Assigned*',
        '📋 *WO#:* T-1',
        '📝 *Title:* Replace the pump’s seal',
        '🏭 *Asset:* no asset',
        '⚡ *Priority:* High',
        '📅 *Due:* Dec 25, 2030',
        '',
        '💬 *Reply with:*',
        '✅ ACK - Acknowledge receipt',
        '▶️ START - Start work',
        '❓ HELP - Request assistance',
      ].join('\n'),
    );
    expect(told.buttons).toEqual(['Show order', 'Acknowledge', 'Start']);
    expect(await messageAbout('T-1')).toMatchObject({
      attempts: [{ template: `work-order.assigned/en/${(await set('work-order.assigned'))!.contentSid}` }],
    });

    await tech.taps('Show order', told);
    await tech.hears(/T-1[\s\S]*Isolate at V-12 first\./);
    await tech.taps('Start', told);
    await tech.hears(/Started[\s\S]*T-1/);
  });

  test('in the language of the reader', async () => {
    const tech = await stage.technician({ locale: 'es-MX' });
    tech.turns({ windowClosed: true });
    await stage.order('T-2', { assignee: tech.externalId, description: 'Aislar en V-12.' });
    const told = await tech.hears('Nueva orden de trabajo asignada');
    await tech.taps('Ver la orden', told);
    await tech.hears(/T-2[\s\S]*Aislar en V-12\./);
  });

  test('a window that WhatsApp says is closed: the template follows the text, once', async () => {
    const tech = await stage.technician();
    await tech.says('my work');
    await tech.hears('No open work orders');
    tech.turns({ windowClosed: true });
    await stage.order('T-3', { assignee: tech.externalId, description: 'Only in the text.' });
    const told = await tech.hears(/New Work Order Assigned[\s\S]*T-3/);
    expect(told.text).not.toContain('Only in the text.');
    await stage.quiet();
    expect((await messageAbout('T-3')).attempts).toMatchObject([
      { template: null, status: 'failed' },
      { template: expect.stringContaining('work-order.assigned/en/') },
    ]);
    expect(tech.heard().filter((text) => text.includes('T-3'))).toHaveLength(1);
  });

  test('a paused template fails the message in plain words; who is in the window gets the text', async () => {
    await decide('work-order.assigned', 'paused');
    const silent = await stage.technician();
    const talking = await stage.technician();
    await talking.says('my work');
    await talking.hears('No open work orders');
    await stage.order('P-1', { assignee: silent.externalId });
    await stage.order('P-2', { assignee: talking.externalId });
    expect(await failed('P-1')).toMatchObject({
      reason: 'no-template',
      error: { code: null, text: expect.stringContaining('WhatsApp has paused its template') },
      attempts: [],
    });
    await talking.hears(/New Work Order Assigned[\s\S]*P-2/);

    await decide('work-order.assigned', 'approved');
    await stage.order('P-3', { assignee: silent.externalId });
    await silent.hears(/New Work Order Assigned[\s\S]*P-3/);
  });

  test("an operator's own template works: its button carries a plain command", async () => {
    const channel = (await stage.store.tenant(stage.tenantId, whatsappChannel))!;
    const own = await stage.providerOf(channel).templates.create({
      ...{ name: 'own', locale: 'en', body: 'Order {{1}} is waiting for you.', samples: ['WO-1'] },
      buttons: [{ title: 'Tell me more', id: 'STATUS' }],
    });
    stage.simulator.decide(own.sid!, 'approved');
    await stage.store.tenant(stage.tenantId, (tx) =>
      tx.templates.save({
        ...{ kind: 'work-order.assigned', locale: 'en', contentSid: own.sid!, variables: ['number'] },
      }),
    );
    const tech = await stage.technician();
    await stage.order('O-1', { assignee: tech.externalId, description: 'Bring the long ladder.' });
    await stage.order('O-2', { assignee: tech.externalId });
    const told = await tech.hears('Order O-1 is waiting for you.');
    await tech.taps('Tell me more', told);
    await tech.hears(/O-1[\s\S]*Bring the long ladder\./);
  });
});

/** The address of something that answers every request the same. */
const answerAll = async (status: number, body: object): Promise<string> => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
