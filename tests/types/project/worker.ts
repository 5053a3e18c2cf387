// On Workers, with their types and without those of browsers and Node.

import { FaceVerifyClient, credentialsFromEnvironment, isFaceVerifyError } from "cloudauth-edge";
import { checkCertNo } from "cloudauth-edge/identity";

interface Env {
  ALIBABA_CLOUD_ACCESS_KEY_ID: string;
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: string;
  UPSTREAM: Fetcher;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const client = new FaceVerifyClient({
      ...credentialsFromEnvironment(env),
      fetch: (url, init) => env.UPSTREAM.fetch(url, init),
    });
    const card = checkCertNo(new URL(request.url).searchParams.get("no") ?? "");
    if (!card.ok) return Response.json(card, { status: 400 });
    try {
      const result = await client.describeFaceVerify(
        { sceneId: 1, certifyId: "" },
        { signal: request.signal },
      );
      return Response.json({ status: result.status });
    } catch (error) {
      return Response.json(error, { status: isFaceVerifyError(error) ? 502 : 500 });
    }
  },
} satisfies ExportedHandler<Env>;
