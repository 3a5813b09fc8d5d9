import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { answersAboutAlerts, castIn, inLanguage, tellings } from './languages.ts';
import { type Stage, setStage } from './stage.ts';

const apiKey = 'scenario-api-key-0123456789';

describe.each(tellings)('in $language', ({ locale, backend }) => {
  let stage: Stage;
  let api: ReturnType<typeof createApi>;
  beforeAll(async () => {
    stage = await setStage({ backend, sms: true });
    api = createApi(stage.deps, stage.files);
  });
  afterAll(() => stage?.strike());

  const say = inLanguage(locale);
  const hear = inLanguage(locale);
  const { technician, unheard } = castIn(locale, () => stage);
  type Tech = Awaited<ReturnType<typeof technician>>;

  const call = async (method: string, path: string, body?: unknown) => {
    const response = await api.request(path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const nameOf = async ({ id }: Tech) =>
    (await stage.store.tenant(stage.tenantId, (tx) => tx.technicians.get(id)))!.name;

  /** Steps for critical alerts, none of which comes by itself while a story is told. */
  const escalatesTo = (...people: { tech: Tech; way: 'whatsapp' | 'sms' }[]) =>
    call('PUT', '/settings', {
      escalation: {
        critical: people.map(({ tech, way }) => ({
          ...{ waitSeconds: 3600, notify: [tech.externalId], ways: [way] },
        })),
      },
    });
  const asset = (code: string, name: string, ...responsible: Tech[]) =>
    call('PUT', `/assets/${code}`, { name, responsible: responsible.map(({ externalId }) => externalId) });
  const raise = async (externalId: string, code: string, message: string, recipients: Tech[] = []) => {
    const { status } = await call('POST', '/alerts', {
      ...{ externalId, asset: code, message, severity: 'critical' },
      ...(recipients.length > 0 ? { recipients: recipients.map((tech) => tech.externalId) } : {}),
    });
    expect(status).toBe(201);
  };
  /** The time that the chain waits at its step is over. */
  const stepPasses = async (externalId: string) => {
    const [chain] = await stage.ask<{ id: string }>(
      `UPDATE chain c SET next_at = clock_timestamp() FROM alert a
       WHERE a.id = c.alert_id AND a.external_id = '${externalId}' RETURNING c.id`,
    );
    stage.deps.ring('chains', stage.tenantId, chain!.id);
  };

  test('an afternoon: the pump overheats, the first man sleeps, the second goes, and everybody knows', async () => {
    const boss = await technician({ role: 'supervisor' });
    const ana = await technician({ supervisor: boss.externalId });
    const ben = await technician({ supervisor: boss.externalId });
    const benName = await nameOf(ben);
    await asset('P-3', 'Feed Pump 3', ana);
    await escalatesTo({ tech: ben, way: 'sms' });

    await raise('PUMP-1', 'P-3', '96 °C');
    const page = await ana.hears(
      ...[hear('CRITICAL EQUIPMENT ALERT', 'ALERTA CRÍTICA DE EQUIPO'), 'Feed Pump 3', '96 °C'],
      hear('RESPONDING', 'VOY'),
    );
    await stage.quiet();
    expect(ben.sms.heard()).toEqual([]);

    await stepPasses('PUMP-1');
    await ben.sms.hears(/Feed Pump 3[\s\S]*(RESPONDING|VOY)/);
    await ben.sms.says(say('responding', 'voy'));
    await ben.sms.hears(
      hear(/You are going[\s\S]*COMPLETE PUMP-1/, /Usted va en camino[\s\S]*TERMINAR PUMP-1/),
    );
    await ana.hears(hear(`${benName} is going`, `${benName} va en camino`), 'Feed Pump 3');

    // He wakes up.
    stage.simulator.reads(ana.address);
    await ana.says(say('responding', 'voy'));
    await ana.hears(
      hear('Nothing changed', 'Sin cambios'),
      hear(`${benName} is going, since`, `${benName} va en camino, desde`),
    );
    await ana.quotes(page, say('status', 'estado'));
    await ana.hears('Feed Pump 3', hear(`${benName} is going, since`, `${benName} va en camino, desde`));
    await ana.quotes(page, say('complete', 'terminar'));
    await ana.hears(hear('Not resolved', 'No se resolvió'), benName);

    await ben.sms.says(say('complete', 'terminar'));
    await ben.sms.hears(hear(/Resolved[\s\S]*Told: /, /Resuelta[\s\S]*Se aviso a: /));
    await ana.hears(hear('Resolved', 'Resuelta'), benName, 'Feed Pump 3');
    await stage.quiet();
    const told = await stage.messages();
    expect(
      told.filter(({ kind, status }) => kind === 'alert.resolved' && status !== 'cancelled'),
    ).toMatchObject([{ technician: ana.externalId }]);

    const { body } = await call('GET', '/alerts/PUMP-1');
    expect(body).toMatchObject({ state: 'resolved', responder: ben.externalId, step: 1, exhausted: false });
    const [known] = await stage.ask<{ created_at: Date; claimed_at: Date; resolved_at: Date; sent: Date }>(
      `SELECT a.claimed_at, a.resolved_at,
         (SELECT min(t.sending_at) FROM message_alert x JOIN message m ON m.id = x.message_id
          JOIN attempt t ON t.message_id = m.id WHERE x.alert_id = a.id AND m.kind = 'alert.raised') AS sent
       FROM alert a WHERE a.external_id = 'PUMP-1'`,
    );
    const { times, raisedAt, pages } = body as {
      times: Record<string, string | null>;
      raisedAt: string;
      pages: string[];
    };
    const seen: { status: string; at: string }[] = [];
    for (const id of pages)
      seen.push(...((await call('GET', `/messages/${id}`)).body as { timeline: typeof seen }).timeline);
    const first = (status: string) =>
      seen
        .flatMap((each) => (each.status === status ? each.at : []))
        .toSorted()
        .at(0);
    expect(times).toEqual({
      raised: raisedAt,
      ...{ sent: first('sent'), delivered: first('delivered'), read: first('read') },
      answered: known!.claimed_at.toISOString(),
      resolved: known!.resolved_at.toISOString(),
    });
    expect(known!.claimed_at >= known!.sent && known!.resolved_at >= known!.claimed_at).toBe(true);
  });

  test('what is taken is given up, taken back, escalated and resolved, and each hears of it', async () => {
    const boss = await technician({ role: 'supervisor' });
    const dora = await technician({ supervisor: boss.externalId });
    const ed = await technician({ supervisor: boss.externalId });
    const fay = await technician({ supervisor: boss.externalId });
    const [doraName, bossName, fayName] = await Promise.all([dora, boss, fay].map(nameOf));
    await asset('F-9', 'Exhaust Fan');
    await escalatesTo({ tech: fay, way: 'whatsapp' });
    await raise('FAN-1', 'F-9', 'vibrates', [dora, ed]);
    const page = await dora.hears('Exhaust Fan', 'vibrates');
    await ed.hears('Exhaust Fan', 'vibrates');
    await stage.quiet();

    await dora.reacts('👍', page);
    await dora.hears(
      hear('Nothing changed: 👍', 'Sin cambios: 👍'),
      'Exhaust Fan',
      hear('RESPONDING', 'VOY'),
    );
    await dora.quotes(page, say('ack', 'aceptar'));
    await dora.hears(hear('ACK is for work orders', 'ACEPTAR es para órdenes'), 'Exhaust Fan');
    await dora.says(say('complete', 'terminar'));
    await dora.hears(hear('Not resolved: nobody', 'No se resolvió: todavía no va nadie'));
    await dora.says(say('respondin', 'vooy'));
    await stage.quiet();
    expect(await stateOf('FAN-1')).toBe('open');

    await dora.says(say('RESPONDING fan-1', 'VOY fan-1'));
    await dora.hears(
      hear('You are going', 'Usted va en camino'),
      'Exhaust Fan',
      hear('COMPLETE', 'TERMINAR'),
    );
    await ed.hears(hear(`${doraName} is going`, `${doraName} va en camino`));
    await dora.says(say('my work', 'mis trabajos'));
    await dora.hears(hear('Alerts (1)', 'Alertas (1)'), hear('you are going', 'usted va en camino'));
    await dora.says(say('undo', 'deshacer'));
    await dora.hears(
      hear('Taken back', 'Deshecho'),
      'Exhaust Fan',
      hear('Nobody is going yet', 'Todavía no va nadie'),
    );
    await ed.hears(hear('is no longer going', 'ya no va'), 'Exhaust Fan');
    expect(await stateOf('FAN-1')).toBe('open');

    await dora.quotes(page, say('responding', 'voy'));
    await stage.until(async () => (await stateOf('FAN-1')) === 'responding');
    await stage.quiet();
    await ed.says(say('escalate it burns', 'escalar se quema'));
    await ed.hears(
      ...[hear('Escalated', 'Escalada'), hear(`${doraName} is going`, `${doraName} va en camino`)],
      bossName!,
    );
    await boss.hears('Exhaust Fan', hear('it burns', 'se quema'));
    await ed.says(say('undo', 'deshacer'));
    await ed.hears(hear('Nothing taken back', 'No se deshizo nada'), 'Exhaust Fan');

    await dora.says(say('escalate no ladder', 'escalar sin escalera'));
    await dora.hears(hear('you are no longer going', 'usted ya no va'), 'Exhaust Fan', fayName!);
    await fay.hears('Exhaust Fan', 'vibrates');
    expect(await stateOf('FAN-1')).toBe('open');
    await dora.says(say('undo', 'deshacer'));
    await dora.hears(
      hear('Taken back', 'Deshecho'),
      hear('You are going, since', 'Usted va en camino, desde'),
    );
    expect(await stateOf('FAN-1')).toBe('responding');

    await dora.says(say('complete', 'terminar'));
    await dora.hears(hear('Resolved', 'Resuelta'), 'Exhaust Fan');
    await ed.hears(hear('Resolved', 'Resuelta'), doraName!, 'Exhaust Fan');
  });

  test('of several in one message it is asked which, and all of them can be taken', async () => {
    const gil = await technician();
    await asset('B-1', 'Boiler');
    await escalatesTo({ tech: await technician(), way: 'whatsapp' });
    const channels = await stage.store.tenant(stage.tenantId, (tx) => tx.channels.list());
    const { id } = channels.find(({ way }) => way === 'whatsapp')!;
    // Nothing leaves until both are raised.
    await stage.store.tenant(stage.tenantId, (tx) => tx.leases.pause(id, 600_000));
    await raise('B-1-hot', 'B-1', 'too hot', [gil]);
    await raise('B-1-wet', 'B-1', 'leaks', [gil]);
    await stage.store.tenant(stage.tenantId, (tx) => tx.leases.pause(id, 0));
    stage.deps.ring('outbound', stage.tenantId, id);
    await gil.hears('too hot', 'leaks');
    await stage.quiet();

    await gil.says(say('responding', 'voy'));
    await gil.hears(
      hear('which one?', '¿cuál?'),
      '1. ',
      'too hot',
      '2. ',
      'leaks',
      hear('3. All of them', '3. Todas'),
    );
    await gil.says('3');
    await gil.hears(hear('You are going', 'Usted va en camino'), 'too hot', 'leaks');
    expect(await Promise.all(['B-1-hot', 'B-1-wet'].map(stateOf))).toEqual(['responding', 'responding']);

    await call('POST', '/alerts/B-1-wet/resolve', {});
    await gil.says(say('undo', 'deshacer'));
    await gil.hears(hear('Nothing taken back', 'No se deshizo nada'), 'leaks');
    expect(await stateOf('B-1-hot')).toBe('responding');
  });

  test('every answer about alerts was heard by somebody', () => {
    expect(unheard().filter((key) => answersAboutAlerts.includes(key))).toEqual([]);
  });

  const stateOf = async (externalId: string) =>
    ((await call('GET', `/alerts/${externalId}`)).body as { state: string }).state;
});
