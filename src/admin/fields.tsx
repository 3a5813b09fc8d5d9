type Common = {
  label: string;
  name: string;
  hint?: string | undefined;
  /** What is wrong with what was sent. */
  fault?: string | undefined;
};

const describedBy = ({ name, hint, fault }: Common) => {
  const ids = [...(fault ? [`${name}-fault`] : []), ...(hint ? [`${name}-hint`] : [])];
  return {
    ...(fault ? { 'aria-invalid': 'true' as const } : {}),
    ...(ids.length > 0 ? { 'aria-describedby': ids.join(' ') } : {}),
  };
};

const Hint = ({ name, hint, fault }: Common) => (
  <>
    {fault && (
      <small id={`${name}-fault`} class="fault">
        {fault}
      </small>
    )}
    {hint && <small id={`${name}-hint`}>{hint}</small>}
  </>
);

/** A labelled input; what it explains is read with it. */
export const Field = ({
  label,
  name,
  hint,
  fault,
  type = 'text',
  ...rest
}: Common & {
  type?: string;
  value?: string;
  required?: boolean;
  autocomplete?: string;
  inputmode?: 'numeric' | 'decimal' | 'tel';
  readonly?: boolean;
  placeholder?: string;
  maxlength?: number;
  minlength?: number;
  min?: string;
  max?: string;
  step?: string;
  /** The id of what to choose from. */
  list?: string;
}) => (
  <p class="field">
    <label for={name}>{label}</label>
    <input id={name} name={name} type={type} {...rest} {...describedBy({ label, name, hint, fault })} />
    <Hint {...{ label, name, hint, fault }} />
  </p>
);

/** One of several. `options`: what is posted, and what is read. */
export const Choice = ({
  label,
  name,
  hint,
  fault,
  options,
  value,
}: Common & { options: readonly (readonly [value: string, text: string])[]; value: string }) => (
  <p class="field">
    <label for={name}>{label}</label>
    <select id={name} name={name} {...describedBy({ label, name, hint, fault })}>
      {options.map(([option, text]) => (
        <option value={option} selected={option === value}>
          {text}
        </option>
      ))}
    </select>
    <Hint {...{ label, name, hint, fault }} />
  </p>
);

/** A text of several lines. */
export const LongField = ({
  label,
  name,
  hint,
  fault,
  value = '',
  rows = 4,
  ...rest
}: Common & { value?: string; rows?: number; required?: boolean; maxlength?: number }) => (
  <p class="field wide">
    <label for={name}>{label}</label>
    <textarea id={name} name={name} rows={rows} {...rest} {...describedBy({ label, name, hint, fault })}>
      {value}
    </textarea>
    <Hint {...{ label, name, hint, fault }} />
  </p>
);

/** Yes, posted as `value`, or no, posted as nothing. */
export const Tick = ({
  label,
  name,
  hint,
  fault,
  value = 'yes',
  checked,
}: Common & { value?: string; checked: boolean }) => (
  <p class="tick">
    <label>
      <input
        type="checkbox"
        name={name}
        value={value}
        checked={checked}
        {...describedBy({ label, name, hint, fault })}
      />{' '}
      {label}
    </label>
    <Hint {...{ label, name, hint, fault }} />
  </p>
);
