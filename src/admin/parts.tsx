import type { Child } from 'hono/jsx';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import type { PanelRole } from '../domain/panel-role.ts';
import type { Visit } from './route.ts';

/** Whoever may change what the work is. */
export const runners: readonly PanelRole[] = ['administrator', 'planner'];

/** How many people, or assets, a field offers at most; any other can be typed. */
export const mostToChoose = 300;

export type People = { externalId: string; name: string }[];

/** What came of the last form, as its address says in a word. */
export const doneOf = ({ c }: Visit, words: Record<string, string>): string | null => {
  const word = c.req.query('done') ?? '';
  return Object.hasOwn(words, word) ? words[word]! : null;
};

/**
 * In a form that makes something: what is made gets this id, so that a form that is posted twice makes it once. Not in
 * a `Live` part, which would be new each time.
 */
export const IdOfNew = ({ id }: { id: string }) => (
  // Without `off` a browser may fill in the one of before.
  <input type="hidden" name="new" value={id} autocomplete="off" />
);

/** The id that a form has for what it makes. */
export const idOfNew = ({ form }: Visit, { newId }: Pick<Deps, 'newId'>): string =>
  z.uuid().safeParse(form('new')).data?.toLowerCase() ?? newId();

/** What a field with this `list` offers; anything else may be typed too. */
export const Options = ({
  id,
  options,
}: {
  id: string;
  options: readonly (readonly [value: string, text: string])[];
}) => (
  <datalist id={id}>
    {options.map(([value, text]) => (
      <option value={value}>{text}</option>
    ))}
  </datalist>
);

/** A person, as one of the `options`. */
export const asOption = ({ externalId, name }: People[number]) => [externalId, name] as const;

/** A line of a list of facts. */
export const Fact = ({ name, children }: { name: string; children?: Child }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
