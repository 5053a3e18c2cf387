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
export const about = `From typed parameters to the finished method, URL, headers and body of an InitFaceVerify (µs to the
request), and from there to the CertifyId out of the answer's bytes or text as well (µs/call). The transport is replaced on every side, at the layer that sends a
finished request and gives back status, headers and body: \`send\` of \`pkg/src/transport.ts\` here, \`httpx\` in Alibaba Cloud's
SDKs, \`fetch\` in the program by hand. One call at a time. Before, the sandbox has accepted what each of them signed,
and Alibaba Cloud's own signers have come to the signatures of cloudauth-edge. aws4fetch signs for AWS: it shows what a
small signer on WebCrypto costs.`;

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
      ratio: { key: "requestMicros", of: "cloudauth-edge", label: "to the request, of cloudauth-edge's" },
      chart: { key: "requestMicros", title: "Signing one InitFaceVerify, µs (less is better)" },
    },
  ];
}
