"""Alibaba Cloud's Python SDKs as clients: one JSON request per input line, one JSON response per output line.

Argument: `sdk-core` (aliyun-python-sdk-core with aliyun-python-sdk-cloudauth: RPC 1.0) or
`openapi` (alibabacloud-cloudauth20190307: ACS3, or RPC 1.0 with algorithm "v2").

A request has endpoint (host:port), accessKeyId, accessKeySecret, securityToken, action, parameters,
and, to repeat one, nonce. An answer is what the SDK returned, or what it raised.
"""

import json
import sys
import uuid


class SdkCore:
    def __init__(self):
        from aliyunsdkcore.auth.composer import rpc_signature_composer
        from aliyunsdkcore.auth.credentials import StsTokenCredential
        from aliyunsdkcore.client import AcsClient
        from aliyunsdkcloudauth.request.v20190307.DescribeFaceVerifyRequest import DescribeFaceVerifyRequest
        from aliyunsdkcloudauth.request.v20190307.InitFaceVerifyRequest import InitFaceVerifyRequest

        self.client, self.sts, self.helper = AcsClient, StsTokenCredential, rpc_signature_composer.helper
        self.requests = {"InitFaceVerify": InitFaceVerifyRequest, "DescribeFaceVerify": DescribeFaceVerifyRequest}

    def call(self, asked):
        host, port = asked["endpoint"].rsplit(":", 1)
        key = asked["accessKeyId"], asked["accessKeySecret"]
        if asked.get("securityToken"):
            credential = self.sts(*key, asked["securityToken"])
            client = self.client(region_id="cn-hangzhou", credential=credential, port=int(port))
        else:
            client = self.client(*key, "cn-hangzhou", port=int(port))
        self.helper.get_uuid = lambda: asked.get("nonce") or str(uuid.uuid4())
        request = self.requests[asked["action"]]()
        request.set_endpoint(host)
        if asked.get("method"):
            request.set_method(asked["method"])
        for name, value in asked["parameters"].items():
            getattr(request, "set_" + name)(value)
        return json.loads(client.do_action_with_exception(request))

    @staticmethod
    def raised(error):
        from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException

        if isinstance(error, ServerException):
            return {"code": error.get_error_code(), "message": error.get_error_msg(), "status": error.get_http_status()}
        if isinstance(error, ClientException):
            return {"code": error.get_error_code(), "message": error.get_error_msg()}
        raise error


class OpenApi:
    def __init__(self):
        from alibabacloud_cloudauth20190307 import models
        from alibabacloud_cloudauth20190307.client import Client
        from alibabacloud_tea_openapi.utils import Utils
        from alibabacloud_tea_openapi.utils_models import Config

        self.client, self.config, self.models, self.utils = Client, Config, models, Utils

    def call(self, asked):
        config = self.config(
            access_key_id=asked["accessKeyId"],
            access_key_secret=asked["accessKeySecret"],
            security_token=asked.get("securityToken"),
            endpoint=asked["endpoint"],
            protocol="http",
            signature_algorithm=asked.get("algorithm"),
        )
        self.utils.get_nonce = staticmethod(lambda: asked.get("nonce") or uuid.uuid4().hex)
        client = self.client(config)
        request, send = {
            "InitFaceVerify": (self.models.InitFaceVerifyRequest, client.init_face_verify),
            "DescribeFaceVerify": (self.models.DescribeFaceVerifyRequest, client.describe_face_verify),
        }[asked["action"]]
        return send(request().from_map(asked["parameters"])).body.to_map()

    @staticmethod
    def raised(error):
        code = getattr(error, "code", None)
        if code is None:
            raise error
        return {"code": code, "message": error.message, "status": getattr(error, "status_code", None)}


sdk = {"sdk-core": SdkCore, "openapi": OpenApi}[sys.argv[1]]()
for line in sys.stdin:
    try:
        answer = {"returned": sdk.call(json.loads(line))}
    except Exception as error:
        answer = {"threw": {"type": type(error).__name__, **sdk.raised(error)}}
    print(json.dumps(answer), flush=True)
