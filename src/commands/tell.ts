import type { Person } from '../domain/who-is-told.ts';
import type { Decision, News } from './command.ts';

/** The same news for several people. */
export const tell = (people: Person[], news: News): Decision['tell'] => people.map((to) => ({ to, news }));
