import { OpenPage, Page } from './frame.tsx';
import type { Visit } from './route.ts';

/** The same for what is not there and for what is another tenant's. */
export const NotFound = ({ visit }: { visit: Visit | null }) =>
  visit ? (
    <Page visit={visit} title="Not found">
      <p>There is no such page. It may have been removed, or the address has a mistake in it.</p>
    </Page>
  ) : (
    <OpenPage title="Not found">
      <p>There is no such page.</p>
      <p>
        <a href="/admin">To the panel</a>
      </p>
    </OpenPage>
  );

export const Forbidden = ({ visit }: { visit: Visit }) => (
  <Page visit={visit} title="Not for your role">
    <p>
      You are signed in as {visit.user.role}, and this needs another role. An administrator can change yours.
    </p>
  </Page>
);

/** A form of a session that is over, or of another one. */
export const OldForm = ({ visit }: { visit: Visit }) => (
  <Page visit={visit} title="This form was too old">
    <p data-not-taken="">
      It was made before you signed in this time, so nothing was changed. Go back, load the page again and
      repeat what you did.
    </p>
  </Page>
);

/** `back`: the page with the form, if it is known. What was typed there is in it again. */
export const TooLarge = ({ maxBytes, back }: { maxBytes: number; back: string | null }) => (
  <OpenPage title="Too large">
    <p data-not-taken="">
      More was sent than fits here, which is {Math.floor(maxBytes / 1024)} KB. Nothing was changed. Go back,
      shorten it and send it again.
    </p>
    <p>
      <a href={back ?? '/admin'}>{back ? 'Back to the form' : 'To the panel'}</a>
    </p>
  </OpenPage>
);

export const OurFault = ({ isAway }: { isAway: boolean }) => (
  <OpenPage title={isAway ? 'Not available just now' : 'The fault is ours'}>
    <p>
      {isAway
        ? 'The database does not answer. Nothing is lost; try again in a moment.'
        : 'Nothing was changed. The log of the service has the details.'}
    </p>
    <p>
      <a href="/admin">To the panel</a>
    </p>
  </OpenPage>
);
