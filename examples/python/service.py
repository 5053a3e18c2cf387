"""A backend with two routes for its app: start a verification, and return its result.

It talks to the gateway by plain HTTP: no cloud key, no signature, no library.
GATEWAY_URL and GATEWAY_TOKEN name the gateway and this service's token; by default those of `npm start`.
"""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8787")
TOKEN = os.environ.get("GATEWAY_TOKEN", "dev-token")

# The gateway cannot be reached, the connection breaks, or the response is not JSON.
NO_ANSWER = (OSError, HTTPException, ValueError)

# The owner of each order. A real backend stores it in its database.
owners = {}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """By default, urllib sends the token to any host that a redirect names."""

    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(NoRedirects)


def gateway(method, path, body=None):
    """Calls the gateway and returns the status and the parsed JSON."""
    request = urllib.request.Request(
        f"{GATEWAY}/v1/face-verifications{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
    )
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


def new_order_number():
    """32 letters and digits, unique."""
    return time.strftime("py%Y%m%d%H%M%S") + uuid.uuid4().hex[:16]


def start(user, asked):
    order = new_order_number()
    # Stored before the start, so that the order is known whatever happens next.
    owners[order] = user
    try:
        status, answer = gateway("POST", "", {"outerOrderNo": order, "userId": user, **asked})
    except NO_ANSWER as error:
        # Whether the gateway has the order is unknown: the app can query it by its number.
        return 502, {"outerOrderNo": order, **unavailable(error)}
    if status in (200, 201):
        return 201, {"outerOrderNo": order, "certifyId": answer["certifyId"]}
    return refused(answer)


def result(user, order):
    # Another user's order looks like an unknown one.
    if owners.get(order) != user:
        return 404, {"message": "没有这笔订单"}
    try:
        status, answer = gateway("GET", f"/{quote(order)}?material=false")
    except NO_ANSWER as error:
        return 502, unavailable(error)
    if status == 200:
        return 200, {"status": answer["status"]}  # pending, passed, rejected or expired
    if status == 404:  # the start did not reach the gateway, or was refused
        return 404, {"message": "没有这笔订单"}
    return refused(answer)


def unavailable(error):
    """Reports that the gateway gave no answer."""
    print({"error": type(error).__name__}, flush=True)
    return {"message": "认证服务暂不可用，请稍后再试"}


def refused(problem):
    """Reports to the user what the user can correct; the rest concerns the operator."""
    print({name: problem.get(name) for name in ("code", "requestId")}, flush=True)
    typed = {"certName": "姓名", "certNo": "证件号码"}
    for error in problem.get("errors", []):
        if error["field"] in typed:
            return 422, {"message": typed[error["field"]] + error["messages"]["zh"]}
        if error["field"] == "metaInfo":  # sent by the app, not typed by the person
            return 400, {"message": "metaInfo 有误"}
    if problem.get("vendorCode") == "415":  # the SDK in the app is too old
        return 422, {"message": "App 版本过低，请更新 App 后重试"}
    if problem["audience"] == "user":
        return 422, {"message": problem["messages"]["zh"]}
    return 502, {"message": "认证服务暂不可用，请稍后再试"}


class Routes(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path != "/verifications":
            return self.answer(404, {"message": "没有这个地址"})
        asked = self.asked()
        if asked is None:
            return self.answer(400, {"message": "请求缺少 certName、certNo 或 metaInfo"})
        self.answer(*start(self.signed_in(), asked))

    def do_GET(self):
        route, _, order = self.path.rpartition("/")
        if route != "/verifications":
            return self.answer(404, {"message": "没有这个地址"})
        self.answer(*result(self.signed_in(), order))

    def asked(self):
        """The fields of the app; None unless all are present and are texts that are not empty."""
        try:
            # A negative length would read until the client closes the connection.
            length = max(0, int(self.headers.get("content-length") or 0))
            body = json.loads(self.rfile.read(length))
            asked = {name: body[name] for name in ("certName", "certNo", "metaInfo")}
        except (ValueError, KeyError, TypeError):
            return None
        return asked if all(isinstance(text, str) and text for text in asked.values()) else None

    def signed_in(self):
        """The signed-in user. A real backend takes it from the session."""
        return self.headers.get("x-user-id", "")

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Routes)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
