import { z } from 'zod';
import { type NotificationName, notificationNames } from '../cmms/preferences.ts';
import { buttonOf, templateFields } from '../cmms/template-fields.ts';
import { cleanValue, fillIn } from '../messaging/template-variables.ts';

const proposalShape = z.strictObject({
  kind: z.enum(notificationNames),
  locale: z.string(),
  /** Under which WhatsApp knows it; one that was rejected is blocked for 30 days. */
  name: z.string(),
  category: z.string(),
  body: z.string(),
  /** In their order, those of the buttons' ids too. */
  variables: z.array(z.strictObject({ field: z.string(), sample: z.string() })),
  buttons: z.array(z.strictObject({ title: z.string(), id: z.string() })),
});

/** A template as a file proposes it. */
export type Proposal = z.infer<typeof proposalShape>;

/** What a file says, or why it cannot be read. */
export const readProposal = (json: string): Proposal | { faults: string[] } => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { faults: ['is not JSON'] };
  }
  const read = proposalShape.safeParse(value);
  return read.success
    ? read.data
    : { faults: read.error.issues.map(({ path, message }) => `${path.join('/') || 'the file'}: ${message}`) };
};

/**
 * The rules that Twilio refuses or Meta rejects a template for, one by one
 * (twilio.com/docs/content/using-variables-with-content-api, twilio.com/docs/content/twilio-quick-reply).
 */
export const rules: { says: string; keeps: (proposal: Proposal) => boolean }[] = [
  {
    says: 'the name has only small letters, digits and _, and at most 512 of them',
    keeps: ({ name }) => /^[a-z0-9_]{1,512}$/.test(name),
  },
  {
    says: 'the category is UTILITY: marketing is not delivered to US numbers',
    keeps: ({ category }) => category === 'UTILITY',
  },
  { says: 'the locale is a language tag', keeps: ({ locale }) => /^[a-z]{2,3}(-[A-Z]{2})?$/.test(locale) },
  {
    says: 'the body has at most 1,024 characters with the samples in place',
    keeps: (proposal) => proposal.body !== '' && filled(proposal).length <= 1024,
  },
  {
    says: 'the body neither begins nor ends with a variable, whatever punctuation follows',
    keeps: ({ body }) => !/^[^\p{L}\p{N}]*\{\{|\}\}[^\p{L}\p{N}]*$/u.test(body),
  },
  {
    says: 'there is more than spaces between two variables of the body',
    keeps: ({ body }) => !/\}\}\s*\{\{/.test(body),
  },
  {
    says: 'variables are numbered from 1 without a gap, each is used, and none is unknown',
    keeps: ({ body, buttons, variables }) => {
      const used = placesIn([body, ...buttons.map(({ id }) => id)].join(' '));
      return variables.every((_, at) => used.includes(at + 1)) && Math.max(0, ...used) === variables.length;
    },
  },
  { says: 'there are at most 100 variables', keeps: ({ variables }) => variables.length <= 100 },
  {
    says: 'the body has at least 2x+1 words of its own for x variables',
    keeps: ({ body }) =>
      (body.replace(/\{\{\d+\}\}/g, ' ').match(/[\p{L}\p{N}]+/gu) ?? []).length >=
      2 * new Set(placesIn(body)).size + 1,
  },
  {
    says: 'the body has no tab, no run of more than four spaces and no more than one empty line at a time',
    keeps: ({ body }) => !/\t| {5}|\n{3}|\r/.test(body),
  },
  {
    says: 'the body has at most ten emoji',
    keeps: ({ body }) => (body.match(/\p{Extended_Pictographic}/gu) ?? []).length <= 10,
  },
  { says: 'the body links to no wa.me', keeps: ({ body }) => !/wa\.me/i.test(body) },
  {
    says: 'every field is one that this kind has',
    keeps: ({ kind, variables }) =>
      variables.every(({ field }) => templateFields[kind as NotificationName].includes(field)),
  },
  {
    says: 'every variable has a sample that could be sent: not empty, on one line',
    keeps: ({ variables }) =>
      variables.every(({ sample }) => cleanValue(sample) === sample && sample !== '-'),
  },
  { says: 'there are at most three buttons', keeps: ({ buttons }) => buttons.length <= 3 },
  {
    says: "a button's title has 1 to 20 characters on one line, no variable and no emoji, and stands there once",
    keeps: ({ buttons }) =>
      new Set(buttons.map(({ title }) => title)).size === buttons.length &&
      buttons.every(
        ({ title }) =>
          title.trim() === title &&
          title.length >= 1 &&
          title.length <= 20 &&
          !/[{}\n*_~]|\p{Extended_Pictographic}/u.test(title),
      ),
  },
  {
    says: "a button's id is a variable that stands for a command",
    keeps: ({ buttons, variables }) =>
      buttons.every(({ id }) => {
        const place = /^\{\{(\d+)\}\}$/.exec(id)?.[1];
        return buttonOf(variables[Number(place) - 1]?.field ?? '') !== null;
      }),
  },
];

/** The rules that a proposal breaks. */
export const faultsOf = (proposal: Proposal): string[] =>
  rules.filter(({ keeps }) => !keeps(proposal)).map(({ says }) => says);

const placesIn = (text: string): number[] =>
  [...text.matchAll(/\{\{(\d+)\}\}/g)].map(([, place]) => Number(place));

const filled = ({ body, variables }: Proposal): string =>
  fillIn(body, Object.fromEntries(variables.map(({ sample }, at) => [String(at + 1), sample])));
