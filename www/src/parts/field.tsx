import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../text";

interface Props {
  label: string;
  /** The wire name, next to the label. */
  name?: string;
  value: string;
  onInput: (value: string) => void;
  problem?: string | undefined;
  /** Whether screen readers announce the problem when it appears, as after a submit. */
  live?: boolean;
  hint?: ComponentChildren;
  optional?: boolean;
  aside?: ComponentChildren;
  rows?: number;
  type?: "text" | "password" | "date";
  placeholder?: string;
  mono?: boolean;
  options?: readonly { value: string; label: string }[];
}

/** A labelled input, text area or select, with its error. */
export function Field(props: Props) {
  const id = useId();
  const described = [props.problem && `${id}-problem`, props.hint && `${id}-hint`].filter(Boolean).join(" ");
  const common = {
    id,
    class: props.mono ? "input mono" : "input",
    value: props.value,
    spellcheck: false,
    autocomplete: "off",
    "aria-invalid": props.problem ? ("true" as const) : ("false" as const),
    ...(described ? { "aria-describedby": described } : {}),
    ...(props.placeholder ? { placeholder: props.placeholder } : {}),
  };
  return (
    <div class="field">
      <div class="field-head">
        <label for={id}>
          {props.label}
          {props.name && (
            <>
              {" "}
              <code class="wire-name">{props.name}</code>
            </>
          )}
          {props.optional && <span class="muted small"> {t.value.app.optional}</span>}
        </label>
        {props.aside}
      </div>
      {props.options ? (
        <select {...common} onChange={(event) => props.onInput(event.currentTarget.value)}>
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : props.rows ? (
        <textarea
          {...common}
          rows={props.rows}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      ) : (
        <input
          {...common}
          {...(props.type === "password"
            ? { type: "password" }
            : props.type === "date"
              ? { type: "date", max: "9999-12-31" } // years of four digits
              : { type: "text" })}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
      {props.problem && (
        <p class="field-problem" id={`${id}-problem`} {...(props.live ? { role: "alert" as const } : {})}>
          {props.problem}
        </p>
      )}
      {props.hint && (
        <p class="muted small" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}
