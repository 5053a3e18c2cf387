import { signal } from "@preact/signals";
import type { ComponentChild, ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Acs3Stages, Examination, Piece, RpcStages, SignedParameter } from "../core";
import { CopyButton } from "../parts/copy";
import { number, t } from "../text";

/** The selected parameter, highlighted in all stages. */
const picked = signal<number | null>(null);

type Form = "text" | "once" | "twice";

export function Stages({ examination }: { examination: Examination }) {
  const text = t.value.signature;
  const { stages } = examination;
  const count = stages.parameters.length;
  useEffect(() => {
    if (picked.value !== null && picked.value >= count) picked.value = null;
  }, [count]);
  // Until a parameter is selected, the first encoded one is shown, so that the place is never
  // empty.
  const first = stages.parameters.findIndex(({ value }) => value.some((piece) => piece.once !== piece.text));
  return (
    <section class="card" aria-labelledby="stages-title" onMouseOver={pickUnderPointer}>
      <h2 id="stages-title">{text.stages}</h2>
      <p class="muted small">{text.pick}</p>
      <ol class="stages">
        <Stage title={text.sorted} note={text.sortedNote}>
          <div class="sorted">
            <ul class="parameters">
              {stages.parameters.map((parameter, index) => (
                <ParameterRow key={index} parameter={parameter} index={index} />
              ))}
            </ul>
            <Encoding
              parameter={stages.parameters[picked.value ?? Math.max(first, 0)]}
              twice={stages.scheme === "1.0"}
            />
          </div>
        </Stage>
        <Stage
          title={text.canonicalizedQuery}
          note={text.canonicalizedQueryNote}
          copy={stages.canonicalizedQuery}
        >
          <p class="long">
            <Joined parameters={stages.parameters} form="once" equals="=" and="&" />
          </p>
        </Stage>
        {stages.scheme === "1.0" ? (
          <RpcRest stages={stages} />
        ) : (
          <Acs3Rest stages={stages} bodyMissing={examination.completeness !== "whole"} />
        )}
        <Signature examination={examination} />
      </ol>
    </section>
  );
}

function pickUnderPointer(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target.closest("[data-parameter]") : null;
  if (target) picked.value = Number(target.getAttribute("data-parameter"));
}

function Stage({
  title,
  note,
  copy,
  children,
}: {
  title: string;
  note: string;
  copy?: string;
  children: ComponentChildren;
}) {
  return (
    <li class="stage">
      <div class="stage-head">
        <h3>{title}</h3>
        {copy !== undefined && <CopyButton text={copy} label={title} />}
      </div>
      <p class="muted small">{note}</p>
      {children}
    </li>
  );
}

const joined = (pieces: Piece[], form: Form) => pieces.map((piece) => piece[form]).join("");

function ParameterRow({ parameter, index }: { parameter: SignedParameter; index: number }) {
  const text = t.value.signature;
  const place =
    parameter.place === "query" ? text.placeQuery : parameter.place === "form" ? text.placeForm : null;
  return (
    <li>
      <button
        type="button"
        class={picked.value === index ? "parameter picked" : "parameter"}
        aria-pressed={picked.value === index}
        data-parameter={index}
        onFocus={() => (picked.value = index)}
        onClick={() => (picked.value = index)}
      >
        <span class="parameter-name">{joined(parameter.name, "text")}</span>
        <span class="parameter-value">
          <Pieces pieces={parameter.value} form="text" />
        </span>
        {place && <span class="muted place">{place}</span>}
      </button>
    </li>
  );
}

/** Drawing more, such as a picture, would block the page; copying takes all of it. */
const CHARACTERS_MAX = 20_000;
const CHARACTERS_SHOWN = 2_000;
const ROWS_MAX = 200;

/** Text with its encoded characters highlighted. */
function Pieces({ pieces, form }: { pieces: Piece[]; form: Form }) {
  const length = pieces.reduce((sum, piece) => sum + piece[form].length, 0);
  let left = length > CHARACTERS_MAX ? CHARACTERS_SHOWN : length;
  const shown: ComponentChild[] = [];
  for (const [index, piece] of pieces.entries()) {
    if (left <= 0) break;
    const text = piece[form].slice(0, left);
    left -= text.length;
    shown.push(
      piece.once === piece.text ? (
        text
      ) : (
        <span key={index} class="escaped">
          {text}
        </span>
      ),
    );
  }
  return (
    <>
      {shown}
      {length > CHARACTERS_MAX && <em class="muted">{t.value.signature.cutShort(number(length))}</em>}
    </>
  );
}

function Joined({
  parameters,
  form,
  equals,
  and,
}: {
  parameters: SignedParameter[];
  form: Form;
  equals: string;
  and: string;
}) {
  return (
    <>
      {parameters.map((parameter, index) => (
        <span key={index}>
          {index > 0 && <span class="joint">{and}</span>}
          <span class={picked.value === index ? "segment picked" : "segment"} data-parameter={index}>
            <Pieces pieces={parameter.name} form={form} />
            <span class="joint">{equals}</span>
            <Pieces pieces={parameter.value} form={form} />
          </span>
        </span>
      ))}
    </>
  );
}

function Encoding({ parameter, twice }: { parameter: SignedParameter | undefined; twice: boolean }) {
  const text = t.value.signature;
  if (!parameter) return null;
  const escaped = [...parameter.name, ...parameter.value].filter((piece) => piece.once !== piece.text);
  const distinct = [...new Map(escaped.map((piece) => [piece.text, piece])).values()];
  return (
    <div class="encoding" aria-live="polite">
      <h4>
        {text.encoding}: <code>{joined(parameter.name, "text")}</code>
      </h4>
      {distinct.length === 0 ? (
        <p class="muted small">{text.noEscapes}</p>
      ) : (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">{text.character}</th>
                <th scope="col">{text.once}</th>
                {twice && <th scope="col">{text.twice}</th>}
              </tr>
            </thead>
            <tbody>
              {distinct.slice(0, ROWS_MAX).map((piece) => (
                <tr key={piece.text}>
                  <th scope="row">{piece.text === " " ? text.space : piece.text}</th>
                  <td>{piece.once}</td>
                  {twice && <td>{piece.twice}</td>}
                </tr>
              ))}
            </tbody>
          </table>
          <p class="muted small">{text.plain}</p>
        </>
      )}
    </div>
  );
}

function RpcRest({ stages }: { stages: RpcStages }) {
  const text = t.value.signature;
  return (
    <Stage title={text.stringToSign} note={text.rpcStringNote} copy={stages.stringToSign}>
      <p class="long">
        {stages.method}
        <span class="joint">&amp;</span>%2F<span class="joint">&amp;</span>
        <Joined parameters={stages.parameters} form="twice" equals="%3D" and="%26" />
      </p>
    </Stage>
  );
}

function Acs3Rest({ stages, bodyMissing }: { stages: Acs3Stages; bodyMissing: boolean }) {
  const text = t.value.signature;
  return (
    <>
      <Stage title={text.bodyHash} note={text.bodyHashNote} copy={stages.payloadHash}>
        <p class="long muted">{stages.body || (bodyMissing ? text.missingBody : text.emptyBody)}</p>
        <p class="long">{stages.payloadHash}</p>
      </Stage>
      <Stage title={text.canonicalRequest} note={text.canonicalRequestNote} copy={stages.canonicalRequest}>
        <p class="long lines">
          {`${stages.method}\n${stages.uri}\n`}
          <Joined parameters={stages.parameters} form="once" equals="=" and="&" />
          {`\n${stages.canonicalRequest.split("\n").slice(3).join("\n")}`}
        </p>
      </Stage>
      <Stage title={text.stringToSign} note={text.acs3StringNote} copy={stages.stringToSign}>
        <p class="long lines">{stages.stringToSign}</p>
      </Stage>
    </>
  );
}

function Signature({ examination }: { examination: Examination }) {
  const text = t.value.signature;
  const { stages, givenSignature, right } = examination;
  const note = stages.scheme === "1.0" ? text.rpcResultNote : text.acs3ResultNote;
  return (
    <Stage title={text.result} note={note} {...(stages.signature ? { copy: stages.signature } : {})}>
      <p class={stages.signature ? "long signature" : "muted"}>{stages.signature ?? text.needSecret}</p>
      {givenSignature !== null && (
        <p class="given">
          <span class="muted">{text.given}</span> <code class="long">{givenSignature || "∅"}</code>
          {right !== null && (
            <strong class={right ? "good-text" : "bad-text"}>{right ? text.same : text.notSame}</strong>
          )}
        </p>
      )}
      {stages.scheme === "ACS3-HMAC-SHA256" && stages.authorization && (
        <>
          <p class="muted small">{text.authorization}</p>
          <p class="long">{stages.authorization}</p>
        </>
      )}
    </Stage>
  );
}
