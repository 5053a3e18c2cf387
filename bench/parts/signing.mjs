import { judge, withContestants } from "../lib/contestant.mjs";
import { alternate } from "../lib/measure.mjs";

const NAMES = [
  "cloudauth-edge",
  "cloudauth-edge, ACS3",
  "pop-core",
  "official SDK, ACS3",
  "official SDK, v2",
  "node:crypto by hand",
  "node:crypto by hand, ACS3",
  "aws4fetch (SigV4)",
];
const ROUND_MILLIS = 300;

export const title = "Signing";
export const about = `From typed parameters to the finished method, URL, headers and body of an InitFaceVerify (µs to the request), and on
to the CertifyId in the decoded response (µs/call). The transport of every contestant is replaced at the layer that sends a
finished request and returns status, headers and body: \`send\` of \`pkg/src/transport.ts\` for cloudauth-edge, \`httpx\` for
Alibaba Cloud's SDKs, \`fetch\` for the program by hand. One call at a time. Beforehand, the sandbox accepts the requests of
every contestant, and the signatures of cloudauth-edge equal those of Alibaba Cloud's own signers. aws4fetch signs for AWS:
it shows the cost of a small signer on WebCrypto.`;

export async function measure() {
  await judge(NAMES);
  const rows = await withContestants(
    NAMES,
    { endpoint: "http://127.0.0.1:8788", stubbed: true },
    (contestants) =>
      alternate(
        Object.fromEntries(
          NAMES.map((name) => [name, () => contestants[name].ask("round", { millis: ROUND_MILLIS })]),
        ),
        { limitSeconds: 45 },
      ),
  );
  return [
    {
      columns: {
        requestMicros: "µs to the request",
        micros: "µs/call",
        cpuMicros: "CPU µs/call",
        perSecond: "calls/s",
      },
      rows,
      ratio: {
        key: "requestMicros",
        of: "cloudauth-edge",
        label: "to the request, relative to cloudauth-edge",
      },
      chart: { key: "requestMicros", title: "Signing one InitFaceVerify, µs (less is better)" },
    },
  ];
}
