/** The lower bound for any Worker in front of Alibaba Cloud. */
export default {
  fetch: (request, env) =>
    fetch(env.UPSTREAM, { method: request.method, headers: request.headers, body: request.body }),
};
