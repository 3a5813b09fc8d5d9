import { isPicture } from '../attachments/content-type.ts';
import type { Attachment } from '../store/attachments.ts';
import { Moment } from './frame.tsx';
import type { Visit } from './route.ts';

/** What technicians sent: pictures shown, the rest to download. */
export const AttachmentList = (props: { visit: Visit; attachments: Attachment[]; most: number }) => {
  const { visit, attachments, most } = props;
  if (attachments.length === 0) return null;
  return (
    <section class="card" aria-labelledby="attachments-title">
      <h2 id="attachments-title">Attachments</h2>
      {attachments.length === most && <p class="soft">The newest {most} are shown.</p>}
      <ul class="pictures">
        {attachments.map((attachment) => (
          <li>
            <Shown attachment={attachment} />
            <p class="soft">
              {attachment.caption && <>{attachment.caption} · </>}
              {attachment.technician}, <Moment at={attachment.receivedAt} zone={visit.zone} />
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Shown = ({ attachment }: { attachment: Attachment }) => {
  const { id, kind, state, problem, contentType, sizeBytes, place, caption } = attachment;
  const address = `/admin/attachments/${id}`;
  if (kind === 'location') {
    return (
      <p>
        Location: {place?.label ?? place?.address ?? ''} {place?.latitude}, {place?.longitude}
      </p>
    );
  }
  if (state === 'waiting') return <p>A file ({kind}), still being fetched</p>;
  if (state !== 'stored' || contentType === null) {
    return (
      <p>
        A file ({kind}) that was not kept: {problem}
      </p>
    );
  }
  if (isPicture(contentType)) {
    return (
      <a href={address}>
        <img src={address} alt={caption ?? 'Picture without a caption'} loading="lazy" />
      </a>
    );
  }
  return (
    <p>
      <a href={address} download="">
        Download: {kind}, {contentType}, {Math.max(1, Math.round((sizeBytes ?? 0) / 1024))} KB
      </a>
    </p>
  );
};
