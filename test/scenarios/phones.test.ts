import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { castIn, heardByPhones, inLanguage, tellings } from './languages.ts';
import { type Stage, setStage } from './stage.ts';

// Everything a phone can send besides typed words.
describe.each(tellings)('in $language', ({ locale, backend }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const say = inLanguage(locale);
  const hear = inLanguage(locale);
  const assigned = hear('New Work Order Assigned', 'Nueva orden de trabajo asignada');
  const unchanged = hear('Nothing changed', 'Sin cambios');
  const { technician, unheard } = castIn(locale, () => stage);

  const attachmentsOf = async (number: string) =>
    (await stage.eventsOf(number)).filter(({ type }) => type === 'work_order.attachment');

  const answers = async (person: { externalId: string }) =>
    (await stage.messages()).filter(
      (message) => message.technician === person.externalId && message.kind === 'reply',
    );

  test.concurrent('photos sent together are kept on the order in hand, fetched, and answered once', async () => {
    const tech = await technician();
    await stage.order('F-1', { assignee: tech.externalId, status: 'in_progress' });
    const caption = say('gasket after removal', 'junta desmontada');
    await tech.sendsPhoto({ caption });
    await tech.sendsPhoto();
    await tech.hears(hear('Kept: 2 photos', 'Guardado: 2 fotos'), 'F-1');
    expect(await answers(tech)).toHaveLength(1);
    const events = await attachmentsOf('F-1');
    expect(events.map(({ data }) => [data.kind, data.text])).toEqual([
      ['image', caption],
      ['image', null],
    ]);
    const sent = (await stage.messages()).filter(
      (message) => message.technician === tech.externalId && message.direction === 'in',
    );
    expect(new Set(sent.map(({ answeredBy }) => answeredBy)).size).toBe(1);
    const stored = await stage.until(async () => {
      const { attachment } = events[0]!.data as { attachment: string };
      const found = await stage.store.tenant(stage.tenantId, (tx) => tx.attachments.get(attachment));
      return found?.state === 'stored' ? found : null;
    });
    expect(stored).toMatchObject({
      workOrder: 'F-1',
      kind: 'image',
      contentType: expect.stringMatching(/^image\//),
    });
  });

  test.concurrent('a photo with a command is kept on the order that the command changed', async () => {
    const tech = await technician();
    await stage.order('C-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('C-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto({ caption: say('complete c-2', 'terminar c-2') });
    await tech.hears(hear('Completed', 'Terminada'), 'C-2', hear('Kept: 1 photo', 'Guardado: 1 foto'));
    expect(await attachmentsOf('C-2')).toHaveLength(1);
    expect(await attachmentsOf('C-1')).toHaveLength(0);
  });

  test.concurrent('with several orders it is asked which one a voice note is for', async () => {
    const tech = await technician();
    await stage.order('V-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('V-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsVoiceNote();
    await tech.hears(hear('Kept, but for which order?', 'Guardado, pero ¿para qué orden?'), 'V-1', 'V-2');
    await tech.says('v-2');
    await tech.hears(hear('Kept: 1 voice note', 'Guardado: 1 nota de voz'), 'V-2');
    expect(await attachmentsOf('V-2')).toHaveLength(1);
  });

  test.concurrent('an album for which the order is asked is asked about once, and goes to the order chosen', async () => {
    const tech = await technician();
    await stage.order('A-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('A-2', { assignee: tech.externalId, status: 'in_progress' });
    for (let photo = 0; photo < 3; photo++) await tech.sendsPhoto();
    await tech.hears(hear('Kept, but for which order?', 'Guardado'));
    expect(await answers(tech)).toHaveLength(1);
    await tech.says('a-2');
    await tech.hears(hear('Kept: 3 photos', 'Guardado: 3 fotos'), 'A-2');
    expect(await attachmentsOf('A-2')).toHaveLength(3);
  });

  test.concurrent('a photo that was taken back is not among those that another answer places', async () => {
    const tech = await technician();
    await stage.order('U-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto();
    await tech.hears(hear('Kept: 1 photo', 'Guardado: 1 foto'), 'U-1');
    await tech.says(say('undo', 'deshacer'));
    await tech.hears('↩️', 'U-1');
    await stage.order('U-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto();
    await tech.hears(hear('Kept, but for which order?', 'Guardado'), 'U-2');
    await tech.says('u-2');
    await tech.hears(hear('Kept: 1 photo', 'Guardado: 1 foto'), 'U-2');
    expect(await attachmentsOf('U-2')).toHaveLength(1);
  });

  test.concurrent('a photo for an order that is closed is kept, and its sender hears that it is on none', async () => {
    const tech = await technician();
    await stage.order('Z-1', { assignee: tech.externalId, status: 'completed' });
    await tech.sendsPhoto({ caption: say('z-1 after repair', 'z-1 después de la reparación') });
    await tech.hears(unchanged, 'Z-1', '📎');
  });

  test.concurrent('a place and a contact card go to the only order there is', async () => {
    const tech = await technician();
    await stage.order('L-1', { assignee: tech.externalId, status: 'acknowledged' });
    const label = say('Pump room', 'Sala de bombas');
    await tech.shares({ latitude: 25.0187, longitude: -77.3959, label });
    await tech.sendsFile({ kind: 'contacts' });
    await tech.hears(
      ...[hear('Kept: 1 location, 1 contact card', 'Guardado: 1 ubicación, 1 contacto'), 'L-1'],
    );
    const [event] = await attachmentsOf('L-1');
    expect(event!.data).toMatchObject({
      kind: 'location',
      place: { latitude: 25.0187, longitude: -77.3959, label },
    });
  });

  test.concurrent('a video and a document of somebody without orders are kept with none', async () => {
    const tech = await technician();
    await tech.sendsFile({ kind: 'video' });
    await tech.sendsFile({ kind: 'document' });
    await tech.hears(
      hear('Kept, but with no order: 1 video, 1 document', 'Guardado, pero sin orden: 1 video, 1 documento'),
    );
  });

  test.concurrent('what cannot be kept or read is answered, and changes nothing', async () => {
    const tech = await technician();
    await stage.order('X-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsFile({ kind: 'sticker' });
    await tech.hears(unchanged, hear('stickers are not kept', 'los stickers no se guardan'));
    await tech.edits();
    await tech.hears(unchanged, hear('cannot read this kind', 'no puedo leer este tipo'));
    await tech.forwards(say('complete x-1', 'terminar x-1'));
    await tech.hears(
      ...[unchanged, hear('was forwarded', 'es un mensaje reenviado'), hear('Reply 1', 'Responda 1')],
    );
    expect((await stage.findOrder('X-1')).status).toBe('in_progress');
    await tech.says('1');
    await tech.hears(hear('Completed', 'Terminada'), 'X-1');
  });

  test.concurrent('a thumbs-up on an assignment acknowledges it; other reactions change nothing', async () => {
    const tech = await technician();
    await stage.order('R-1', { assignee: tech.externalId });
    const first = await tech.hears(assigned, 'R-1');
    await stage.order('R-2', { assignee: tech.externalId });
    await tech.hears(assigned, 'R-2');
    await tech.reacts('👍🏽', first);
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'R-1');
    await tech.reacts('😂', first);
    await tech.hears(unchanged, hear('only 👍 on an assignment', 'solo cuenta 👍 en una asignación'));
    expect((await stage.findOrder('R-2')).status).toBe('assigned');
  });

  test.concurrent('a quoted message says which order is meant, though another was assigned later', async () => {
    const tech = await technician();
    await stage.order('Q-1', { assignee: tech.externalId });
    const first = await tech.hears(assigned, 'Q-1');
    await stage.order('Q-2', { assignee: tech.externalId });
    await tech.hears(assigned, 'Q-2');
    await tech.quotes(first, say('start', 'iniciar'));
    await tech.hears(hear('Started', 'Iniciada'), 'Q-1');
    await tech.quotes(first, say('status', 'estado'));
    await tech.hears('Q-1', hear('in progress', 'en curso'));
  });

  test.concurrent('a button does what it says, and after a reassignment says who has the order now', async () => {
    const tech = await technician();
    const other = await technician();
    await tech.says(say('my work', 'mis trabajos'));
    await tech.hears(hear('No open work orders', 'No tiene órdenes de trabajo abiertas'));
    // The first notice of its form goes as text, and has the content made that the next one is sent with.
    await stage.order('B-1', { assignee: tech.externalId });
    await tech.hears(assigned, 'B-1');
    await stage.until(async () => (await stage.simulator.contents()).length > 0);
    const notice = await stage.until(async () => {
      const number = `B-${2 + tech.heard().length}`;
      await stage.order(number, { assignee: tech.externalId });
      const told = await tech.hears(assigned, number);
      return told.buttons?.length ? { number, told } : null;
    });
    await tech.taps(say('Start', 'Iniciar'), notice.told);
    await tech.hears(hear('Started', 'Iniciada'), notice.number);
    await stage.order(notice.number, { assignee: other.externalId });
    await tech.taps(say('Start', 'Iniciar'), notice.told);
    await tech.hears(unchanged, hear('it is now with Technician', 'ahora la tiene Technician'));
    expect((await stage.findOrder(notice.number)).assignee).toBe(other.externalId);
  });

  test.concurrent('whoever hides the phone number is known by the user id, and answered', async () => {
    const tech = await technician();
    await stage.order('H-1', { assignee: tech.externalId });
    await tech.hears(assigned, 'H-1');
    await tech.says(say('ack', 'aceptar'));
    await tech.hears(hear('Acknowledged', 'Aceptada'), 'H-1');
    tech.turns({ hidesNumber: true });
    await tech.says(say('start', 'iniciar'));
    await tech.hears(hear('Started', 'Iniciada'), 'H-1');
  });

  test('every text about what is no words was heard by somebody', () => {
    expect(unheard().filter((key) => heardByPhones.includes(key))).toEqual([]);
  });
});
