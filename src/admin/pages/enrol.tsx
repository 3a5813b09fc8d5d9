import { randomInt } from 'node:crypto';
import { raw } from 'hono/html';
import { renderSVG } from 'uqr';
import { openEnrolment } from '../../cmms/enrol.ts';
import type { Deps } from '../../deps.ts';
import { codeMinutes, newCode, writeCode } from '../../domain/enrolment-code.ts';
import type { StoredChannel } from '../../store/channels.ts';
import type { Enrolment } from '../../store/enrolments.ts';
import { NotFound } from '../errors.tsx';
import { Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { technicianPath } from '../paths.ts';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import { editors, findShown, type Shown } from '../technician.tsx';
import { kindNames } from '../technician-form.tsx';

/** A code on the screen, that a technician sends from the phone. */
export const enrolRoutes = (deps: Deps): AdminRoute[] => {
  const showEnrol = async (visit: Visit, code: string | null = null) => {
    const found = await look(deps, visit, async (tx) => {
      const technician = await findShown(tx, visit);
      if (!technician) return null;
      const senders = (await tx.channels.list()).filter(({ retiredAt }) => retiredAt === null);
      return { technician, senders, latest: await tx.enrolments.latest(technician.id) };
    });
    if (!found) return show(visit, <NotFound visit={visit} />, 404);
    return show(visit, <Enrol {...{ visit, ...found, code, now: deps.now() }} />);
  };

  const make = async (visit: Visit) => {
    const code = newCode(randomInt);
    const isMade = await change(deps, visit, async (tx, note, facts) => {
      const technician = await findShown(tx, visit);
      if (!technician?.active) return false;
      await openEnrolment(tx, technician, code, facts, deps.secretKeys);
      note('technician.code', technician.externalId);
      return true;
    });
    return showEnrol(visit, isMade ? code : null);
  };

  return [
    {
      method: 'get',
      path: '/technicians/:externalId/enrol',
      for: editors,
      liveMs: 2000,
      handle: (visit) => showEnrol(visit),
    },
    { method: 'post', path: '/technicians/:externalId/enrol', for: editors, handle: make },
  ];
};

const Enrol = (props: {
  visit: Visit;
  technician: Shown;
  senders: StoredChannel[];
  latest: Enrolment | null;
  code: string | null;
  now: Date;
}) => {
  const { visit, technician, code } = props;
  const numberOf = (way: string) =>
    props.senders.find((sender) => sender.way === way)?.address.replace(/^whatsapp:/, '');
  const [whatsapp, sms] = [numberOf('whatsapp'), numberOf('sms')];
  const path = `${technicianPath(technician.externalId)}/enrol`;
  return (
    <Page visit={visit} title={`Enrol ${technician.name}`}>
      <p>
        <a href={technicianPath(technician.externalId)}>Back to {technician.name || technician.externalId}</a>
      </p>
      {code && (
        <section class="card" aria-labelledby="code">
          <h2 id="code">The code</h2>
          <p class="code">
            <code>{writeCode(code)}</code>
          </p>
          <p>
            {technician.name} sends it, from the phone to be registered, to{' '}
            {whatsapp ? (
              <>
                <b>{whatsapp}</b> on WhatsApp
              </>
            ) : (
              <b>{sms ?? 'a sender that an administrator has to set up first'}</b>
            )}
            {whatsapp && sms ? (
              <>
                , or by SMS to <b>{sms}</b>
              </>
            ) : null}
            . It is good for {codeMinutes} minutes and once, and shown only now.
          </p>
          {whatsapp && <Link to={`https://wa.me/${whatsapp.replace(/\D/g, '')}?text=${writeCode(code)}`} />}
        </section>
      )}
      <section class="card" aria-labelledby="state">
        <h2 id="state">What came of it</h2>
        <Live id="enrolment">
          <State {...props} />
        </Live>
        {technician.active && (
          <Form visit={visit} action={path}>
            <button type="submit" class={code ? 'quiet' : ''}>
              {props.latest ? 'Make another code' : 'Make a code'}
            </button>
          </Form>
        )}
      </section>
    </Page>
  );
};

const Link = ({ to }: { to: string }) => (
  <>
    <p>
      <a href={to} rel="noreferrer">
        Open WhatsApp with the code
      </a>
      , or scan this with the phone:
    </p>
    <p class="qr" role="img" aria-label="WhatsApp link to scan">
      {raw(renderSVG(to, { border: 1 }))}
    </p>
  </>
);

const State = ({
  visit,
  technician,
  latest,
  now,
}: {
  visit: Visit;
  technician: Shown;
  latest: Enrolment | null;
  now: Date;
}) => {
  const { name } = technician;
  if (!technician.active) return <p>{name} left: take them back first.</p>;
  if (!latest) {
    return (
      <p>
        No code was made for {name} yet. Make one, and have {name} send it to us from the phone: the phone is
        then theirs.
      </p>
    );
  }
  if (latest.usedAt && latest.conflictWith) {
    return (
      <p class="faults">
        The code came from a phone that another technician has already. Nothing was changed.{' '}
        <a href="/admin/technicians/-/conflicts">Say whose it is</a>.
      </p>
    );
  }
  if (latest.usedAt && !latest.kind) {
    return (
      <p>
        The code came at <Moment at={latest.usedAt} zone={visit.zone} /> from a phone that was another's, and
        was not given to {name}.
      </p>
    );
  }
  if (latest.usedAt) {
    return (
      <p class="done">
        Enrolled: {latest.kind && kindNames[latest.kind]} {latest.value}, at{' '}
        <Moment at={latest.usedAt} zone={visit.zone} />.
      </p>
    );
  }
  if (latest.expiresAt <= now) return <p>The code expired without having come. Make another one.</p>;
  return (
    <p>
      Waiting for the code. It is good until <Moment at={latest.expiresAt} zone={visit.zone} />.
    </p>
  );
};
