// The gateway's main routes: a token, one call to Alibaba Cloud, its response.

export const SceneId = "1000000006";

async function allowed(request, env) {
  const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === env.TOKEN_SHA256;
}

/** @param {(env: object) => { init: Function, describe: Function }} makeClient the two actions, created once */
export function worker(makeClient) {
  let client;
  return {
    async fetch(request, env) {
      const { pathname } = new URL(request.url);
      if (pathname === "/livez" || pathname === "/readyz") return Response.json({ status: "ok" });
      if (!(await allowed(request, env))) return Response.json({ code: "unauthorized" }, { status: 401 });
      client ??= makeClient(env);
      try {
        if (pathname === "/v1/face-verifications" && request.method === "POST") {
          const given = await request.json();
          const certifyId = await client.init(given);
          return Response.json({ outerOrderNo: given.outerOrderNo, certifyId }, { status: 201 });
        }
        if (pathname.startsWith("/v1/face-verifications/")) {
          return Response.json({ status: await client.describe(pathname.split("/")[3]) });
        }
      } catch (error) {
        return Response.json({ code: error.message }, { status: 502 });
      }
      return Response.json({ code: "not-found" }, { status: 404 });
    },
  };
}
