import type { Child } from 'hono/jsx';
import { Form } from './frame.tsx';
import type { Visit } from './route.ts';

/**
 * A button for what is not undone by another press, or is told to people at once: the first press says what will
 * happen, the second does it. `of`: which one, where several stand in a list. `children`: what the form posts.
 */
export const Sure = ({
  visit,
  action,
  ask,
  of,
  what,
  yes,
  children,
}: {
  visit: Visit;
  action: string;
  ask: string;
  of?: string;
  what: string;
  yes: string;
  children?: Child;
}) => {
  const named = (text: string) => (of === undefined ? {} : { 'aria-label': `${text}: ${of}` });
  return (
    <details class="sure">
      <summary {...named(ask)}>{ask}</summary>
      <Form visit={visit} action={action}>
        {children}
        <p>{what}</p>
        <button type="submit" {...named(yes)}>
          {yes}
        </button>
      </Form>
    </details>
  );
};
