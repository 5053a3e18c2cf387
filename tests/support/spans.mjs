import { subscribe } from "node:diagnostics_channel";
import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("cloudauth-edge");

/** A span of each call, below the one that was active when the program called, with a span of each attempt. */
subscribe("cloudauth-edge:call", ({ action, beganAt, durationMs, attempts, ...outcome }) => {
  const span = tracer.startSpan(action, { kind: SpanKind.INTERNAL, startTime: beganAt });
  describe(span, outcome);
  const inside = trace.setSpan(context.active(), span);
  for (const { attempt, endpoint, httpStatus, ...one } of attempts) {
    const attributes = { "server.address": endpoint, "http.request.resend_count": attempt - 1 };
    if (httpStatus !== null) attributes["http.response.status_code"] = httpStatus;
    const options = { kind: SpanKind.CLIENT, startTime: one.beganAt, attributes };
    const child = tracer.startSpan(`${action} attempt`, options, inside);
    describe(child, one);
    child.end(one.beganAt + one.durationMs);
  }
  span.end(beganAt + durationMs);
});

function describe(span, { kind, code, requestId }) {
  span.setAttribute("cloudauth.code", code);
  if (requestId !== null) span.setAttribute("cloudauth.request_id", requestId);
  if (kind === null) return;
  span.setAttribute("error.type", kind);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
