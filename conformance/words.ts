import type { Kit } from './kit.ts';
import { expectSame, expectStatus, expectThat, type Rule, skip } from './rule.ts';

// Where the day is another one than in UTC for half of it.
const timeZone = 'Pacific/Auckland';

/** The lines without emoji and bold, which must be there: an emoji at each head, the notice's name in bold. */
const linesOf = (text: string): string[] => {
  const lines = text.split('\n');
  expectThat(/^\P{L}*\*[^*]+\*$/u.test(lines[0]!), 'a heading in bold', lines[0]);
  return lines.map((line) => line.replaceAll('*', '').replace(/^[^\p{L}\p{N}]+/u, ''));
};

const expectEmoji = (text: string, without: string[]): void => {
  for (const line of text.split('\n')) {
    if (line === '' || without.includes(line)) continue;
    expectThat(/^\p{Extended_Pictographic}/u.test(line), 'an emoji at the head of the line', line);
  }
};

const toldAbout = (kit: Kit, number: string): Promise<string> =>
  kit.until(async () => {
    const [message] = await kit.messagesAbout(number);
    expectThat(typeof message?.text === 'string', `a message about ${number}`, message);
    return message.text;
  });

const today = (): string => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date());

const daysFrom = (day: string, days: number): { iso: string; written: string } => {
  const at = new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000);
  const written = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(at);
  return { iso: at.toISOString().slice(0, 10), written };
};

/** What technicians read is a contract as well: they know it by heart. */
export const words: Rule[] = [
  {
    says: 'New Work Order Assigned has its lines, in the reader’s zone',
    check: async (kit) => {
      const { externalId } = await kit.technician({ locale: 'en', timeZone });
      const { code } = await kit.asset({ name: 'Pump 4' });
      const description = 'Leaks at the shaft';
      const { number } = await kit.order({
        title: 'Replace seal',
        description,
        asset: code,
        priority: 'high',
        assignee: externalId,
        dueAt: '2036-12-24T20:00:00Z',
      });
      const text = await toldAbout(kit, number);
      expectSame('the lines', linesOf(text), [
        'New Work Order Assigned',
        `WO#: ${number}`,
        'Title: Replace seal',
        'Asset: Pump 4',
        'Priority: High',
        'Due: Dec 25, 2036',
        '',
        description,
        '',
        'Reply with:',
        'ACK - Acknowledge receipt',
        'START - Start work',
        'HELP - Request assistance',
      ]);
      expectEmoji(text, [description]);
    },
  },
  {
    says: 'Work Order Reminder has its lines and counts the days in the reader’s zone',
    check: async (kit) => {
      const { externalId } = await kit.technician({ locale: 'en', timeZone });
      const day = today();
      for (const [days, due] of [
        [3, 'Due in 3 days'],
        [1, 'Due in 1 day'],
        [0, 'Due today'],
        [-1, 'Overdue by 1 day'],
        [-2, 'Overdue by 2 days'],
      ] as const) {
        const { iso, written } = daysFrom(day, days);
        const { number } = await kit.order({ title: 'Replace seal', assignee: externalId, dueAt: iso });
        const data = { schemaVersion: 1, idempotencyKey: kit.name('N'), number };
        expectStatus(await kit.post('/notifications', { name: 'work-order.reminder', data }), 202);
        const text = await kit.until(async () => {
          const { body } = expectStatus(await kit.get(`/notifications/${data.idempotencyKey}`), 200);
          expectThat(body.messages.length === 1, 'the message of the reminder', body);
          return expectStatus(await kit.get(`/messages/${body.messages[0]}`), 200).body.text as string;
        });
        if (today() !== day) skip('it was midnight there');
        expectSame(
          'the lines',
          linesOf(text).filter((line) => line !== ''),
          [
            'Work Order Reminder',
            `WO#: ${number}`,
            'Title: Replace seal',
            due,
            `Due Date: ${written}`,
            'Reply with:',
            'STATUS - Update status',
            'DELAY {reason} - Report delay',
            'COMPLETE - Mark as done',
          ],
        );
        expectEmoji(text, []);
      }
    },
  },
];
